// SPDX-License-Identifier: Apache-2.0

package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// ExitNotEntered is the exit code of a container whose program could not be started, as that of other runtimes is.
const ExitNotEntered = 128

// specification is the file descriptor of the pipe that Start opened: the first after stderr.
const specification = 3

// Enter turns this process into the container's program. It returns only if that fails.
func Enter() error {
	// Namespaces, credentials and what exec starts belong to a thread.
	runtime.LockOSThread()
	pipe := os.NewFile(specification, "specification")
	var spec Spec
	err := json.NewDecoder(pipe).Decode(&spec)
	_ = pipe.Close() // it was only read
	if err != nil {
		return fmt.Errorf("read the container's specification: %w", err)
	}
	if err := joinNetwork(spec.Network); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(spec.Hostname)); err != nil {
		return fmt.Errorf("set the host name %q: %w", spec.Hostname, err)
	}
	if err := enterRoot(spec); err != nil {
		return err
	}
	program, err := lookUp(spec.Args, spec.Env)
	if err != nil {
		return err
	}
	if err := giveUpRights(spec); err != nil {
		return err
	}
	return fmt.Errorf("start %q: %w", program, unix.Exec(program, spec.Args, spec.Env))
}

func joinNetwork(path string) error {
	namespace, err := os.Open(path) //nolint:gosec // the runtime names it
	if err != nil {
		return fmt.Errorf("open the pod's network: %w", err)
	}
	defer func() { _ = namespace.Close() }() // it was only read
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("join the pod's network %q: %w", path, err)
	}
	return nil
}

// lookUp finds the program as execvp does, in the PATH of the container.
func lookUp(args, env []string) (string, error) {
	if len(args) == 0 {
		return "", errors.New("the container has no command, and its image no entry point")
	}
	if strings.Contains(args[0], "/") {
		return args[0], nil
	}
	for _, variable := range env {
		path, found := strings.CutPrefix(variable, "PATH=")
		if !found {
			continue
		}
		for folder := range strings.SplitSeq(path, ":") {
			if program, err := exec.LookPath(filepath.Join(folder, args[0])); err == nil {
				return program, nil
			}
		}
	}
	return "", fmt.Errorf("%q is not in the container's PATH", args[0])
}

// giveUpRights ends with what the Spec grants. The order matters: each step needs rights that a later one takes away.
func giveUpRights(spec Spec) error {
	if spec.DropAll {
		for capability := range uintptr(unix.CAP_LAST_CAP + 1) {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
				return fmt.Errorf("drop capability %d: %w", capability, err)
			}
		}
	}
	// The functions of package unix change all threads. Only this one will live.
	if err := unix.Setgroups(spec.Groups); err != nil {
		return fmt.Errorf("set the groups %v: %w", spec.Groups, err)
	}
	if err := unix.Setresgid(spec.GID, spec.GID, spec.GID); err != nil {
		return fmt.Errorf("set the group %d: %w", spec.GID, err)
	}
	if err := unix.Setresuid(spec.UID, spec.UID, spec.UID); err != nil {
		return fmt.Errorf("set the user %d: %w", spec.UID, err)
	}
	if spec.NoNewPrivs {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("forbid new privileges: %w", err)
		}
	}
	return nil
}
