// SPDX-License-Identifier: Apache-2.0

package part

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

const (
	interrupted = syscall.SIGINT
	killed      = syscall.SIGKILL
	errDiskFull = syscall.Errno(112) // ERROR_DISK_FULL
)

func command(spec Spec) (*exec.Cmd, error) {
	if spec.Disk > 0 {
		return nil, errors.New("disk: needs Linux")
	}
	if spec.Hosts != "" {
		return nil, errors.New("replicas: that their name can be looked up needs Linux")
	}
	return exec.Command(spec.Args[0], spec.Args[1:]...), nil
}

// signalGroup ends the process: Windows has no signals that another process could be sent.
func (p *Process) signalGroup(syscall.Signal) { _ = p.cmd.Process.Signal(os.Kill) }

func (p *Process) onDisk(name string) string { return filepath.Join(p.spec.DiskDir, name) }

// Reload needs a signal that Windows does not have.
func (p *Process) Reload() error {
	return errors.New("reload: needs a signal that Windows does not have")
}
