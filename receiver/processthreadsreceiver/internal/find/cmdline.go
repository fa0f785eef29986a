// SPDX-License-Identifier: Apache-2.0

package find

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/procfs"
)

// errBlocked is why a command line tells nothing that the kernel does not answer for.
var errBlocked = errors.New("the kernel does not answer")

const (
	// patience is how long one search waits for command lines at most, all of them together.
	patience = time.Second
	// least is how long it waits for one nevertheless.
	least = 10 * time.Millisecond
	// maxBlocked bounds the threads that wait for the kernel.
	maxBlocked = 100
)

// cmdlines reads command lines. The kernel takes them from the memory of the process, and may have to wait for it: for a file system that
// hangs, or for a process that holds its memory locked. So others wait for the kernel, and a search goes on without an answer.
type cmdlines struct {
	fs       procfs.FS
	patience time.Duration
	deadline time.Time               // of this search
	asked    map[[2]int]chan cmdline // process and thread, of those that have not answered
}

type cmdline struct {
	words []string
	err   error
}

func newCmdlines(fs procfs.FS) *cmdlines {
	return &cmdlines{fs: fs, patience: patience, asked: map[[2]int]chan cmdline{}}
}

// begin begins a search. Whoever has answered meanwhile blocks no more: the process may have ended, and is never asked again.
func (c *cmdlines) begin() {
	c.deadline = time.Now().Add(c.patience)
	for who, answer := range c.asked {
		if len(answer) > 0 {
			delete(c.asked, who)
		}
	}
}

// read returns the command line that a thread of a process shows.
func (c *cmdlines) read(pid, tid int) ([]string, error) {
	who := [2]int{pid, tid}
	if c.asked[who] != nil || len(c.asked) >= maxBlocked {
		return nil, blocked(who)
	}
	answer := make(chan cmdline, 1)
	go func() { answer <- c.ask(pid, tid) }()
	timer := time.NewTimer(max(time.Until(c.deadline), least))
	defer timer.Stop()
	select {
	case a := <-answer:
		return a.words, a.err
	case <-timer.C:
		if len(answer) > 0 { // the Collector itself had no CPU for a while
			a := <-answer
			return a.words, a.err
		}
		c.asked[who] = answer
		return nil, blocked(who)
	}
}

func (c *cmdlines) ask(pid, tid int) (a cmdline) {
	var process procfs.Proc
	if tid == pid {
		process, a.err = c.fs.Proc(pid)
	} else {
		process, a.err = c.fs.Thread(pid, tid)
	}
	if a.err == nil {
		a.words, a.err = process.CmdLine()
	}
	return a
}

func blocked(who [2]int) error {
	return fmt.Errorf("command line of thread %d of process %d: %w", who[1], who[0], errBlocked)
}
