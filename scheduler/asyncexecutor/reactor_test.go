// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What happens in schedulers.md 4.1 to 4.3, one story per test.

func TestIdleExecutorComesToRest(t *testing.T) {
	sc := start(t, 2, cost.AsyncExecutor())
	sc.sim.Run(sim.Never - 1)
	// One thread is in epoll, one parked. The helper has looked at the ticker ten times in vain and waits for the lock.
	assert.Equal(t, sim.Never, sc.sim.Next())
	assert.Same(t, sc.runners[0], sc.reactor.holder)
	assert.True(t, sc.reactor.asleep)
	assert.Equal(t, parked, sc.runners[1].phase)
	assert.Equal(t, helperLocking, sc.helper.phase)
}

func TestHelperTakesTheLockItWaitedFor(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(ms*1000, compute(us))
	sc.sim.Run(ms * 2000)
	// The task got the thread out of epoll, and the helper in. The thread, idle again, can only park.
	require.Len(t, sc.Polls, 1)
	assert.Equal(t, ms*1000, sc.Polls[0].Start)
	assert.Nil(t, sc.reactor.holder)
	assert.Equal(t, helperReacting, sc.helper.phase)
	assert.True(t, sc.reactor.asleep)
	assert.Equal(t, parked, sc.runners[0].phase)
}

func TestAThreadMayOvertakeTheHelper(t *testing.T) {
	// The helper needs 5 us to get to the lock it waited for. After a task of 1 us the thread has it again.
	sc := start(t, 1, cost.Profile{WakeLatency: cost.Latency{Median: 5 * us}})
	sc.spawnAt(1000*ms, compute(us))
	sc.sim.Run(1001 * ms)
	assert.Same(t, sc.runners[0], sc.reactor.holder)
	assert.Equal(t, helperLocking, sc.helper.phase)
	// After one of 10 us it does not.
	sc.spawnAt(1001*ms, compute(10*us))
	sc.sim.Run(1002 * ms)
	assert.Nil(t, sc.reactor.holder)
	assert.Equal(t, helperReacting, sc.helper.phase)
}

func TestEventsTakeAnExtraHopThroughTheHelper(t *testing.T) {
	costs := cost.Profile{
		WakeLatency:       cost.Latency{Median: 5 * us},
		WakeDriverLatency: cost.Latency{Median: 6 * us},
	}
	// With the thread in epoll, the event wakes the thread that runs the task.
	direct := start(t, 1, costs)
	direct.spawnAt(ms, io(ms))
	direct.sim.Run(10 * ms)
	polls := direct.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, polls[0].End+ms+6*us, polls[1].Start)

	// With the helper in epoll, it wakes the helper, and that the thread. The helper got there while the thread computed.
	hop := start(t, 1, costs)
	hop.spawnAt(1000*ms, compute(10*us), io(ms))
	hop.sim.Run(2000 * ms)
	polls = hop.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, polls[0].End+ms+6*us, polls[1].Queued)
	assert.Equal(t, polls[0].End+ms+6*us+5*us, polls[1].Start)
}

func TestHelperServesBusyThreads(t *testing.T) {
	// The only thread computes for 5 ms. The helper looks at 0, when the ticker has just moved, and again after 50 us: nobody
	// has polled since, so it does.
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(0, io(10*us))
	sc.spawnAt(0, compute(5*ms))
	sc.sim.Run(10 * ms)
	polls := sc.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, 50*us, polls[1].Queued)
	assert.Equal(t, 5*ms, polls[1].Start)
}

func TestTheTickerKeepsTheHelperAway(t *testing.T) {
	// Rounds of 200 tasks take 20 us each: at every look of the helper the ticker has moved.
	sc := start(t, 1, cost.Profile{})
	for range 10_000 {
		check.Must(sc.Spawn(steps(compute(us/10)), 0, 0))
	}
	sc.sim.Run(ms)
	assert.EqualValues(t, 50+1, sc.reactor.ticker) // rounds, and the sleep at the end
	assert.Same(t, sc.runners[0], sc.reactor.holder)
}

func TestNoLookWithoutTheLock(t *testing.T) {
	// The second half of golden trace 12: the helper sits in epoll and keeps the lock; the rounds of 200 pass without a look, yet
	// the socket's task is queued the moment it is ready.
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(1000*ms, compute(us))
	sc.spawnAt(1001*ms, io(42*us))
	for range 450 {
		sc.spawnAt(1001*ms, compute(us/10))
	}
	sc.sim.Run(1001 * ms)
	before := sc.reactor.ticker
	require.Equal(t, helperReacting, sc.helper.phase)
	sc.sim.Run(1001*ms + 41*us)
	assert.Equal(t, before, sc.reactor.ticker)
	sc.sim.Run(1002 * ms)
	polls := sc.pollsOf(2)
	require.Len(t, polls, 2)
	assert.Equal(t, 1001*ms+42*us, polls[1].Queued)
}

func TestHoggingThreadLeavesTheReactor(t *testing.T) {
	sc := start(t, 2, cost.Profile{})
	r1, r2 := sc.runners[0], sc.runners[1]
	sc.spawnAt(ms-us, compute(us), io(ms), compute(us))
	sc.sim.Run(ms)
	// r2 ran the task and sleeps on top; r1 was woken in vain and is back in epoll.
	require.Equal(t, []int{0, 1}, sc.asleep())
	require.Same(t, r1, sc.reactor.holder)

	// After 1 ms r1 dispatches the event, to r2. That was more than 500 us for others: it leaves the reactor to the helper.
	sc.sim.Run(3 * ms)
	polls := sc.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, 1, polls[1].Worker)
	assert.Equal(t, 2*ms, polls[1].Start)
	assert.Equal(t, helperReacting, sc.helper.phase)
	assert.Equal(t, parked, r1.phase)
	assert.Equal(t, parked, r2.phase)
}

