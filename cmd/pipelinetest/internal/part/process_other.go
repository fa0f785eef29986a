// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package part

// supervised is nothing: there is no supervisor.
type supervised struct{}

// Main does nothing here.
func Main() {}

// begin starts the part.
func (p *Process) begin() error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.pid = p.cmd.Process.Pid
	return nil
}

// await waits for the end of the part, and ends its process group.
func (p *Process) await() (ending string) {
	err := p.cmd.Wait()
	p.signalGroup(killed)
	if err != nil {
		return err.Error()
	}
	return EndedWell
}
