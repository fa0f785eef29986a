// SPDX-License-Identifier: Apache-2.0

package container

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// Role is the argument that makes this program the first process of a container.
const Role = "container"

// Start starts the container and returns when its first process runs. That process may still fail in [Enter]: then it ends with exit
// code [ExitNotEntered], and says why on stderr. The caller waits for the command. The container is killed
// when the context ends.
func Start(ctx context.Context, program string, spec Spec, stdout, stderr io.Writer) (*exec.Cmd, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open the pipe for the container's specification: %w", err)
	}
	// The reader is closed before the write, so that the write fails, and does not block, when the container has died.
	defer func() { _ = writer.Close() }()
	command := exec.CommandContext(ctx, program, Role)
	command.Stdout, command.Stderr = stdout, stderr
	command.ExtraFiles = []*os.File{reader}
	command.Env = []string{}
	command.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	err = command.Start()
	_ = reader.Close() // the container has its own
	if err != nil {
		return nil, fmt.Errorf("start the container: %w", err)
	}
	if err := json.NewEncoder(writer).Encode(spec); err != nil {
		_ = command.Process.Kill()
		_ = command.Wait()
		return nil, fmt.Errorf("send the container its specification: %w", err)
	}
	return command, nil
}
