// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

var (
	lock    = program.Step{Op: program.Lock}
	unlock  = program.Step{Op: program.Unlock}
	send    = program.Step{Op: program.Send, Count: 1}
	receive = program.Step{Op: program.Receive}
)

// busy is how long each of the first tasks was polled.
func (j *journal) busy(t *testing.T, tasks uint64) (all []sim.Time) {
	t.Helper()
	require.GreaterOrEqual(t, len(j.finished), int(tasks))
	for i := range tasks {
		all = append(all, j.finish(i+1).Busy)
	}
	return all
}

// TestHops: what a task exchanges by a mutex, a channel or a handle costs a hop, once, however long the task has to wait.
func TestHops(t *testing.T) {
	hop := cost.Profile{Hop: cost.Hop{Channel: us, Lock: 100 * us, Join: 10 * us}}
	for _, tc := range []struct {
		name string
		play []program.Step
		want []sim.Time
	}{
		{"ready", []program.Step{lock, unlock, send, receive, compute(us)}, []sim.Time{203 * us}},
		{"in the middle of a poll", []program.Step{compute(us), send, compute(us), receive}, []sim.Time{4 * us}},
		{"a receive that waits", []program.Step{spawn(1, compute(3*us), send), receive, join}, []sim.Time{11 * us, 3*us + us}},
		{"a lock that waits is handed over", []program.Step{lock, detach(spawn(1, lock, unlock)), sleep(ms), unlock}, []sim.Time{200 * us, 200 * us}},
		{"handles that are ready", []program.Step{spawn(3), sleep(ms), join}, []sim.Time{30 * us}},
		{"no handle, no hop", []program.Step{join, detach(spawn(1)), join}, []sim.Time{0, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := start(t, 1, hop)
			b.spawn(tc.play...)
			b.sim.Run(10 * ms)
			assert.Equal(t, tc.want, b.busy(t, uint64(len(tc.want))))
		})
	}
}

// TestAMessageArrivesAtTheEndOfItsHop.
func TestAMessageArrivesAtTheEndOfItsHop(t *testing.T) {
	b := start(t, 2, cost.Profile{Hop: cost.Hop{Channel: 10 * us}})
	b.spawn(detach(spawn(2, receive, compute(us))), compute(us), send, compute(ms))
	b.sim.Run(10 * ms)
	var queued []sim.Time
	for _, p := range b.polls {
		if p.Task != 1 && p.Queued > 0 {
			queued = append(queued, p.Queued)
		}
	}
	assert.Equal(t, []sim.Time{11 * us, 11*us + ms}, queued, "the message, and the turn of the other receiver")
}

// TestAWaitCosts: the waker is left behind, at the end of the poll.
func TestAWaitCosts(t *testing.T) {
	for _, tc := range []struct {
		name  string
		play  []program.Step
		waits int // the poll
	}{
		{"for the end of a task", []program.Step{spawn(1, compute(us)), join}, 0},
		{"for a message", []program.Step{detach(spawn(1, compute(us), send)), receive}, 0},
		{"for a mutex", []program.Step{lock, detach(spawn(1, compute(us), lock, unlock)), yield, unlock}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := start(t, 1, cost.Profile{Hop: cost.Hop{Wait: 10 * us}})
			b.spawn(tc.play...)
			b.sim.Run(10 * ms)
			assert.Equal(t, b.polls[tc.waits].End+10*us, b.polls[tc.waits+1].Start)
		})
	}
}

// TestATaskThatMovesPays, on the way to the poll on another worker than the one that made it or polled it last.
func TestATaskThatMovesPays(t *testing.T) {
	b := start(t, 2, cost.Profile{Migration: 10 * us})
	child := detach(spawn(1, compute(5*us), yield, compute(5*us)))
	b.spawn(child, child, compute(ms))
	b.sim.Run(20 * ms)
	root, stolen, kept := b.pollsOf(1), b.pollsOf(2), b.pollsOf(3)
	require.Len(t, stolen, 2)
	assert.Equal(t, 10*us, root[0].Start-root[0].Queued, "from outside")
	assert.Equal(t, ms, root[0].End-root[0].Start, "it is no part of the poll")
	assert.NotEqual(t, root[0].Worker, stolen[0].Worker)
	assert.Equal(t, 10*us, stolen[0].Start-stolen[0].Queued)
	assert.Equal(t, root[0].Worker, kept[0].Worker)
	assert.Equal(t, root[0].End, kept[0].Start)
	assert.Equal(t, stolen[0].Worker, stolen[1].Worker)
	assert.Equal(t, stolen[0].End, stolen[1].Start, "it is at home there now")
}

