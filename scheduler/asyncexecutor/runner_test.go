// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// spawnNow spawns tasks that compute, all at once, before the threads have started.
func (sc *scenario) spawnNow(n int) {
	for range n {
		check.Must(sc.Spawn(steps(compute(us)), 0, 0))
	}
}

func TestALocalQueueHolds512(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnNow(2000)
	sc.sim.Run(us / 2)
	assert.Equal(t, 512, sc.runners[0].local.Len())
	assert.Equal(t, 2000-1-512, sc.global.Len())
}

// TestFairnessEvery64Tasks: the 64th task found moves half of the global queue, as far as it fits.
func TestFairnessEvery64Tasks(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnNow(1000)
	sc.sim.Run(63*us - us/2) // in the 63rd poll
	assert.Equal(t, 500-62, sc.runners[0].local.Len())
	assert.Equal(t, 499, sc.global.Len())
	sc.sim.Run(64*us - us/2)
	assert.Equal(t, 512, sc.runners[0].local.Len())
	assert.Equal(t, 499-(512-(500-63)), sc.global.Len())
}

// fill gives a runner's local queue tasks, the first numbered 1 on.
func (sc *scenario) fill(r *runner, n int) []task.ID {
	var ids []task.ID
	for range n {
		id := check.Must(sc.tasks.New(steps(compute(us)), 0, 0))
		ids = append(ids, id)
		sc.push(r, id)
	}
	return ids
}

func TestAThiefTakesTheOlderHalf(t *testing.T) {
	sc := start(t, 2, cost.Profile{})
	thief, victim := sc.runners[0], sc.runners[1]
	ids := sc.fill(victim, 5)
	sc.steal(thief, victim)
	assert.Equal(t, 3, thief.local.Len())
	assert.Equal(t, 2, victim.local.Len())
	assert.Equal(t, ids[0], thief.local.Pop())
	assert.Equal(t, ids[3], victim.local.Pop())
	assert.EqualValues(t, 3, thief.counters.Steals)
	assert.EqualValues(t, 1, thief.counters.StealOperations)
}

func TestAThiefLooksAtAllOthers(t *testing.T) {
	sc := start(t, 4, cost.Profile{StealAttempt: us})
	for range 20 { // from wherever it starts
		_, _, spent := sc.search(sc.runners[1])
		assert.Equal(t, 3*us, spent)
	}
	sc.fill(sc.runners[3], 40)
	for range 5 {
		id, source, _ := sc.search(sc.runners[1])
		assert.NotZero(t, id)
		assert.Contains(t, []scheduler.Source{scheduler.FromSteal, scheduler.FromLocal}, source)
	}
}

func TestThievesStartAnywhere(t *testing.T) {
	sc := start(t, 4, cost.Profile{})
	robbed := map[int]bool{}
	for range 100 {
		for _, victim := range sc.runners[1:] {
			sc.fill(victim, 2)
		}
		sc.search(sc.runners[0])
		for i, r := range sc.runners {
			if i > 0 && r.local.Len() == 1 {
				robbed[i] = true
			}
			for r.local.Pop() != 0 {
				continue
			}
		}
	}
	assert.Len(t, robbed, 3)
}

// TestASearchPaysForTheLooksThatItLeavesOut compares searches with a walk over all runners: the same victim for the same time, with
// queues that are empty or were emptied since, and with threads that have ended.
func TestASearchPaysForTheLooksThatItLeavesOut(t *testing.T) {
	sc := start(t, 150, cost.Profile{StealAttempt: 1})
	r := sim.Stream(1)
	for _, i := range []int{3, 64, 149} {
		sc.runners[i].phase = ended
		sc.gone = append(sc.gone, i)
	}
	stolen := 0
	for range 2000 {
		thief := sc.runners[r.IntN(len(sc.runners))]
		if victim := sc.runners[r.IntN(len(sc.runners))]; victim.phase != ended && victim != thief && r.IntN(2) == 0 {
			sc.fill(victim, 1)
		}
		if thief.phase == ended || thief.local.Len() > 0 {
			continue
		}
		start := thief.rng
		victim := start.IntN(len(sc.runners))
		looks, from := 0, -1
		for i := range sc.runners {
			v := sc.runners[(victim+i)%len(sc.runners)]
			if v == thief || v.phase == ended {
				continue
			}
			looks++
			if v.local.Len() > 0 {
				from = v.index
				break
			}
		}
		id, source, spent := sc.search(thief)
		require.EqualValues(t, looks, spent)
		require.Equal(t, from >= 0, id != 0)
		if id != 0 {
			require.Equal(t, scheduler.FromSteal, source)
			require.Zero(t, sc.runners[from].local.Len())
			stolen++
		}
	}
	assert.Greater(t, stolen, 100)
}

