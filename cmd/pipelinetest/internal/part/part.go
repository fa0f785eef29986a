// SPDX-License-Identifier: Apache-2.0

// Package part starts and ends the processes that take part in a test, so that nothing of them outlives it.
//
// Each is the leader of a process group of its own: Ctrl-C on the terminal does not reach it before its turn. What it prints goes through a
// pipe to a file, of which the beginning and the end are kept.
//
//	this program --> supervisor --> part --> whatever it starts
//
// On Linux this program, started again, is the supervisor of the part. What the part has started and left behind, even in a session of
// its own, becomes the supervisor's child, and is killed when the part ends. When this program ends, however that happens, the kernel tells the
// supervisor, which ends all of it. Elsewhere there is no supervisor: what ends with the part is its process group.
package part

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Spec is what to start.
type Spec struct {
	Name string
	Args []string // the program and its arguments
	Env  []string // all of its environment
	Dir  string   // where it is started
	Log  string   // file that what it prints is added to
	// Watch is a text that Said looks for in what it prints.
	Watch string
	// Output is told all that it prints, too; nil: nobody.
	Output io.Writer
	// Disk is the size, in bytes, of a file system of its own at DiskDir. 0: none. Linux only.
	Disk    int64
	DiskDir string
	// Hosts is a file that the part sees at /etc/hosts. None: it sees that of the system. Linux only.
	Hosts string
}

// Process is a part that has been started.
type Process struct {
	cmd        *exec.Cmd
	spec       Spec
	pid        int // of the part, and of its process group
	log        *log
	supervised supervised
	exited     chan struct{}
	ending     string // how it ended; read when exited is closed
}

// Start starts a part. An error means that there is no process.
func Start(spec Spec) (*Process, error) {
	p := &Process{spec: spec, exited: make(chan struct{})}
	cmd, err := command(spec)
	if err != nil {
		return nil, err
	}
	log, output, err := openLog(spec.Log, spec.Watch, spec.Output)
	if err != nil {
		return nil, err
	}
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = spec.Env, spec.Dir, output, output
	p.cmd, p.log = cmd, log
	started := make(chan error)
	go p.run(output, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run is the life of the process. The kernel takes the end of the thread that started it for the end of this program, so the
// thread is kept until the process has ended.
func (p *Process) run(output *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.begin()
	_ = output.Close() // the process has its own
	if err != nil {
		p.log.finish()
		started <- err
		return
	}
	started <- nil
	p.ending = p.await()
	p.log.finish()
	close(p.exited)
}

// Exited is closed when the process has ended, and what it had started, too.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// EndedWell is how a process ended that found nothing wrong.
const EndedWell = "exit status 0"

// Ending says how the process ended: `exit status 1`, `signal: killed`. It waits for the end.
func (p *Process) Ending() string {
	<-p.exited
	return p.ending
}

// Kill ends the process, and all that it has started, at once. It waits until that is done.
func (p *Process) Kill() {
	select {
	case <-p.exited:
	default:
		p.signalGroup(killed)
		<-p.exited
	}
}

// Stop tells the process to end, as Ctrl-C does, and kills it if it has not done so after a while, or when ctx ends. It says which of
// both it was. tick is called meanwhile, every few milliseconds.
func (p *Process) Stop(ctx context.Context, patience time.Duration, tick func()) (obeyed bool) {
	p.signalGroup(interrupted)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.exited:
			return true
		case <-ctx.Done():
			p.Kill()
			return false
		case <-deadline.C:
			p.Kill()
			return false
		case <-ticker.C:
			tick()
		}
	}
}

// Said tells whether the process has printed Spec.Watch since the last call, or since its start.
func (p *Process) Said() bool { return p.log.takeSaid() }

// Tail is the last lines that the process has printed.
func (p *Process) Tail(lines int) []string { return p.log.last(lines) }
