// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// The worker loop: ticks, the LIFO slot, queues (schedulers.md 1.3 to 1.6, 1.9).

// chain is n tasks, each of which spawns the next and ends.
func chain(n int) program.Step {
	if n == 1 {
		return detach(spawn(1))
	}
	return detach(spawn(1, chain(n-1)))
}

// TestThreeLIFOPollsInATick: during the third the slot is off, so what that one wakes is queued behind the others; then the slot
// is on again.
func TestThreeLIFOPollsInATick(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(detach(spawn(1)), chain(7)) // task 2 is in the queue; 3 to 9 are the chain
	b.sim.Run(ms)
	assert.Equal(t, []uint64{1, 3, 4, 5, 2, 6, 7, 8, 9}, b.order())
	for _, task := range []uint64{3, 4, 5, 7, 8, 9} {
		assert.Equal(t, scheduler.FromLIFO, b.pollsOf(task)[0].Source, "task %d", task)
	}
	c := b.Counters().Workers[0]
	assert.EqualValues(t, 3, c.Polls, "1, 2 and 6: LIFO polls ride along")
	assert.EqualValues(t, 6, c.LIFOPolls)
}

func TestDisabledLIFOSlot(t *testing.T) {
	b := startWith(t, Config{Workers: 1, DisableLIFOSlot: true})
	b.spawn(detach(spawn(4)), chain(2))
	b.sim.Run(ms)
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7}, b.order())
	assert.Zero(t, b.Counters().Workers[0].LIFOPolls)
}

func TestJoinAwaitsHandlesInOrder(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(spawn(3, compute(us)), join, compute(us))
	b.sim.Run(ms)
	// The last child rides in the LIFO slot; the joiner awaits the first handle, and wakes when that child ends.
	assert.Equal(t, []uint64{1, 4, 2, 1, 3, 1}, b.order())
	assert.Zero(t, b.Live())
	require.Len(t, b.finished, 4)
	assert.EqualValues(t, 3, b.finished[3].Polls)
}

// TestTheInjectQueueComesFirstEveryGQITicks, with one task at a time, however many there are. A configured interval is not tuned.
func TestTheInjectQueueComesFirstEveryGQITicks(t *testing.T) {
	b := startWith(t, Config{Workers: 1, GlobalQueueInterval: 5})
	b.spawn(detach(spawn(200, compute(50*us))))
	b.sim.Run(us)
	for range 20 {
		b.spawn(compute(us))
	}
	b.sim.Run(60 * ms)
	for i := range 20 {
		// Tick 1 polls two tasks; tick n is at position n.
		assert.Equal(t, 5*(i+1), b.position(uint64(202+i), 1))
	}
	assert.EqualValues(t, 5, b.workers[0].tuning.gqi)
}

// TestTuning has the values of schedulers.md 1.9.
func TestTuning(t *testing.T) {
	for _, tc := range []struct {
		meanPoll float64 // ns
		gqi      uint32
	}{
		{100, 127},
		{1_570, 127},
		{3_278, 61},
		{3_226, 61}, // 61.996: rounded down
		{3_174, 61}, // 63: no more than 2 away
		{3_125, 64},
		{10_000, 20},
		{50_000, 4},
		{66_600, 3},
		{66_700, 2},
		{1e9, 2},
	} {
		tu := newTuning(0)
		tu.meanPoll = tc.meanPoll
		tu.retune()
		assert.Equal(t, tc.gqi, tu.gqi, "mean poll of %v ns", tc.meanPoll)
	}
	// One batch of 60 polls of 50 µs moves the mean to 49.9 µs.
	tu := newTuning(0)
	tu.openBatch(ms)
	tu.batchPolls = 60
	assert.Equal(t, 60*50*us, tu.closeBatch(ms+60*50*us))
	assert.InDelta(t, 49_900, tu.meanPoll, 50)
	tu.openBatch(5 * ms)
	tu.closeBatch(6 * ms) // nothing polled: nothing learned
	assert.InDelta(t, 49_900, tu.meanPoll, 50)
}

// TestLIFOPollsAreNotPollsOfTheBatch: the mean poll that tunes the interval is that of ticks.
func TestLIFOPollsAreNotPollsOfTheBatch(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(compute(us), detach(spawn(1, compute(us), detach(spawn(1, compute(us))))))
	b.sim.Run(2 * us)
	assert.Equal(t, 1, b.workers[0].tuning.batchPolls)
}

