// SPDX-License-Identifier: Apache-2.0

//go:build unix

package part

import "syscall"

const (
	interrupted = syscall.SIGINT
	killed      = syscall.SIGKILL
	errDiskFull = syscall.ENOSPC
)

// signalGroup sends a signal to the process and all that it has started. That nobody is left is no error.
func (p *Process) signalGroup(signal syscall.Signal) {
	_ = syscall.Kill(-p.pid, signal)
}

// Reload tells the process to read its configuration again.
func (p *Process) Reload() error { return syscall.Kill(p.pid, syscall.SIGHUP) }