// TestWhatWorkersShareCostsMore while others are awake: spawns, ends, the inject queue, steals.
func TestWhatWorkersShareCostsMore(t *testing.T) {
	contended := cost.Profile{Contention: us}
	play := func(workers, others int, s ...program.Step) *bench {
		b := start(t, workers, contended)
		for range others {
			b.spawn(compute(10 * ms))
			b.sim.Run(b.sim.Now() + 100*us)
		}
		b.sim.Run(b.sim.Now() + 100*us)
		b.spawn(s...)
		b.sim.Run(b.sim.Now() + 20*ms)
		return b
	}
	for others := range 3 {
		b := play(3, others, compute(100*us), detach(spawn(1)), compute(us))
		more := sim.Time(others) * us
		root, child := b.pollsOf(uint64(others) + 1)[0], b.pollsOf(uint64(others) + 2)[0]
		assert.Equal(t, 101*us+more, root.End-root.Start, "a spawn beside %d", others)
		assert.Equal(t, root.End+more, child.Start, "an end beside %d", others)
	}

	// Alone, a worker takes a task from outside for nothing.
	alone := play(1, 0, compute(us)).pollsOf(1)[0]
	assert.Equal(t, alone.Queued, alone.Start)

	// Of two workers, one is busy: the other takes a task from the inject queue, and steals one.
	b := play(2, 1, compute(us))
	taken := b.pollsOf(2)[0]
	require.Equal(t, scheduler.FromGlobal, taken.Source)
	assert.Equal(t, us, taken.Start-taken.Queued, "the worker pays; the price of the thread outside is that beside one worker")
	b = play(3, 2, compute(us))
	taken = b.pollsOf(3)[0]
	assert.Equal(t, us+2*us, taken.Start-taken.Queued, "the thread outside pays for one more")
	b = play(2, 0, compute(100*us), spawn(2, compute(us)), compute(ms), join)
	stolen := b.pollsOf(2)[0]
	require.Equal(t, scheduler.FromSteal, stolen.Source)
	assert.Equal(t, us, stolen.Start-stolen.Queued)
}

// TestTheWorkerPaysForABlockingJob that a task gives to the pool: other tasks wait for it.
func TestTheWorkerPaysForABlockingJob(t *testing.T) {
	costs := cost.Profile{BlockingSubmit: 10 * us, ThreadCreate: 100 * us}
	blocking := program.Step{Op: program.SpawnBlocking, Duration: program.Constant(ms)}
	b := start(t, 1, costs)
	b.spawn(blocking)
	b.spawn(compute(us))
	b.sim.Run(10 * ms)
	first, second := b.pollsOf(1)[0], b.pollsOf(2)[0]
	assert.Equal(t, 110*us, second.Start-first.End)

	inPlace := start(t, 1, costs)
	inPlace.spawn(program.Step{Op: program.BlockInPlace, Duration: program.Constant(ms)})
	inPlace.sim.Run(10 * ms)
	assert.Equal(t, ms+110*us, inPlace.finish(1).Busy)
}

// TestALongSleepEndsLater, on a condition variable, in the driver, and on a thread of the pool; a timer has its own overshoot.
func TestALongSleepEndsLater(t *testing.T) {
	deep := cost.Profile{DeepSleep: cost.DeepSleep{After: ms, Latency: 10 * us}}
	for name, play := range map[string]func(idle sim.Time) sim.Time{
		"condvar": func(idle sim.Time) sim.Time {
			b := start(t, 2, deep)
			b.sim.Run(idle)
			b.spawn(compute(us))
			b.sim.Run(20 * ms)
			return b.polls[0].Start - b.polls[0].Queued
		},
		"driver": func(idle sim.Time) sim.Time {
			b := startSingle(t, Config{Costs: deep})
			b.sim.Run(idle)
			b.spawn(compute(us))
			b.sim.Run(20 * ms)
			return b.polls[0].Start - b.polls[0].Queued
		},
		"pool": func(idle sim.Time) sim.Time {
			b := start(t, 1, deep)
			job := program.Step{Op: program.SpawnBlocking, Duration: program.Constant(us)}
			b.spawn(job, compute(idle-10*us), job)
			b.sim.Run(20 * ms)
			polls := b.pollsOf(1)
			return polls[2].Queued - polls[1].End - us
		},
	} {
		assert.Zero(t, play(ms), name)
		assert.InDelta(t, float64(20*us), float64(play(4*ms+20*us)), float64(us)/5, name+": it grows with the square root of the time slept")
	}
	b := start(t, 1, deep)
	b.spawn(sleep(10 * ms))
	b.sim.Run(20 * ms)
	assert.Equal(t, 10*ms, b.pollsOf(1)[1].Queued)
}

// TestTheThreadOutsideWorks: it makes one task after the other, and pays for the wakes. Tasks that come one by one wait for nobody.
func TestTheThreadOutsideWorks(t *testing.T) {
	b := startSingle(t, Config{Costs: cost.Profile{Spawn: 9 * us, GlobalPush: us, GlobalPop: us, UnparkDriver: cost.Latency{Median: 100 * us}}})
	b.sim.Run(ms)
	for range 3 {
		b.spawn()
	}
	require.Equal(t, 3, b.Live(), "a task is spawned when it comes")
	b.sim.Run(2 * ms)
	b.spawn()
	b.sim.Run(3 * ms)
	var waits []sim.Time
	for _, p := range b.polls {
		waits = append(waits, p.Start-p.Queued-us) // without the worker's take
	}
	assert.Equal(t, []sim.Time{10 * us, 120 * us, 230 * us, 10 * us}, waits)

	m := start(t, 1, cost.Profile{Spawn: 9 * us, Unpark: cost.Latency{Median: 1}, UnparkDriver: cost.Latency{Median: 100 * us}})
	m.sim.Run(ms)
	for range 3 {
		m.spawn(compute(us))
	}
	m.sim.Run(2 * ms)
	assert.Equal(t, []sim.Time{9 * us, 118 * us, 227 * us}, []sim.Time{
		m.polls[0].Start - ms, m.polls[1].Start - ms, m.polls[2].Start - ms,
	})
}
