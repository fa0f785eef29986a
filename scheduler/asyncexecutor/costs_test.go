// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestHops: what tasks exchange costs a hop, and a wait for it costs more.
func TestHops(t *testing.T) {
	sc := start(t, 1, cost.Profile{Hop: cost.Hop{Join: 10 * us, Wait: 3 * us}})
	sc.spawnAt(0, spawn(1, compute(us)), join)
	sc.sim.Run(10 * ms)
	root, child := sc.pollsOf(1), sc.pollsOf(2)[0]
	require.Len(t, root, 2)
	assert.Equal(t, root[0].End+3*us, child.Start, "the handle is not ready")
	assert.Equal(t, child.End, root[1].Start)
	assert.Equal(t, 10*us, root[1].End-root[1].Start, "it is")
}

// TestATaskThatMovesPays, as do tasks from outside.
func TestATaskThatMovesPays(t *testing.T) {
	sc := start(t, 2, cost.Profile{Migration: 10 * us})
	sc.spawnAt(us, detach(spawn(2, compute(5*us))), compute(7*us))
	sc.sim.Run(10 * ms)
	root := sc.pollsOf(1)[0]
	assert.Equal(t, 10*us, root.Start-root.Queued)
	assert.Equal(t, 7*us, root.End-root.Start, "it is no part of the poll")
	moved := 0
	for _, p := range sc.Polls[1:] {
		before := root.End
		if p.Worker != root.Worker {
			before = p.Queued + 10*us
			moved++
		}
		assert.Equal(t, before, p.Start)
	}
	assert.Equal(t, 1, moved)
}

// TestWhatRunnersShareCostsMore while others are awake: spawns, ends, and the global queue; steals.
func TestWhatRunnersShareCostsMore(t *testing.T) {
	for others := range 3 {
		sc := start(t, 4, cost.Profile{Contention: us})
		for i := range others {
			sc.spawnAt(sim.Time(i+1)*ms, compute(20*ms))
		}
		n := uint64(others)
		sc.spawnAt(10*ms, compute(100*us), detach(spawn(1)), compute(us))
		sc.sim.Run(50 * ms)
		more := sim.Time(n) * us
		root, child := sc.pollsOf(n + 1)[0], sc.pollsOf(n + 2)[0]
		// The table of tasks, the push, and to wake another.
		assert.Equal(t, 101*us+3*more, root.End-root.Start, "a spawn beside %d", others)
		outside := max(more-us, 0) // the price of the thread outside is that beside one runner
		assert.Equal(t, 10*ms+outside+3*more, root.Start, "the table of tasks, the queue, to leave the sleepers, and to wake another")
		assert.Greater(t, child.Start, child.Queued, "beside %d", others)
	}

	sc := start(t, 2, cost.Profile{Contention: us})
	sc.sim.Run(ms)
	sc.push(sc.runners[0], check.Must(sc.tasks.New(steps(), 0, 0)))
	sc.countAwake(2)
	_, spent := sc.stealFrom(sc.runners[1], 0, 2)
	assert.Equal(t, us, spent)

	// A task's end, and the take of the next.
	sc = start(t, 2, cost.Profile{Contention: us})
	sc.spawnAt(ms, compute(10*ms))
	sc.spawnAt(2*ms, compute(ms))
	sc.spawnAt(2500*us, compute(ms))
	sc.sim.Run(20 * ms)
	assert.Equal(t, sc.pollsOf(2)[0].End+2*us, sc.pollsOf(3)[0].Start)
}

// detach is a spawn whose tasks nobody awaits.
func detach(s program.Step) program.Step { s.Detached = true; return s }

// TestTheRunnerPaysForABlockingJob that a task gives to the pool: other tasks wait for it.
func TestTheRunnerPaysForABlockingJob(t *testing.T) {
	sc := start(t, 1, cost.Profile{BlockingSubmit: 10 * us, ThreadCreate: 100 * us})
	sc.spawnAt(us, program.Step{Op: program.SpawnBlocking, Duration: program.Constant(ms)})
	sc.spawnAt(us, compute(us))
	sc.sim.Run(10 * ms)
	assert.Equal(t, 110*us, sc.pollsOf(2)[0].Start-sc.pollsOf(1)[0].End)
}

// TestALongSleepEndsLater, in epoll and parked.
func TestALongSleepEndsLater(t *testing.T) {
	deep := cost.Profile{DeepSleep: cost.DeepSleep{After: ms, Latency: 10 * us}}
	for _, threads := range []int{1, 2} { // one is in epoll, the other parks
		for idle, want := range map[sim.Time]sim.Time{ms: 0, ms + 1: 10 * us} {
			sc := start(t, threads, deep)
			sc.spawnAt(idle, compute(us))
			sc.sim.Run(10 * ms)
			assert.Equal(t, want, sc.Polls[0].Start-sc.Polls[0].Queued, "%d threads", threads)
		}
	}
	sc := start(t, 1, deep)
	sc.spawnAt(us, io(5*ms))
	sc.spawnAt(10*ms, sleep(5*ms))
	sc.sim.Run(20 * ms)
	assert.Equal(t, 5*ms+22_360, sc.pollsOf(1)[1].Queued-sc.pollsOf(1)[0].End, "a socket")
	assert.Equal(t, 5*ms, sc.pollsOf(2)[1].Queued-sc.pollsOf(2)[0].End, "a timer has its own overshoot")
}

// TestTheThreadOutsideWorks: it makes one task after the other, and pays for the wakes; it sends main messages, and creates threads.
func TestTheThreadOutsideWorks(t *testing.T) {
	costs := cost.Profile{Spawn: 7 * us, GlobalPush: 3 * us, Hop: cost.Hop{Channel: us}, ThreadCreate: 20 * us, UnparkDriver: cost.Latency{Median: 100 * us}}
	for composition, want := range map[Composition][]sim.Time{
		// The first wakes the runner, and the others find it asleep again.
		Pool: {10 * us, 120 * us, 230 * us},
		// Main is told, and spawns itself.
		Main:          {us + 7*us, 102*us + 7*us, 203*us + 7*us},
		ThreadPerTask: {0, 20 * us, 40 * us},
	} {
		sc := startWith(t, Config{Composition: composition, Costs: costs}, 0)
		for range 3 {
			sc.spawnAt(ms)
		}
		sc.sim.Run(10 * ms)
		var starts []sim.Time
		for _, p := range sc.Polls {
			starts = append(starts, p.Start-ms)
		}
		assert.Equal(t, want, starts, "composition %d", composition)
	}
}