// TestARunnerSearchesTwice: once more after it has registered as a sleeper.
func TestARunnerSearchesTwice(t *testing.T) {
	sc := start(t, 2, cost.Profile{StealAttempt: 2 * us})
	r := sc.runners[0]
	sc.sim.Run(us)
	assert.False(t, r.sleeping)
	sc.sim.Run(3 * us)
	assert.True(t, r.sleeping)
	assert.Equal(t, missed, r.phase)
	sc.sim.Run(5 * us)
	assert.NotEqual(t, missed, r.phase)
}

func TestAWakeGoesToTheGlobalQueue(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(0, spawn(3, compute(us)), compute(10*us))
	sc.sim.Run(5 * us)
	assert.Equal(t, 3, sc.global.Len())
	assert.Zero(t, sc.runners[0].local.Len())
}

func TestAYieldGoesToTheTail(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	check.Must(sc.Spawn(steps(yield), 0, 0))
	sc.spawnNow(3)
	sc.sim.Run(ms)
	assert.Equal(t, []uint64{1, 2, 3, 4, 1}, sc.Order())
}

// TestOneNotificationAtATime: until the woken runner has acted nobody else is woken, whatever comes.
func TestOneNotificationAtATime(t *testing.T) {
	latency := cost.Latency{Median: 10 * us}
	sc := start(t, 4, cost.Profile{WakeLatency: latency, WakeDriverLatency: latency})
	for range 3 {
		sc.spawnAt(ms, compute(100*us))
	}
	sc.sim.Run(ms + 5*us)
	assert.Len(t, sc.asleep(), 3)
	sc.sim.Run(ms + 15*us) // it has found a task, and woken the next
	assert.Len(t, sc.asleep(), 2)
	sc.sim.Run(ms + 25*us)
	assert.Len(t, sc.asleep(), 1)
	sc.sim.Run(10 * ms)
	require.Len(t, sc.Polls, 3)
	var starts []int
	for task := range uint64(3) {
		starts = append(starts, int((sc.pollsOf(task + 1)[0].Start-ms)/us))
	}
	assert.ElementsMatch(t, []int{10, 20, 30}, starts, "a chain of wakes")
}

func under(d sim.Time, s ...program.Step) []program.Step {
	all := []program.Step{{Op: program.Timeout, Duration: program.Constant(d)}}
	return append(append(all, s...), program.Step{Op: program.EndTimeout})
}

// TestATimeoutDuringThePoll: a task that is woken while it is polled is queued after that poll.
func TestATimeoutDuringThePoll(t *testing.T) {
	sc := start(t, 2, cost.Profile{TimerInsert: 2 * ms})
	sc.spawnAt(0, under(ms, sleep(50*ms), compute(us))...)
	sc.sim.Run(20 * ms)
	polls := sc.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, 4*ms, polls[0].End)
	assert.Equal(t, polls[0].End, polls[1].Queued)
}

func TestADroppedHandleCancels(t *testing.T) {
	for _, cancels := range []bool{false, true} {
		sc := startWith(t, Config{CancelOnDrop: cancels}, 0)
		sc.spawnAt(0, spawn(1, sleep(50*ms)), io(ms))
		sc.sim.Run(100 * ms)
		require.Len(t, sc.Finished, 2)
		assert.Equal(t, cancels, sc.Finished[1].Outcome == scheduler.Cancelled)
	}
}

func TestATurnTakes1024Sockets(t *testing.T) {
	sc := start(t, 1, cost.Profile{Poll: us})
	for i := range 1500 {
		sc.spawnAt(ms, io(5*ms-sim.Time(i)*us)) // ready at one instant
	}
	sc.sim.Run(10 * ms)
	byTime := map[sim.Time]int{}
	for _, p := range sc.Polls {
		if p.Ready {
			byTime[p.Queued]++
		}
	}
	assert.Len(t, byTime, 2)
	for _, n := range byTime {
		assert.Contains(t, []int{1024, 476}, n)
	}
}

// TestAClearedTimerEndsNoTurn: the thread in epoll sleeps on when its time comes.
func TestAClearedTimerEndsNoTurn(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	for range 3 { // without them the heap would be cleared of it
		sc.spawnAt(0, sleep(100*ms))
	}
	sc.spawnAt(0, append(under(10*ms, io(ms)), io(50*ms))...)
	sc.sim.Run(5 * ms)
	before := sc.reactor.ticker
	sc.sim.Run(40 * ms)
	assert.Equal(t, before, sc.reactor.ticker)
	sc.sim.Run(60 * ms)
	assert.Len(t, sc.Finished, 1)
}

// TestWakingOneselfIsFree: the thread that serves the reactor makes a task runnable and goes back to run it; nobody writes the
// eventfd, which would end the next sleep at once.
func TestWakingOneselfIsFree(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(0, io(100*us))
	sc.sim.Run(50 * us)
	before := sc.reactor.ticker
	sc.sim.Run(200 * us)
	require.Len(t, sc.Finished, 1)
	assert.Equal(t, before+1, sc.reactor.ticker, "one more sleep")
	assert.False(t, sc.reactor.notified)
}
