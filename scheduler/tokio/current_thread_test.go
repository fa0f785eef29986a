// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// current_thread (schedulers.md 1.14).

func TestCurrentThreadIsFIFO(t *testing.T) {
	b := startSingle(t, Config{})
	b.spawn(detach(spawn(4, compute(us))), chain(3))
	b.sim.Run(ms)
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7, 8}, b.order())
	c := b.Counters().Workers[0]
	assert.EqualValues(t, 8, c.Polls, "each poll is a tick")
	assert.EqualValues(t, 7, c.LocalSchedules)
	assert.EqualValues(t, 1, b.Counters().RemoteSchedules)
	assert.Zero(t, c.LIFOPolls)
	assert.Equal(t, 4*us, c.Busy)
}

// TestCurrentThreadTakesLocalTasksFirst, but every 31st tick one from the inject queue.
func TestCurrentThreadTakesLocalTasksFirst(t *testing.T) {
	for _, tc := range []struct {
		interval int
		ticks    int
	}{{0, 31}, {5, 5}} {
		b := startSingle(t, Config{GlobalQueueInterval: tc.interval})
		b.spawn(detach(spawn(200, compute(50*us))))
		b.sim.Run(us)
		b.spawn(compute(us))
		b.spawn(compute(us))
		b.sim.Run(100 * ms)
		assert.Equal(t, tc.ticks-1, b.position(202, 1), "interval %d", tc.interval)
		assert.Equal(t, 2*tc.ticks-1, b.position(203, 1), "interval %d", tc.interval)
		assert.Equal(t, scheduler.FromGlobal, b.pollsOf(202)[0].Source)
	}
}

// TestCurrentThreadQueueHasNoBound: nothing overflows.
func TestCurrentThreadQueueHasNoBound(t *testing.T) {
	b := startSingle(t, Config{})
	b.spawn(detach(spawn(1000)))
	b.sim.Run(ms)
	order := b.order()
	require.Len(t, order, 1001)
	assert.IsIncreasing(t, order)
	assert.Zero(t, b.Counters().Workers[0].Overflows)
}

// TestCurrentThreadLooksAtTheDriverAfter61Tasks. A round begins anew when the queues ran dry.
func TestCurrentThreadLooksAtTheDriverAfter61Tasks(t *testing.T) {
	for _, tc := range []struct {
		interval int
		ticks    int
	}{{0, 61}, {20, 20}} {
		b := startSingle(t, Config{EventInterval: tc.interval})
		b.spawn(detach(spawn(7)))
		b.sim.Run(ms)
		b.spawn(detach(spawn(1, socket(10*us))), detach(spawn(150, compute(10*us))))
		b.sim.Run(20 * ms)
		// Two ticks for the spawner and the task that waits, then 10 µs each.
		assert.Equal(t, ms+10*us*sim.Time(tc.ticks-2), b.pollsOf(10)[1].Queued, "interval %d", tc.interval)
	}
}

func TestCurrentThreadDefersTasksThatGiveWay(t *testing.T) {
	b := startSingle(t, Config{Costs: cost.Profile{DriverPoll: us}})
	b.sim.Run(ms)
	before := b.Counters().Workers[0].Parks
	b.spawn(detach(spawn(3, yield)), detach(spawn(2)))
	b.sim.Run(2 * ms)
	// The stack of those that gave way, into a FIFO.
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 4, 3, 2}, b.order())
	assert.Equal(t, b.pollsOf(6)[0].End+us, b.pollsOf(4)[1].Queued, "a look without sleeping")
	assert.Equal(t, before+1, b.Counters().Workers[0].Parks)
}

func TestCurrentThreadTimersAndBudget(t *testing.T) {
	b := startSingle(t, Config{})
	b.sim.Run(300 * us)
	b.spawn(sleep(ms))
	b.spawn(times(129, socket(0))...)
	b.sim.Run(10 * ms)
	assert.Equal(t, 2300*us, b.finish(1).End)
	assert.EqualValues(t, 1, b.finish(2).ForcedYields)
	assert.EqualValues(t, 1, b.Counters().ForcedYields)
}

// TestCurrentThreadBudgetIsPerPoll: the next task starts with a fresh one.
func TestCurrentThreadBudgetIsPerPoll(t *testing.T) {
	b := startSingle(t, Config{})
	b.spawn(times(128, socket(0))...)
	b.spawn(times(128, socket(0))...)
	b.sim.Run(ms)
	assert.Zero(t, b.finish(1).ForcedYields)
	assert.Zero(t, b.finish(2).ForcedYields)
}

// TestSpawnsFromOutsideWriteTheEventfd: if the thread was busy its next sleep ends at once.
func TestSpawnsFromOutsideWriteTheEventfd(t *testing.T) {
	b := startSingle(t, Config{Costs: cost.Profile{WakeDriverLatency: cost.Latency{Median: us}}})
	b.sim.Run(ms)
	idle := b.Counters().Workers[0]
	b.spawn(compute(10 * us))
	b.sim.Run(ms + 5*us)
	b.spawn(compute(10 * us))
	b.sim.Run(2 * ms)
	assert.Equal(t, ms+us, b.pollsOf(1)[0].Start, "woken from epoll")
	after := b.Counters().Workers[0]
	assert.EqualValues(t, 2, after.Parks-idle.Parks)
	assert.EqualValues(t, 1, after.Noops-idle.Noops)
}

func TestCurrentThreadRunsOnMain(t *testing.T) {
	b := startSingle(t, Config{ThreadName: "tokio-rt-worker"})
	assert.Equal(t, 1, b.Workers())
	assert.Equal(t, "main", b.ThreadName(0))
	assert.Equal(t, "main", b.ThreadName(scheduler.Outside))
}
