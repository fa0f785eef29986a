package part

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// diskCommand is the name under which this program, started in namespaces of its own, mounts a disk and becomes the part.
const diskCommand = "pipelinetest-disk"

func command(spec Spec) (*exec.Cmd, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd := exec.Command(spec.Args[0], spec.Args[1:]...) //nolint:gosec // G204: what is to be tested is the user's choice
	if spec.Disk > 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		program, err := exec.LookPath(spec.Args[0])
		if err != nil {
			return nil, err
		}
		cmd = &exec.Cmd{Path: self, Args: append([]string{diskCommand, strconv.FormatInt(spec.Disk, 10), spec.DiskDir, program}, spec.Args[1:]...)}
		attributes.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attributes
	return cmd, nil
}

// Main must be the first that a program with parts calls: if it was started to be a part with a disk, it becomes that part.
func Main() {
	if len(os.Args) < 4 || os.Args[0] != diskCommand {
		return
	}
	size, dir, args := os.Args[1], os.Args[2], os.Args[3:]
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		fmt.Fprintf(os.Stderr, "pipelinetest: disk: no file system of %s bytes at %s: %v\n", size, dir, err)
		os.Exit(1)
	}
	err := syscall.Exec(args[0], args, os.Environ()) //nolint:gosec // G204: what is to be tested is the user's choice
	fmt.Fprintf(os.Stderr, "pipelinetest: %s cannot be started: %v\n", args[0], err)
	os.Exit(1)
}

// onDisk is where this program finds a file that the part has on its disk.
func (p *Process) onDisk(name string) string {
	return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "root", p.spec.DiskDir, name)
}
