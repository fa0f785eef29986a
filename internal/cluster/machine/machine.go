// SPDX-License-Identifier: Apache-2.0

// Package machine keeps the cluster apart from the machine that it runs on.
//
// The command starts itself again in new namespaces, as their first process: when that process ends, however it ends, the kernel ends all processes of the
// cluster, and takes away its mounts and its networks. The disk is read-only to the cluster but for the folder where logs are kept.
//
//	this command --> first process of the cluster --> control plane
//	                                              `-> node 1 (in namespaces of its own) --> kubelet, kube-proxy, pods
//	                                              `-> node 2
package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Role is the argument that makes this program the first process of the cluster. Its own arguments follow.
const Role = "inside"

// grace is how long the cluster may take to stop before it is killed.
const grace = 15 * time.Second

// Run runs the cluster until it ends, and returns its exit code. When the context ends, the cluster stops.
func Run(ctx context.Context, args []string) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	// The child is killed when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.CommandContext(ctx, program, append([]string{Role}, args...)...) //nolint:gosec // it is this program
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = grace
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true, // Ctrl-C is for this process, which passes it on
		Pdeathsig:  syscall.SIGKILL,
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
	}
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// Prepare gives the first process of the cluster its view of the machine. Only what is below /run can be written to, which is in memory, and one folder.
func Prepare(writable string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("run", "/run", "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	if err := unix.Mount(writable, writable, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s: %w", writable, err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("make the disk read-only: %w", err)
	}
	return nil
}
