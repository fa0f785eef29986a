// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	us = sim.Time(time.Microsecond)
	ms = sim.Time(time.Millisecond)
)

// onEach runs programs, all spawned at once, on each model and checks the log.
func onEach(t *testing.T, programs []*program.Program, verify func(is *assert.Assertions, workers int, ends []sim.Time)) {
	t.Helper()
	for _, model := range oracles {
		t.Run(model.name, func(t *testing.T) {
			var s sim.Simulation
			log := &check.Log{}
			rt := model.start(&s, log.Observer())
			s.Run(ms)
			for i, p := range programs {
				check.Must(rt.Spawn(p, uint64(i), sim.Stream(1)))
			}
			s.Run(s.Now() + 1000*ms)
			require.NoError(t, log.Check(rt))
			ends := make([]sim.Time, len(programs)) // since the spawn
			for _, f := range log.Finished {
				ends[f.Tag] = f.End - ms
			}
			verify(assert.New(t), model.workers, ends)
		})
	}
}

func step(op program.Op, d sim.Time, object int) program.Step {
	return program.Step{Op: op, Duration: program.Constant(d), Object: object, Count: 2}
}

// TestMutexHandsOverInOrder: whatever the number of workers, holders of a lock follow each other.
func TestMutexHandsOverInOrder(t *testing.T) {
	critical := &program.Program{Steps: []program.Step{
		step(program.Lock, 0, 1), step(program.Compute, 10*us, 0), step(program.Unlock, 0, 1),
	}}
	onEach(t, []*program.Program{critical, critical, critical, critical, critical}, func(is *assert.Assertions, _ int, ends []sim.Time) {
		is.ElementsMatch([]sim.Time{10 * us, 20 * us, 30 * us, 40 * us, 50 * us}, ends)
	})
}

// TestChannelHoldsBackItsSender: with room for two messages, the third waits until one is taken.
func TestChannelHoldsBackItsSender(t *testing.T) {
	sender := &program.Program{Steps: []program.Step{
		step(program.Send, 0, 0), step(program.Send, 0, 0), step(program.Send, 0, 0), step(program.Send, 0, 0),
	}}
	// A timer of whole milliseconds is exact on every model when it starts on one.
	receiver := &program.Program{Steps: []program.Step{
		step(program.Sleep, 10*ms, 0), step(program.Receive, 0, 0),
		step(program.Sleep, 10*ms, 0), step(program.Receive, 0, 0), step(program.Receive, 0, 0), step(program.Receive, 0, 0),
	}}
	onEach(t, []*program.Program{sender, receiver}, func(is *assert.Assertions, _ int, ends []sim.Time) {
		is.Equal([]sim.Time{20 * ms, 20 * ms}, ends)
	})
}

// TestReceiverWaitsForAMessage and for the fastest of several.
func TestReceiverWaitsForAMessage(t *testing.T) {
	receiver := &program.Program{Steps: []program.Step{step(program.Receive, 0, 3)}}
	sender := &program.Program{Steps: []program.Step{
		step(program.Sleep, 5*ms, 0), step(program.Send, 0, 3), step(program.Sleep, 5*ms, 0), step(program.Send, 0, 3),
	}}
	onEach(t, []*program.Program{receiver, receiver, sender}, func(is *assert.Assertions, _ int, ends []sim.Time) {
		is.ElementsMatch([]sim.Time{5 * ms, 10 * ms}, ends[:2])
		is.Equal(10*ms, ends[2])
	})
}

// TestBlockingPoolHoldsNoWorker: files and closures run beside each other and beside the tasks, blocking code does not.
func TestBlockingPoolHoldsNoWorker(t *testing.T) {
	var programs []*program.Program
	for range 20 {
		programs = append(programs, &program.Program{Steps: []program.Step{step(program.SpawnBlocking, 5*ms, 0), step(program.File, 5*ms, 0)}})
	}
	onEach(t, programs, func(is *assert.Assertions, _ int, ends []sim.Time) {
		for _, end := range ends {
			is.Equal(10*ms, end)
		}
	})
	blocked := &program.Program{Steps: []program.Step{step(program.Block, 5*ms, 0)}}
	onEach(t, []*program.Program{blocked, blocked, blocked, blocked}, func(is *assert.Assertions, workers int, ends []sim.Time) {
		var want []sim.Time
		for i := range ends {
			want = append(want, sim.Time(1+i/workers)*5*ms)
		}
		is.ElementsMatch(want, ends)
	})
}

// TestEveryMessageIsReceived: several tasks send over a channel that holds one or two messages, and several receive; all of them end.
func TestEveryMessageIsReceived(t *testing.T) {
	for capacity := 1; capacity <= 2; capacity++ {
		side := func(op program.Op, times int) *program.Program {
			p := &program.Program{}
			for range times {
				p.Steps = append(p.Steps, program.Step{Op: op, Count: capacity}, step(program.Compute, us, 0))
			}
			return p
		}
		sender, receiver := side(program.Send, 8), side(program.Receive, 6)
		programs := []*program.Program{receiver, sender, receiver, receiver, sender, sender, receiver}
		onEach(t, programs, func(is *assert.Assertions, _ int, ends []sim.Time) {
			for i, end := range ends {
				is.Positive(end, "task %d never ends", i)
			}
		})
	}
}
