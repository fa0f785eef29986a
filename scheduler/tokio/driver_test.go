// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Timers and sockets (schedulers.md 1.3, 1.8, 1.11, 1.12), through the runtime.

func TestIOWakesTheDriver(t *testing.T) {
	costs := cost.Profile{WakeDriverLatency: cost.Latency{Median: 10 * us}}
	b := start(t, 2, costs)
	b.spawn(socket(3*ms), compute(us))
	b.sim.Run(20 * ms)
	require.Len(t, b.finished, 1)
	// Ready at 3 ms, no rounding to ticks; the worker in epoll runs 10 µs later.
	assert.Equal(t, 3*ms+10*us+us, b.finished[0].End)
}

func TestIOWakesInTheOrderOfReadiness(t *testing.T) {
	b := start(t, 1, cost.Profile{WakeDriverLatency: cost.Latency{Median: ms}})
	for _, d := range []sim.Time{300 * us, 100 * us, 200 * us} {
		b.spawn(socket(d), compute(us))
	}
	b.sim.Run(20 * ms)
	// One turn for all: the first and second are displaced from the LIFO slot by the third.
	assert.Equal(t, []uint64{1, 2, 3}, b.order()[:3])
	assert.Equal(t, []uint64{1, 2, 3}, b.order()[3:])
}

func TestADriverTurnTakes1024Events(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(detach(spawn(1500, socket(ms), compute(us))))
	b.sim.Run(ms) // the worker left epoll and polls the first
	assert.Len(t, b.driver.ready, 1500-1024)
	b.sim.Run(20 * ms)
	assert.Len(t, b.finished, 1501)
}

// TestABusyWorkerLooksAtTheDriverEvery61Ticks: maintenance. The socket is ready long before.
func TestABusyWorkerLooksAtTheDriverEvery61Ticks(t *testing.T) {
	for _, tc := range []struct {
		interval int
		ticks    int
	}{{0, 61}, {10, 10}} {
		b := startWith(t, Config{Workers: 1, EventInterval: tc.interval})
		b.spawn(detach(spawn(1, socket(100*us))), detach(spawn(150, compute(50*us))))
		b.sim.Run(20 * ms)
		// Tick 1 polls the spawner and its last child, tick 2 the task that waits, and each tick one more.
		assert.Equal(t, tc.ticks, b.position(2, 2), "interval %d", tc.interval)
	}
}

// TestAWorkerWithoutTheDriverLeavesItAlone: its maintenance skips the driver in which another worker sleeps, and wakes only
// what gave way on it.
func TestAWorkerWithoutTheDriverLeavesItAlone(t *testing.T) {
	b := asleep(t, Config{Workers: 2, Costs: cost.Profile{DriverPoll: us}})
	require.Equal(t, 0, b.driver.holder)
	b.driver.ready = append(b.driver.ready, 1)
	assert.Zero(t, b.driver.look(1))
	b.dispatch(&b.workers[1].poller)
	assert.Equal(t, 0, b.driver.holder)
	assert.True(t, b.driver.blocked)
	assert.Len(t, b.driver.ready, 1)
}

// TestNobodyTakesOverTheDriver (schedulers.md 1.8, T5): the worker that left epoll runs a long task; sockets wait although
// others sleep.
func TestNobodyTakesOverTheDriver(t *testing.T) {
	b := start(t, 4, cost.Profile{})
	b.spawn(socket(ms), compute(5*ms))
	b.spawn(socket(2*ms), compute(us))
	b.sim.Run(20 * ms)
	assert.Equal(t, 6*ms, b.pollsOf(2)[1].Queued)
}

func TestSleepFiresAtTheNextTick(t *testing.T) {
	for _, tc := range []struct {
		at, duration, end sim.Time
		polls             uint32
	}{
		{at: 300 * us, duration: 0, end: 1300 * us, polls: 2},        // tick 1, one whole millisecond on
		{at: 300 * us, duration: ms, end: 2300 * us, polls: 2},       // tick 2
		{at: 300 * us, duration: 700 * us, end: 1300 * us, polls: 2}, // due exactly on a tick
		{at: 0, duration: ms, end: ms, polls: 2},
		{at: 0, duration: 0, end: 0, polls: 1}, // the tick has elapsed: ready at once
	} {
		b := start(t, 1, cost.Profile{})
		b.sim.Run(tc.at)
		b.spawn(sleep(tc.duration))
		b.sim.Run(20 * ms)
		require.Len(t, b.finished, 1)
		assert.Equal(t, tc.end, b.finished[0].End, "%+v", tc)
		assert.Equal(t, tc.polls, b.finished[0].Polls, "%+v", tc)
	}
}

