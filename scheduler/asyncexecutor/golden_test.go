// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// The golden traces of schedulers.md section 10, each by its number.

func TestGolden9SpawnOrder(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(0, spawn(4, compute(us)))
	sc.sim.Run(ms)
	assert.Equal(t, []uint64{1, 2, 3, 4, 5}, sc.Order())
}

func TestGolden9PingPong(t *testing.T) {
	// A and B message each other, C is queued behind A: the order is that of the wakes, and C does not wait for the pair.
	sc := start(t, 1, cost.Profile{})
	send := func(channel int) program.Step {
		return program.Step{Op: program.Send, Object: channel, Count: 1}
	}
	receive := func(channel int) program.Step { return program.Step{Op: program.Receive, Object: channel} }
	sc.spawnAt(0, receive(0), compute(us), send(1), receive(0), compute(us), send(1))
	sc.spawnAt(ms, compute(us), send(0), receive(1), compute(us), send(0), receive(1))
	sc.spawnAt(ms, compute(us), yield, compute(us))
	sc.sim.Run(2 * ms)
	const b, a, c = 1, 2, 3
	assert.Equal(t, []uint64{b, a, c, b, c, a, b, a}, sc.Order())
}

func TestGolden10OneTaskWakesTwo(t *testing.T) {
	sc := start(t, 2, cost.Profile{})
	sc.sim.Run(ms)
	// The first thread sleeps in epoll, the second is parked, and on top of the sleepers.
	require.Same(t, sc.runners[0], sc.reactor.holder)
	require.Equal(t, parked, sc.runners[1].phase)
	require.Equal(t, []int{0, 1}, sc.asleep())

	sc.spawnAt(ms, compute(us))
	sc.sim.Run(2 * ms)
	require.Len(t, sc.Polls, 1)
	assert.Equal(t, 1, sc.Polls[0].Worker)
	w := sc.Counters().Workers
	// Each has slept twice. What r1 did between is a futile wake.
	assert.EqualValues(t, 2, w[0].Parks)
	assert.EqualValues(t, 2, w[1].Parks)
	assert.EqualValues(t, 2, w[0].Noops)
	assert.EqualValues(t, 1, w[1].Noops)
	// r1 went back to sleep first, while r2 was in its poll.
	assert.Equal(t, []int{0, 1}, sc.asleep())
}

func TestGolden10TheWakesAsTimes(t *testing.T) {
	// Waking costs 2 us and takes 5: the poll starts 5 us after the spawn plus the 2 us that r2 pays to wake r1 from epoll.
	sc := start(t, 2, cost.Profile{
		Unpark: cost.Latency{Median: 9 * us}, WakeLatency: cost.Latency{Median: 5 * us},
		UnparkDriver: cost.Latency{Median: 2 * us}, WakeDriverLatency: cost.Latency{Median: 6 * us},
	})
	sc.spawnAt(ms, compute(us))
	sc.sim.Run(2 * ms)
	require.Len(t, sc.Polls, 1)
	assert.Equal(t, ms+7*us, sc.Polls[0].Start)
}

func TestGolden11HalfOfTheRest(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	// All are there before the thread starts.
	for range 10 {
		check.Must(sc.Spawn(steps(compute(us)), 0, 0))
	}
	sc.sim.Run(ms)
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, sc.Order())
	var sources []scheduler.Source
	for _, p := range sc.Polls {
		sources = append(sources, p.Source)
	}
	const local, global = scheduler.FromLocal, scheduler.FromGlobal
	assert.Equal(t, []scheduler.Source{global, local, local, local, local, local, global, local, local, global}, sources)
}

func TestGolden12LookAfter200(t *testing.T) {
	// The reactor is free, and 30 us pass before the helper can look at it a second time. A socket becomes ready after 1 us, and the
	// 200th task ends after 20 us.
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(ms, io(us))
	for range 450 {
		sc.spawnAt(ms, compute(us/10))
	}
	sc.sim.Run(2 * ms)
	polls := sc.pollsOf(1)
	require.Len(t, polls, 2)
	// The first poll of the 200 was the socket's own.
	assert.Equal(t, ms+199*us/10, polls[1].Queued)
	// Then it waits in line: 251 tasks were before it.
	assert.Equal(t, ms+450*us/10, polls[1].Start)
}

func TestGolden14TimerResolution(t *testing.T) {
	for name, costs := range map[string]cost.Profile{
		"free":      {},
		"overshoot": {TimerOvershoot: 5 * us},
	} {
		t.Run(name, func(t *testing.T) {
			sc := start(t, 1, costs)
			sc.spawnAt(300*us, sleep(ms))
			sc.sim.Run(10 * ms)
			polls := sc.pollsOf(1)
			require.Len(t, polls, 2)
			assert.Equal(t, 1300*us+costs.TimerOvershoot, polls[1].Start)
		})
	}
}