func TestHelperRemembersAnUnpark(t *testing.T) {
	sc := start(t, 2, cost.Profile{})
	sc.spawnAt(0, compute(us), io(100*ms), compute(us), io(100*ms), compute(us))
	sc.sim.Run(150 * ms)
	// At 100 ms r1 left the reactor to the helper, which was blocked on the lock: that woke it, and its token is still set.
	require.Equal(t, helperReacting, sc.helper.phase)
	require.True(t, sc.helper.token)
	// So the helper, back from epoll with the next event, does not sleep: it takes the reactor again.
	sc.sim.Run(201 * ms)
	require.Len(t, sc.Finished, 1)
	assert.Equal(t, helperReacting, sc.helper.phase)
	assert.False(t, sc.helper.token)
}

func TestATokenPreventsParking(t *testing.T) {
	// On its way to park, which takes 10 us, the thread is unparked: it goes back to work at once.
	sc := start(t, 2, cost.Profile{Park: 10 * us, Unpark: cost.Latency{Median: us}, WakeLatency: cost.Latency{Median: 50 * us}})
	sc.spawnAt(5*us, compute(us))
	sc.sim.Run(8 * us)
	require.Equal(t, parking, sc.runners[1].phase)
	sc.sim.Run(ms)
	require.Len(t, sc.Polls, 1)
	assert.Equal(t, 1, sc.Polls[0].Worker)
	assert.Equal(t, 10*us, sc.Polls[0].Start)
}

func TestTimerGetsTheThreadOutOfEpoll(t *testing.T) {
	// r1 sleeps in epoll until the first timer; the second one, registered later, is due earlier. The spawn wakes r1 too, in vain:
	// it is asleep again when the timer comes.
	sc := start(t, 2, cost.Profile{})
	sc.spawnAt(0, sleep(400*us))
	sc.spawnAt(100*us, compute(50*us), sleep(50*us))
	sc.sim.Run(ms)
	assert.Equal(t, 400*us, sc.pollsOf(1)[1].Start)
	assert.Equal(t, 200*us, sc.pollsOf(2)[1].Start)
}

// TestATimerThatEndsTheWaitIsOfThatTurn: it needs no second look.
func TestATimerThatEndsTheWaitIsOfThatTurn(t *testing.T) {
	sc := start(t, 1, cost.Profile{DriverPoll: 10 * us})
	sc.spawnAt(ms, sleep(300*us), compute(us))
	sc.sim.Run(10 * ms)
	polls := sc.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, polls[0].End+300*us, polls[1].Queued)
}

func TestTheReactorMayBeKeptFor500us(t *testing.T) {
	for _, d := range []sim.Time{499 * us, 500 * us} {
		sc := start(t, 2, cost.Profile{})
		sc.spawnAt(ms-us, compute(us), io(d), compute(us))
		sc.sim.Run(ms)
		r1 := sc.runners[0]
		require.Same(t, r1, sc.reactor.holder) // since ms - us
		sc.sim.Run(3 * ms)
		assert.Equal(t, d == 499*us, sc.reactor.holder == r1, "after %d ns", d)
	}
}

// TestTheHelpersPatience: the sleeps between its looks add up to 20.225 ms, while a thread sits in epoll; then it blocks on the lock.
func TestTheHelpersPatience(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.sim.Run(20225*us - 1)
	assert.Equal(t, helperParked, sc.helper.phase)
	sc.sim.Run(20225 * us)
	assert.Equal(t, helperLocking, sc.helper.phase)
}

func TestTimerRegistrationIsPaidInThePoll(t *testing.T) {
	sc := start(t, 2, cost.Profile{TimerInsert: 3 * us, UnparkDriver: cost.Latency{Median: 2 * us}})
	sc.spawnAt(0, sleep(400*us), sleep(400*us))
	sc.sim.Run(ms)
	// The eventfd is written only while the other thread sleeps in epoll.
	polls := sc.pollsOf(1)
	require.Len(t, polls, 3)
	assert.Equal(t, 5*us, polls[0].End-polls[0].Start)
}

func TestTimersFireInOrder(t *testing.T) {
	// By instant, then by registration; and before sockets that became ready in the same turn.
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(0, io(5*us))
	sc.spawnAt(0, sleep(9*us))
	sc.spawnAt(0, sleep(7*us))
	sc.spawnAt(0, io(2*us))
	sc.spawnAt(0, sleep(9*us))
	sc.spawnAt(0, compute(40*us))
	sc.sim.Run(ms)
	// The thread is busy until 40 us and looks by itself, before the helper: all are due.
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 3, 2, 5, 4, 1}, sc.Order())
}

func TestSocketsEndASleepWithoutTimers(t *testing.T) {
	// A sleep in epoll that a socket ended dispatches no timers, even if they are due when the thread runs: they come one turn later.
	sc := start(t, 1, cost.Profile{WakeDriverLatency: cost.Latency{Median: 10 * us}, DriverPoll: us})
	sc.spawnAt(ms, io(100*us))
	sc.spawnAt(ms, sleep(105*us))
	sc.sim.Run(2 * ms)
	socket, timer := sc.pollsOf(1)[1], sc.pollsOf(2)[1]
	assert.Equal(t, ms+120*us, socket.Queued)
	assert.Greater(t, timer.Queued, socket.End)
}

func TestNothingToWaitFor(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(us, sleep(0), io(0), compute(us))
	sc.sim.Run(ms)
	require.Len(t, sc.Finished, 1)
	assert.EqualValues(t, 1, sc.Finished[0].Polls)
	assert.Equal(t, 2*us, sc.Finished[0].End)
}
