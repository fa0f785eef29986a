// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
)

// process is a container: created, then running, then exited. Runtime.mu guards what changes.
type process struct {
	id      string
	sandbox string
	config  *runtimev1.ContainerConfig
	logPath string
	image   Image
	spec    container.Spec
	created time.Time

	command  *exec.Cmd
	started  time.Time
	finished time.Time
	exitCode int32
	// gone is closed when the process has ended and its last line is in the log.
	gone chan struct{}
}

// start starts the process. Its end is noted by whom it calls.
func (p *process) start(ctx context.Context, program string, ended func(exitCode int32)) error {
	log, err := openLog(p.logPath)
	if err != nil {
		return err
	}
	command, err := container.Start(ctx, program, p.spec, log.stream("stdout"), log.stream("stderr"))
	if err != nil {
		return errors.Join(err, log.close())
	}
	p.command = command
	p.gone = make(chan struct{})
	go func() {
		_ = command.Wait() // what it says is in the state of the process
		_ = log.close()
		ended(exitCode(command.ProcessState.Sys()))
		close(p.gone)
	}()
	return nil
}

// exitCode is that of a shell: 128 and the number of the signal that killed.
func exitCode(state any) int32 {
	status, ok := state.(syscall.WaitStatus)
	if !ok {
		return -1
	}
	if status.Signaled() {
		return 128 + int32(status.Signal()) //nolint:gosec // signals are below 128
	}
	return int32(status.ExitStatus()) //nolint:gosec // at most 255
}

func (p *process) signal(signal syscall.Signal) {
	if p.command != nil {
		_ = p.command.Process.Signal(signal) // it may have ended
	}
}

func (p *process) kill() { p.signal(syscall.SIGKILL) }

// wait waits until the process has ended, if it was started.
func (p *process) wait(ctx context.Context) error {
	if p.gone == nil {
		return nil
	}
	select {
	case <-p.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the end of container %q: %w", p.id, context.Cause(ctx))
	}
}

func (p *process) state() runtimev1.ContainerState {
	switch {
	case p.started.IsZero():
		return runtimev1.ContainerState_CONTAINER_CREATED
	case p.finished.IsZero():
		return runtimev1.ContainerState_CONTAINER_RUNNING
	default:
		return runtimev1.ContainerState_CONTAINER_EXITED
	}
}

func (p *process) status() *runtimev1.ContainerStatus {
	out := &runtimev1.ContainerStatus{
		Id: p.id, Metadata: p.config.GetMetadata(), State: p.state(), CreatedAt: p.created.UnixNano(),
		Image: p.config.GetImage(), ImageRef: p.image.id(), ImageId: p.image.id(),
		Labels: p.config.GetLabels(), Annotations: p.config.GetAnnotations(), Mounts: p.config.GetMounts(), LogPath: p.logPath,
	}
	if !p.started.IsZero() {
		out.StartedAt = p.started.UnixNano()
	}
	if !p.finished.IsZero() {
		out.FinishedAt = p.finished.UnixNano()
		out.ExitCode = p.exitCode
		out.Reason = "Completed"
		if p.exitCode != 0 {
			out.Reason = "Error"
		}
	}
	return out
}