// TestPushWhileAThiefCopies: the tasks being copied still fill their slots. If none is free, the new task alone goes to the inject
// queue, and no half overflows.
func TestPushWhileAThiefCopies(t *testing.T) {
	b := start(t, 2, cost.Profile{StealTask: us})
	b.sim.Run(ms)
	thief, victim := &b.workers[0], &b.workers[1]
	for range queueCapacity {
		victim.queue.Push(check.Must(b.tasks.New(steps(), 0, 0)))
	}
	_, copying := b.steal(thief, victim)
	assert.Equal(t, 128*us, copying)
	require.Equal(t, 128, victim.queue.Len())
	b.pushBack(victim, check.Must(b.tasks.New(steps(), 0, 0)))
	assert.Equal(t, 1, b.inject.Len())
	assert.EqualValues(t, 1, b.Counters().RemoteSchedules)
	assert.Zero(t, victim.counters.Overflows)
	// Nobody else steals from either of the two.
	third := &worker{}
	for _, w := range []*worker{thief, victim} {
		id, _ := b.steal(third, w)
		assert.Zero(t, id)
	}
	b.sim.Run(b.sim.Now() + copying)
	b.pushBack(victim, check.Must(b.tasks.New(steps(), 0, 0)))
	assert.Equal(t, 129, victim.queue.Len())
}

// TestAThiefNeedsHalfItsQueue: a queue more than half full takes nothing.
func TestAThiefNeedsHalfItsQueue(t *testing.T) {
	for _, tc := range []struct {
		own  int
		gets bool
	}{{128, true}, {129, false}} {
		b := start(t, 2, cost.Profile{})
		b.sim.Run(ms)
		thief, victim := &b.workers[0], &b.workers[1]
		for range tc.own {
			thief.queue.Push(check.Must(b.tasks.New(steps(), 0, 0)))
		}
		victim.queue.Push(check.Must(b.tasks.New(steps(), 0, 0)))
		id, _ := b.steal(thief, victim)
		assert.Equal(t, tc.gets, id != 0, "%d of its own", tc.own)
	}
}

func TestVersions(t *testing.T) {
	assert.Equal(t, []string{"1.50", "1.51.0", "1.53"}, Versions())
	assert.Contains(t, Versions(), DefaultVersion)
}

func TestConfigsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{Version: "1.0"}, `tokio: Version: "1.0" is not allowed; want one of 1.50, 1.51.0, 1.53`},
		{Config{Workers: -1}, "tokio: Workers: -1 is not allowed; want 1 to 1024, or 0 for 1"},
		{Config{Workers: 40_000}, "tokio: Workers: 40000 is not allowed; want 1 to 1024, or 0 for 1"},
		{Config{MaxBlockingThreads: 10_001}, "tokio: MaxBlockingThreads: 10001 is not allowed; want 1 to 10000, or 0 for 512"},
		{Config{GlobalQueueInterval: -1}, "tokio: GlobalQueueInterval: -1 is not allowed; want 1 to 1000000 ticks, or 0 for the default"},
		{Config{EventInterval: 1_000_001}, "tokio: EventInterval: 1000001 is not allowed; want 1 to 1000000 ticks, or 0 for the default"},
		{Config{Costs: cost.Profile{Poll: -1}}, "tokio: Costs: poll: -1ns is not allowed; want a duration from 0s to 2s"},
	} {
		var s sim.Simulation
		_, err := New(&s, tt.cfg, scheduler.Observer{})
		assert.EqualError(t, err, tt.want)
		_, err = NewCurrentThread(&s, tt.cfg, scheduler.Observer{})
		assert.EqualError(t, err, tt.want)
	}
}

// TestTheZeroConfigRuns: it means one worker, for which nothing costs anything.
func TestTheZeroConfigRuns(t *testing.T) {
	var s sim.Simulation
	rt := check.Must(New(&s, Config{}, scheduler.Observer{}))
	check.Must(rt.Spawn(steps(compute(1000)), 0, 0))
	s.Run(1_000_000)
	assert.Zero(t, rt.Live())
}
