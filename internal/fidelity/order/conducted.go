// SPDX-License-Identifier: Apache-2.0

package order

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// A conducted program is a request, the conductor, and tasks with scripts. The conductor tells one task after the other to go on, with pauses
// in which all comes to rest. So one thing happens at a time, and what follows from it: a task unlocks a mutex that others wait for, sends a
// message to a full channel, ...
//
//	conductor --gate 0--> task 0: lock 1 ... unlock 1 ... send 7, under a timeout
//	          --gate 1--> task 1: a job, under a timeout ...
//
// What may wait for ever is under a timeout: messages. A task holds one mutex at a time.

const (
	pause    = sim.Time(64_000_000) // of the conductor
	residue  = sim.Time(8_000_000)
	residues = int(pause/residue) - 1 // so many times lie between two pauses and apart
	gateSize = 100
	markets  = 2 // channels that all tasks use
)

// conductedTask is the number of the task with a script. The conductor is the first of all tasks.
func conductedTask(script int) uint64 { return uint64(script) + 2 } //nolint:gosec // G115: a small number

type script struct {
	*generator

	index int
	steps []program.Step
	told  int // how often the conductor tells the task to go on
}

func (g *generator) conducted() (steps []program.Step) {
	scripts := make([]script, g.between(3, 6))
	g.channels = len(scripts) + markets
	for i := range g.capacities {
		g.capacities[i] = g.between(1, 3)
	}
	var turns []int
	for i := range scripts {
		s := &script{generator: g, index: i}
		for range g.between(2, 4) {
			s.part()
		}
		for range s.told {
			turns = append(turns, i)
		}
		child := &program.Program{Label: workload.Untraced, Steps: s.steps}
		steps = append(steps, program.Step{Op: program.Spawn, Count: 1, Child: child}, wait(program.Sleep, pause))
		scripts[i] = *s
	}
	for i := len(turns) - 1; i > 0; i-- {
		j := g.IntN(i + 1)
		turns[i], turns[j] = turns[j], turns[i]
	}
	for _, i := range turns {
		steps = append(steps, program.Step{Op: program.Send, Object: i, Count: gateSize}, wait(program.Sleep, pause))
	}
	return steps
}

func wait(op program.Op, d sim.Time) program.Step {
	return program.Step{Op: op, Duration: program.Constant(d)}
}

// later is a time that ends between two pauses, where no other does if all begin at pauses.
func (s *script) later() sim.Time {
	s.slots++
	return pause*sim.Time(s.IntN(3)) + residue*sim.Time(s.slots)
}

func (s *script) add(steps ...program.Step) { s.steps = append(s.steps, steps...) }

// touch adds a step on what tasks share.
func (s *script) touch(op program.Op, object int) {
	st := program.Step{Op: op, Object: object}
	if op == program.Send {
		st.Count = s.capacities[object%markets]
	}
	s.add(program.Step{Op: program.Event, Label: s.index}, st)
}

// told lets the task wait until the conductor tells it to go on.
func (s *script) tell() {
	s.told++
	s.add(program.Step{Op: program.Receive, Object: s.index})
}

func (s *script) under(d sim.Time, inside func()) {
	s.add(wait(program.Timeout, d))
	inside()
	s.add(program.Step{Op: program.EndTimeout})
}

// part adds something that a task does. What waits for a time may do so as long as there are times left.
func (s *script) part() {
	s.tell()
	kind := s.IntN(12)
	if s.slots+2 > residues {
		kind = s.IntN(4)
	}
	mutex := s.IntN(mutexes)
	switch kind {
	case 0, 1, 2:
		s.touch(program.Lock, mutex)
		s.tell()
		s.touch(program.Unlock, mutex)
	case 3: // unlock and lock again: others that wait may be faster, or not
		s.touch(program.Lock, mutex)
		for range s.between(1, 3) {
			s.tell()
			s.touch(program.Unlock, mutex)
			s.touch(program.Lock, mutex)
		}
		s.tell()
		s.touch(program.Unlock, mutex)
	case 4: // give up a lock, or the wait for it
		s.under(s.later(), func() {
			s.touch(program.Lock, mutex)
			s.tell()
			s.touch(program.Unlock, mutex)
		})
	case 5, 6, 7, 8:
		s.under(s.later(), s.exchange)
	case 9: // a job in time, or too late
		s.under(s.later(), func() { s.add(wait(program.File, s.later())) })
	case 10: // await a task in vain, and then once more or not
		s.spawnWaiting()
		s.under(s.later(), func() { s.add(program.Step{Op: program.Join}) })
		s.tell()
		if s.IntN(2) == 0 {
			s.add(program.Step{Op: []program.Op{program.Join, program.Cancel}[s.IntN(2)]})
		}
	case 11:
		s.under(s.later(), func() {
			s.spawnWaiting()
			s.add(program.Step{Op: program.Join})
		})
	}
}

func (s *script) spawnWaiting() {
	op := []program.Op{program.Sleep, program.IO}[s.IntN(2)]
	child := &program.Program{Label: workload.Untraced, Steps: []program.Step{wait(op, s.later())}}
	s.add(program.Step{Op: program.Spawn, Count: 1, Child: child})
}

// exchange sends or receives messages over a channel that is soon full, or empty.
func (s *script) exchange() {
	op := []program.Op{program.Send, program.Receive}[s.IntN(2)]
	channel := s.channels - 1 - s.IntN(markets)
	for i := range s.between(1, 3) {
		if i > 0 && s.IntN(2) == 0 {
			s.tell()
		}
		s.touch(op, channel)
	}
}
