// SPDX-License-Identifier: Apache-2.0

package program

import (
	"errors"
	"fmt"
	"math"
)

const (
	// MaxObjects bounds the mutexes, and the channels, of a process.
	MaxObjects = 1 << 20
	// mostSteps and mostTasks are what a task can count.
	mostSteps = math.MaxInt32
	mostTasks = math.MaxInt32
)

// Check returns what is wrong with a program and with the programs of the tasks that it spawns; nil: a runtime may trust it. The
// error joins one error per mistake, each with the place, the value and what is allowed:
//
//	steps[1]: spawn: Child: steps[0]: compute: Duration: missing; want a Sampler
//
// A program is sound if each step has what it needs, if spans and timeouts are nested in each other and all of them end, and if a
// mutex is unlocked by the task that locked it, on the same side of every timeout. Check does not tell whether a runtime has all the
// steps, nor whether tasks wait for each other for ever.
//
// Runtimes check what they are given to spawn. Whoever reads programs from somewhere checks them there, where the mistake can still
// be named to its author.
func Check(p *Program) error {
	c := checker{open: map[*Program]bool{}}
	c.program("", p)
	return errors.Join(c.mistakes...)
}

// checker goes through a program and its children.
type checker struct {
	mistakes []error
	open     map[*Program]bool // seen; true: inside it now
}

func (c *checker) fail(at, format string, args ...any) {
	c.mistakes = append(c.mistakes, fmt.Errorf(at+format, args...))
}

func (c *checker) program(at string, p *Program) {
	if p == nil {
		c.fail(at, "missing; want a Program")
		return
	}
	if inside, seen := c.open[p]; seen {
		if inside {
			c.fail(at, "a task of the program spawns one of the same program, and so on for ever")
		}
		return
	}
	c.open[p] = true
	if len(p.Steps) > mostSteps {
		c.fail(at, "%d steps; want at most %d", len(p.Steps), mostSteps)
		return
	}
	var n nesting
	for i := range p.Steps {
		st := &p.Steps[i]
		here := fmt.Sprintf("%ssteps[%d]: ", at, i)
		if int(st.Op) >= len(names) {
			c.fail(here, "Op: %d is not allowed; want one of the kinds of steps", st.Op)
			continue
		}
		here += st.Op.String() + ": "
		c.step(here, st)
		if problem := n.follow(st); problem != "" {
			c.fail(here, "%s", problem)
		}
	}
	if problem := n.end(); problem != "" {
		c.fail(at, "%s", problem)
	}
	c.open[p] = false
}

// step checks a step by itself.
func (c *checker) step(at string, st *Step) {
	switch st.Op {
	case Compute, Block, BlockInPlace, Sleep, IO, Signal, Process, File, SpawnBlocking, Timeout, Call:
		if st.Duration == nil {
			c.fail(at, "Duration: missing; want a Sampler")
		} else if d, constant := st.Duration.(Constant); constant && d < 0 {
			c.fail(at, "Duration: %d is not allowed; want 0 or more nanoseconds", d)
		}
	case Spawn:
		if st.Count < 1 || st.Count > mostTasks {
			c.fail(at, "Count: %d is not allowed; want 1 to %d tasks", st.Count, mostTasks)
		}
		c.program(at+"Child: ", st.Child)
		if st.Child != nil && st.Child.BlockOn {
			c.fail(at, "Child: BlockOn is not allowed; want it of a task that is spawned from outside")
		}
	case Send:
		if st.Count < 1 {
			c.fail(at, "Count: %d is not allowed; want a capacity of 1 or more", st.Count)
		}
	default:
	}
	switch st.Op {
	case Lock, Unlock, Send, Receive:
		if st.Object < 0 || st.Object >= MaxObjects {
			c.fail(at, "Object: %d is not allowed; want 0 to %d", st.Object, MaxObjects-1)
		}
	case Span, Event, Call:
		if st.Label < 0 {
			c.fail(at, "Label: %d is not allowed; want 0 or more", st.Label)
		}
	default:
	}
}

// nesting is what is open at a step: spans and timeouts, the innermost last, and mutexes.
type nesting struct {
	open     []Op
	timeouts int
	locked   map[int]int // mutex: the number of timeouts around its lock
}

// follow goes past a step, and says what is wrong with its place.
func (n *nesting) follow(st *Step) string {
	switch st.Op {
	case Span:
		n.open = append(n.open, Span)
	case Timeout:
		n.open = append(n.open, Timeout)
		n.timeouts++
	case EndSpan:
		return n.close(Span)
	case EndTimeout:
		for mutex, around := range n.locked {
			if around == n.timeouts {
				delete(n.locked, mutex) // one mistake is enough
				n.close(Timeout)
				return fmt.Sprintf("mutex %d is locked inside of the timeout; want its unlock inside too", mutex)
			}
		}
		return n.close(Timeout)
	case Lock:
		if n.locked == nil {
			n.locked = map[int]int{}
		}
		if _, held := n.locked[st.Object]; held {
			return fmt.Sprintf("the task has locked mutex %d already, and would wait for itself for ever", st.Object)
		}
		n.locked[st.Object] = n.timeouts
	case Unlock:
		around, held := n.locked[st.Object]
		delete(n.locked, st.Object)
		switch {
		case !held:
			return fmt.Sprintf("the task has not locked mutex %d", st.Object)
		case around != n.timeouts:
			return fmt.Sprintf("mutex %d is locked outside of the timeout; want its unlock outside too", st.Object)
		}
	default:
	}
	return ""
}

// close ends what was opened last.
func (n *nesting) close(op Op) string {
	last := len(n.open) - 1
	if last < 0 || n.open[last] != op {
		return fmt.Sprintf("no %s was opened last; want one that it ends", op)
	}
	n.open = n.open[:last]
	if op == Timeout {
		n.timeouts--
	}
	return ""
}

// end says what is open after the last step.
func (n *nesting) end() string {
	switch {
	case len(n.open) > 0:
		return fmt.Sprintf("a %s is never ended", n.open[len(n.open)-1])
	case len(n.locked) > 0:
		least := MaxObjects
		for mutex := range n.locked {
			least = min(least, mutex)
		}
		return fmt.Sprintf("mutex %d is never unlocked", least)
	default:
		return ""
	}
}
