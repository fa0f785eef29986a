// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// The golden traces of schedulers.md section 10, each by its number.

func TestGolden1SpawnOrder(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(detach(spawn(4, compute(us))))
	b.sim.Run(ms)
	// P, then T4 from the LIFO slot in the same tick, then T1 to T3 from the run queue.
	assert.Equal(t, []uint64{1, 5, 2, 3, 4}, b.order())
	c := b.Counters().Workers[0]
	assert.EqualValues(t, 4, c.Polls)
	assert.EqualValues(t, 4, c.LocalSchedules)
}

func TestGolden3Overflow(t *testing.T) {
	for _, tc := range []struct {
		version           string
		kept, overflowing uint64 // first of the half that stays, and of the half that goes
	}{
		{version: "1.53", kept: 0, overflowing: 128},
		{version: "1.51.0", kept: 128, overflowing: 0},
		{version: "1.50", kept: 128, overflowing: 0},
	} {
		t.Run(tc.version, func(t *testing.T) {
			b := startWith(t, Config{Workers: 1, Version: tc.version})
			// 258 spawns: the first displaces nothing, the next 256 fill the run queue with t0..t255, and the last displaces x.
			b.spawn(detach(spawn(258)), compute(us))
			b.sim.Run(us / 2)
			w := &b.workers[0]
			require.Equal(t, 128, w.queue.Len())
			assert.EqualValues(t, 1, w.counters.Overflows)
			assert.Equal(t, 129, b.inject.Len())
			number := func(id task.ID) uint64 {
				b.tasks.Begin(id, 0, scheduler.FromLocal)
				b.tasks.Finish(id)
				return b.finished[len(b.finished)-1].Task
			}
			const t0 = 2 // task 1 is the spawner
			for i := range uint64(128) {
				assert.Equal(t, t0+tc.kept+i, number(w.queue.Pop()))
			}
			for i := range uint64(128) {
				assert.Equal(t, t0+tc.overflowing+i, number(b.inject.Pop(b.tasks)))
			}
			const x = t0 + 256
			assert.EqualValues(t, x, number(b.inject.Pop(b.tasks)))
		})
	}
}

func TestGolden4Steal(t *testing.T) {
	for _, tc := range []struct {
		victim, thief, left int
		runs                uint64
	}{
		{victim: 5, runs: 3, thief: 2, left: 2}, // [a b c d e]: runs c, takes [a b], leaves [d e]
		{victim: 1, runs: 1, thief: 0, left: 0},
	} {
		t.Run(fmt.Sprintf("of %d", tc.victim), func(t *testing.T) {
			b := start(t, 2, cost.Profile{})
			b.sim.Run(us)
			for range tc.victim {
				b.workers[0].queue.Push(check.Must(b.tasks.New(steps(compute(us)), 0, 0)))
			}
			thief := &b.workers[1]
			thief.phase, thief.victim, thief.victimsLeft = phaseVictim, 0, 2
			thief.searching = true
			b.searching, b.unparked = 1, 2 // nobody is left to be woken
			b.tryVictim(thief)
			b.step(thief) // copied
			assert.Equal(t, scheduler.FromSteal, thief.source)
			b.tasks.Finish(thief.task)
			assert.Equal(t, tc.runs, b.finished[0].Task)
			assert.EqualValues(t, 1, b.finished[0].Steals)
			assert.Equal(t, tc.thief, thief.queue.Len())
			assert.Equal(t, tc.left, b.workers[0].queue.Len())
			assert.EqualValues(t, tc.thief+1, thief.counters.Steals)
			assert.EqualValues(t, 1, thief.counters.StealOperations)
		})
	}
}

