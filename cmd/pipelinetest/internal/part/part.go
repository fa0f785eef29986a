// Package part starts and ends the processes that take part in a test, so that none outlives it.
//
// Each is the leader of a process group of its own: Ctrl-C on the terminal does not reach it before its turn, and what it has
// started ends with it. On Linux it also dies when this program does, however that happens. What it prints goes to a file.
package part

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Spec is what to start.
type Spec struct {
	Name string
	Args []string // the program and its arguments
	Env  []string // all of its environment
	Dir  string   // where it is started
	Log  string   // file that what it prints is added to
	// Disk is the size, in bytes, of a file system of its own at DiskDir. 0: none. Linux only.
	Disk    int64
	DiskDir string
}

// Process is a part that has been started.
type Process struct {
	cmd    *exec.Cmd
	spec   Spec
	exited chan struct{}
	err    error // why it ended; read when exited is closed
	read   int64 // how much of the log has been looked at
}

// Start starts a part. An error means that there is no process.
func Start(spec Spec) (*Process, error) {
	p := &Process{spec: spec, exited: make(chan struct{})}
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	if p.read, err = log.Seek(0, io.SeekEnd); err != nil {
		return nil, err
	}
	if p.cmd, err = command(spec); err != nil {
		return nil, err
	}
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = spec.Env, spec.Dir, log, log
	started := make(chan error)
	go p.run(started)
	return p, <-started
}

// run is the life of the process. The kernel takes the end of the thread that started it for the end of this program, so the
// thread is kept until the process has ended.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	p.signalGroup(killed) // what it has left behind
	close(p.exited)
}

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// EndedWell is how a process ended that found nothing wrong.
const EndedWell = "exit status 0"

// Ending says how the process ended: `exit status 1`, `signal: killed`. It waits for the end.
func (p *Process) Ending() string {
	<-p.exited
	if p.err == nil {
		return EndedWell
	}
	return p.err.Error()
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

// Said tells whether the process has printed a text since the last call, or since its start.
func (p *Process) Said(text string) bool {
	log, err := os.Open(p.spec.Log)
	if err != nil {
		return false
	}
	defer func() { _ = log.Close() }()
	fresh, err := io.ReadAll(io.NewSectionReader(log, p.read, 1<<20))
	if err != nil {
		return false
	}
	lines := fresh[:bytes.LastIndexByte(fresh, '\n')+1] // of a line that is not finished yet the next call sees all
	if len(fresh) == 1<<20 && len(lines) == 0 {
		lines = fresh
	}
	p.read += int64(len(lines))
	return bytes.Contains(lines, []byte(text))
}

// Tail is the last lines that the process has printed.
func (p *Process) Tail(lines int) []string {
	const enough = 16 << 10
	log, err := os.Open(p.spec.Log)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = log.Close() }()
	info, err := log.Stat()
	if err != nil {
		return []string{err.Error()}
	}
	text, err := io.ReadAll(io.NewSectionReader(log, max(0, info.Size()-enough), enough))
	if err != nil {
		return []string{err.Error()}
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return all[max(0, len(all)-lines):]
}

// fillerName is the file that fills a disk.
const fillerName = ".pipelinetest-full"

// FillDisk writes to the disk of the part until nothing more fits.
func (p *Process) FillDisk() error {
	filler, err := os.OpenFile(p.onDisk(fillerName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the disk of %s cannot be filled: %w", p.spec.Name, err)
	}
	// Big pieces first; what is left takes smaller ones.
	for size := 1 << 20; size > 0; size /= 2 {
		piece := make([]byte, size)
		for err == nil {
			_, err = filler.Write(piece)
		}
		if !errors.Is(err, errDiskFull) {
			break
		}
		if size > 1 {
			err = nil
		}
	}
	if errors.Is(err, errDiskFull) {
		err = nil
	}
	return errors.Join(err, filler.Close())
}

// EmptyDisk takes away what FillDisk wrote.
func (p *Process) EmptyDisk() error { return os.Remove(p.onDisk(fillerName)) }
