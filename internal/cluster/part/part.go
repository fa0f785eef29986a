// SPDX-License-Identifier: Apache-2.0

// Package part runs the programs of a cluster: those of the control plane, and those of each node.
package part

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Program is one program and how it is started.
type Program struct {
	// Name names the log, too.
	Name string
	Path string
	Args []string
	// Namespaces are flags of clone(2): the namespaces that the program gets for itself.
	Namespaces uintptr
}

// grace is how long a program may take to stop.
const grace = 5 * time.Second

// Group holds programs that run. A program that ends before it was told to is an error of the group.
type Group struct {
	logs   string
	cancel context.CancelCauseFunc
	ended  sync.WaitGroup
}

// NewGroup returns a group, and a context that ends when the one that is given ends or when one of the group's programs does. Logs go to the
// folder.
func NewGroup(ctx context.Context, logs string) (*Group, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Group{logs: logs, cancel: cancel}, ctx
}

// Start starts a program. When the context ends, the program gets SIGTERM, and after 5 seconds SIGKILL.
func (g *Group) Start(ctx context.Context, program Program) (*os.Process, error) {
	log, err := os.OpenFile(filepath.Join(g.logs, program.Name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644) //nolint:gosec // logs are for everybody
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program.Path, program.Args...) //nolint:gosec // it starts the programs of the cluster
	command.Stdout, command.Stderr = log, log
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = grace
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: program.Namespaces}
	if err := command.Start(); err != nil {
		_ = log.Close() // nothing is in it
		return nil, fmt.Errorf("start %s: %w", program.Name, err)
	}
	g.ended.Go(func() {
		err := command.Wait()
		_ = log.Close() // what the program wrote is there
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("exit status 0")
		}
		g.cancel(fmt.Errorf("%s ended by itself: %w; its log is %s", program.Name, err, log.Name()))
	})
	return command.Process, nil
}

// Stop stops all programs and waits until they have ended.
func (g *Group) Stop() {
	g.cancel(context.Canceled)
	g.ended.Wait()
}
