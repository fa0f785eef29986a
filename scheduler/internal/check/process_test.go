// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// pair is two runtimes of a process, and when their tasks ended.
type pair struct {
	sim  sim.Simulation
	runs [2]scheduler.Runtime
	ends [2][]sim.Time
}

func newPair(t *testing.T, costs *cost.Set, names ...string) *pair {
	t.Helper()
	p := &pair{}
	shared := &process.Process{}
	for i, name := range names {
		m := models.ByName(name)
		c := m.Config()
		c.Workers = 4 // one that computes keeps nobody from the lock
		c.Process, c.Costs = shared, costs
		rt, err := m.New(&p.sim, c, scheduler.Observer{Finished: func(f *scheduler.Finished) { p.ends[i] = append(p.ends[i], f.End) }})
		require.NoError(t, err)
		p.runs[i] = rt
	}
	p.sim.Run(1_000_000) // all workers sleep
	return p
}

func (p *pair) spawn(runtime int, steps ...program.Step) {
	check.Must(p.runs[runtime].Spawn(&program.Program{Steps: steps}, 0, sim.Stream(1)))
}

// eachPair calls f for each two models that can have several workers.
func eachPair(t *testing.T, f func(t *testing.T, first, second string)) {
	t.Helper()
	var names []string
	for _, m := range models.All() {
		if slices.Contains(m.KeyNames(), "worker_threads") {
			names = append(names, m.Name)
		}
	}
	for _, first := range names {
		for _, second := range names {
			t.Run(first+" and "+second, func(t *testing.T) { f(t, first, second) })
		}
	}
}

const milli = 1_000_000

func compute(d sim.Time) program.Step {
	return program.Step{Op: program.Compute, Duration: program.Constant(d)}
}

// TestAMutexIsHandedToTheOtherRuntime in the order in which tasks came, whatever runtime they are of.
func TestAMutexIsHandedToTheOtherRuntime(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second string) {
		t.Helper()
		p := newPair(t, &cost.Zero, first, second)
		start := p.sim.Now()
		lock, unlock := program.Step{Op: program.Lock}, program.Step{Op: program.Unlock}
		for i := range 4 {
			p.spawn(i%2, lock, compute(milli), unlock)
			p.sim.Run(p.sim.Now() + 1000) // one after the other
		}
		p.sim.Run(start + 100*milli)
		assert.Equal(t, []sim.Time{start + milli, start + 3*milli}, p.ends[0])
		assert.Equal(t, []sim.Time{start + 2*milli, start + 4*milli}, p.ends[1])
	})
}

// TestAChannelWakesTheOtherRuntime on both of its ends.
func TestAChannelWakesTheOtherRuntime(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second string) {
		t.Helper()
		p := newPair(t, &cost.Zero, first, second)
		start := p.sim.Now()
		send := program.Step{Op: program.Send, Count: 1}
		p.spawn(0, send, send, send) // waits for two places
		p.sim.Run(start + milli)
		receive := program.Step{Op: program.Receive}
		p.spawn(1, receive, compute(milli), receive, receive, receive) // waits for a fourth message
		p.sim.Run(start + 5*milli)
		assert.Equal(t, []sim.Time{start + 2*milli}, p.ends[0])
		assert.Empty(t, p.ends[1])
		p.spawn(0, send)
		p.sim.Run(start + 10*milli)
		assert.Equal(t, []sim.Time{start + 5*milli}, p.ends[1])
	})
}

// TestTheUnlockingRuntimePaysForTheWake: it is a worker of its own that does it.
func TestTheUnlockingRuntimePaysForTheWake(t *testing.T) {
	var costs cost.Set
	costs.Tokio.Wake, costs.AsyncStd.Wake, costs.Smol.Wake = 1000, 1000, 1000
	for _, first := range models.Names() {
		for waiting, want := range map[bool]sim.Time{true: 1000, false: 0} {
			p := newPair(t, &costs, first, "ideal")
			start := p.sim.Now()
			if first == "ideal" { // for which nothing costs anything
				want = 0
			}
			p.spawn(0, program.Step{Op: program.Lock}, compute(milli), program.Step{Op: program.Unlock})
			p.sim.Run(start + 1000)
			if waiting {
				p.spawn(1, program.Step{Op: program.Lock}, program.Step{Op: program.Unlock})
			}
			p.sim.Run(start + 10*milli)
			assert.Equal(t, []sim.Time{start + milli + want}, p.ends[0], "%s, waiting %v", first, waiting)
		}
	}
}

// TestWhoGivesUpWaitsNoLonger: a task whose timeout elapsed is not handed what it has waited for.
func TestWhoGivesUpWaitsNoLonger(t *testing.T) {
	eachPair(t, func(t *testing.T, first, second string) {
		t.Helper()
		p := newPair(t, &cost.Zero, first, second)
		start := p.sim.Now()
		lock, unlock := program.Step{Op: program.Lock}, program.Step{Op: program.Unlock}
		p.spawn(0, lock, compute(50*milli), unlock)
		p.sim.Run(start + 1000)
		p.spawn(1, program.Step{Op: program.Timeout, Duration: program.Constant(5 * milli)}, lock, unlock, program.Step{Op: program.EndTimeout})
		p.sim.Run(start + 2000)
		p.spawn(1, lock, unlock)
		p.sim.Run(start + 200*milli)
		assert.Equal(t, []sim.Time{start + 50*milli}, p.ends[0])
		require.Len(t, p.ends[1], 2)
		assert.InDelta(t, 5*milli, int64(p.ends[1][0]-start), 11*milli, "a timer's tick, or the sleep of the async-io thread, later")
		assert.Equal(t, start+50*milli, p.ends[1][1])
	})
}

// TestAnObjectKeepsTheRulesOfItsFirstRuntime, whichever runtimes use it later: Tokio's mutex is handed to the task that waits, that of
// async-lock may be locked again before.
func TestAnObjectKeepsTheRulesOfItsFirstRuntime(t *testing.T) {
	lock, unlock := program.Step{Op: program.Lock}, program.Step{Op: program.Unlock}
	holds := program.Step{Op: program.IO, Duration: program.Constant(milli / 10)}
	eachPair(t, func(t *testing.T, first, second string) {
		t.Helper()
		p := newPair(t, &cost.Zero, first, second)
		p.spawn(0, lock, unlock)
		p.sim.Run(p.sim.Now() + 1000)
		p.ends[0] = nil
		p.spawn(1, lock, holds, unlock, lock, compute(milli), unlock)
		p.sim.Run(p.sim.Now() + 1000)
		p.spawn(0, lock, unlock)
		p.sim.Run(p.sim.Now() + 100*milli)
		waited, again := p.ends[0][0], p.ends[1][0]
		if first == "async_std" || first == "smol" {
			assert.Equal(t, again, waited)
		} else {
			assert.Equal(t, again-milli, waited)
		}
	})
}