func TestGolden5InjectBatch(t *testing.T) {
	for _, tc := range []struct{ inject, taken int }{{100, 26}, {3, 1}, {2000, 128}} {
		t.Run(fmt.Sprintf("of %d", tc.inject), func(t *testing.T) {
			b := start(t, 4, cost.Profile{})
			for range tc.inject {
				b.inject.Push(b.tasks, check.Must(b.tasks.New(steps(compute(us)), 0, 0)))
			}
			w := &b.workers[0]
			first := b.takeBatch(w)
			b.tasks.Begin(first, 0, scheduler.FromGlobal)
			b.tasks.Finish(first)
			assert.EqualValues(t, 1, b.finished[0].Task)
			assert.Equal(t, tc.taken-1, w.queue.Len())
			assert.Equal(t, tc.inject-tc.taken, b.inject.Len())
		})
	}
}

func TestGolden6RemoteSpawnWakesTwo(t *testing.T) {
	b := start(t, 4, cost.Profile{})
	b.sim.Run(us)
	assert.Equal(t, inDriver, b.workers[0].sleep)
	for i := 1; i < 4; i++ {
		assert.Equal(t, onCondvar, b.workers[i].sleep, "worker %d", i)
	}
	parked := b.Counters()
	b.spawn(compute(us))
	b.sim.Run(ms)
	require.Len(t, b.polls, 1)
	assert.Equal(t, 3, b.polls[0].Worker, "the top of the sleepers")
	for i, parks := range []uint64{0, 0, 1, 1} {
		assert.Equal(t, parks, b.Counters().Workers[i].Parks-parked.Workers[i].Parks, "worker %d", i)
	}
	w2 := b.Counters().Workers[2]
	assert.EqualValues(t, 1, w2.Noops-parked.Workers[2].Noops, "the second wake finds nothing")
}

func TestGolden7Timer(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.sim.Run(300 * us)
	b.spawn(sleep(ms))
	b.sim.Run(10 * ms)
	require.Len(t, b.finished, 1)
	// Deadline 1.30 ms: tick 2. At 0.30 ms epoll sleeps two whole milliseconds.
	assert.Equal(t, 2300*us, b.finished[0].End)
}

func TestGolden8InjectAndTuning(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	// The first task keeps 100 of 50 µs in the run queue; task 102 comes from outside.
	b.spawn(detach(spawn(100, compute(50*us))))
	b.sim.Run(us)
	b.spawn(compute(50 * us))
	b.sim.Run(60 * ms)
	remote := slices.IndexFunc(b.polls, func(p scheduler.Poll) bool { return p.Task == 102 })
	// Tick 1 polled the spawner and its last child; one poll a tick since.
	require.Equal(t, 61, remote, "position of the remote task among the polls")
	assert.Equal(t, scheduler.FromGlobal, b.polls[remote].Source)
	assert.EqualValues(t, 4, b.workers[0].tuning.gqi)
}

// pingPong makes two programs that send each other n messages through channels 0 and 1.
func pingPong(n int) (a, b *program.Program) {
	send := func(channel int) program.Step {
		return program.Step{Op: program.Send, Object: channel, Count: 1}
	}
	receive := func(channel int) program.Step { return program.Step{Op: program.Receive, Object: channel} }
	a, b = &program.Program{}, &program.Program{}
	for range n {
		a.Steps = append(a.Steps, compute(us), send(0), receive(1))
		b.Steps = append(b.Steps, receive(0), compute(us), send(1))
	}
	return a, b
}

func TestGolden2PingPong(t *testing.T) {
	// B waits for A's first message; then A and C are queued.
	b := start(t, 1, cost.Profile{})
	ping, pong := pingPong(8)
	b.spawn(pong.Steps...)
	b.sim.Run(us)
	b.spawn(ping.Steps...)
	b.spawn(yield, yield, yield)
	b.polls = nil
	b.sim.Run(ms)
	const A, B, C = 2, 1, 3
	// Tick 1: A B A B. The slot is off in the last, so A goes to the back, behind C. Then C gives way, and again.
	assert.Equal(t, []uint64{A, B, A, B, C, A, B, A, B}, b.order()[:9])
}