// TestLongTimersWakeTheDriverOnTheirWay: each slot that moves down is a wake-up that finds nothing.
func TestLongTimersWakeTheDriverOnTheirWay(t *testing.T) {
	for _, tc := range []struct {
		duration sim.Time
		wakes    []sim.Time
	}{
		{100 * ms, []sim.Time{64 * ms, 100 * ms}},
		{5000 * ms, []sim.Time{4096 * ms, 4992 * ms, 5000 * ms}},
	} {
		b := start(t, 1, cost.Profile{})
		b.spawn(sleep(tc.duration))
		b.sim.Run(0)
		for i, at := range tc.wakes {
			before := b.Counters().Workers[0]
			b.sim.Run(at - 1)
			assert.Equal(t, before.Parks, b.Counters().Workers[0].Parks, "before %v", at)
			b.sim.Run(at)
			after := b.Counters().Workers[0]
			assert.Equal(t, before.Parks+1, after.Parks, "at %v", at)
			if i < len(tc.wakes)-1 {
				assert.Equal(t, before.Noops+1, after.Noops, "at %v", at)
			}
		}
		require.Len(t, b.finished, 1)
		assert.Equal(t, tc.duration, b.finished[0].End)
	}
}

// TestAnEarlierTimerWakesTheDriver: the worker in epoll sleeps until a later tick, and another one registers a timer.
func TestAnEarlierTimerWakesTheDriver(t *testing.T) {
	for _, tc := range []struct {
		duration sim.Time
		parks    uint64
	}{
		{10 * ms, 1}, // sooner than tick 50: a look in between
		{60 * ms, 0}, // later
	} {
		b := start(t, 2, cost.Profile{})
		b.spawn(sleep(50*ms), compute(100*ms))
		b.sim.Run(5 * ms)
		inEpoll := b.driver.holder
		require.NotEqual(t, noHolder, inEpoll)
		before := b.Counters().Workers[inEpoll]
		other := &b.workers[1-inEpoll]
		other.task = check.Must(b.tasks.New(steps(), 0, 0))
		b.tasks.Begin(other.task, other.index, 0)
		_, _, ok := b.driver.addTimer(b.sim.Now()+tc.duration, b.tasks.Waker(other.task))
		require.True(t, ok)
		b.tasks.Pend(other.task)
		b.sim.Run(6 * ms)
		after := b.Counters().Workers[inEpoll]
		assert.Equal(t, tc.parks, after.Parks-before.Parks)
		assert.Equal(t, tc.parks, after.Noops-before.Noops)
		if tc.parks > 0 {
			b.sim.Run(20 * ms)
			assert.Equal(t, 5*ms+tc.duration, b.finish(2).End)
		}
	}
}

// TestTimersOfATickFireInTheOrderOfInsertion, on whatever level they were inserted.
func TestTimersOfATickFireInTheOrderOfInsertion(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	for i := range sim.Time(5) {
		b.sim.Run(i * 30 * ms)
		b.spawn(sleep(200*ms-i*30*ms), compute(us))
	}
	b.sim.Run(300 * ms)
	last := b.order()[len(b.order())-5:]
	// All are woken in one turn: the last stays in the LIFO slot, the others are displaced in order.
	assert.Equal(t, []uint64{5, 1, 2, 3, 4}, last)
}

// TestATurnWakesSocketsThenTimersThenTheDeferred: sockets, then timers, then the tasks that gave way.
func TestATurnWakesSocketsThenTimersThenTheDeferred(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(yield)
	b.spawn(sleep(ms))
	b.spawn(socket(ms))
	b.spawn(compute(5 * ms))
	b.sim.Run(20 * ms)
	assert.Equal(t, []uint64{1, 2, 3, 4}, b.order()[:4])
	// In that order through the LIFO slot: the last comes first.
	assert.Equal(t, []uint64{1, 3, 2}, b.order()[4:])
}
