// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package part

import (
	"errors"
	"os/exec"
	"path/filepath"
	"syscall"
)

func command(spec Spec) (*exec.Cmd, error) {
	if spec.Disk > 0 {
		return nil, errors.New("disk: needs Linux")
	}
	if spec.Hosts != "" {
		return nil, errors.New("replicas: that their name can be looked up needs Linux")
	}
	cmd := exec.Command(spec.Args[0], spec.Args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

func (p *Process) onDisk(name string) string { return filepath.Join(p.spec.DiskDir, name) }
