// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What programs do with an executor of their own (schedulers.md 2.6).

// TestMainIsPolledOnceARound: what comes while a round of 200 tasks is on waits for its end, though only main needs to see it.
func TestMainIsPolledOnceARound(t *testing.T) {
	sc := startWith(t, Config{Composition: Main}, 0)
	sc.spawnAt(0, spawn(300, compute(10*us)))
	sc.spawnAt(us, compute(us))
	sc.sim.Run(100 * ms)
	require.Len(t, sc.Finished, 302)
	late := sc.pollsOf(302)[0]
	assert.Equal(t, us, late.Queued)
	position := 0
	for i, p := range sc.Polls {
		if p.Task == 302 {
			position = i
		}
	}
	// Main spawns it after 200 polls, behind what is in the queues by then: all 301 of the others.
	assert.Equal(t, 301, position)
	assert.Equal(t, "main", sc.ThreadName(0))
	assert.Equal(t, 1, sc.Workers())
}

// TestMainIsWokenFromItsSleep, in epoll or parked.
func TestMainIsWokenFromItsSleep(t *testing.T) {
	sc := startWith(t, Config{Composition: Main, Costs: cost.Profile{Spawn: 2 * us, WakeDriverLatency: cost.Latency{Median: 5 * us}}}, 0)
	sc.spawnAt(ms, compute(us))
	sc.sim.Run(100 * ms)
	assert.Equal(t, ms+7*us, sc.pollsOf(1)[0].Start, "the wake, and main's spawn")
}

// TestEachTaskHasAThread, which starts for it and ends with it.
func TestEachTaskHasAThread(t *testing.T) {
	sc := startWith(t, Config{Composition: ThreadPerTask, Costs: cost.Profile{ThreadStart: cost.Latency{Median: 50 * us}}}, 0)
	sc.spawnAt(0, compute(ms))
	sc.spawnAt(0, compute(ms), sleep(ms), compute(ms))
	sc.spawnAt(20*ms, compute(ms))
	sc.sim.Run(100 * ms)
	assert.Equal(t, 50*us, sc.pollsOf(1)[0].Start)
	assert.Equal(t, 50*us, sc.pollsOf(2)[0].Start, "at the same time")
	polls := sc.pollsOf(2)
	require.Len(t, polls, 2)
	assert.Equal(t, polls[0].Worker, polls[1].Worker, "nobody else polls it")
	assert.Equal(t, 20*ms+50*us, sc.pollsOf(3)[0].Start, "no thread is kept")
	assert.Equal(t, 2, sc.Workers())
	assert.Empty(t, sc.ThreadName(0))
}

// TestThreadsRunWhatTheOthersSpawn: the executor is shared, its tasks are not pinned.
func TestThreadsRunWhatTheOthersSpawn(t *testing.T) {
	sc := startWith(t, Config{Composition: ThreadPerTask, CancelOnDrop: true}, 0)
	sc.spawnAt(0, sleep(5*ms)) // a thread with nothing to do
	sc.spawnAt(ms, spawn(1, compute(us)), compute(ms), join)
	sc.sim.Run(100 * ms)
	child := sc.pollsOf(3)[0]
	assert.Equal(t, ms, child.Start)
	assert.Zero(t, child.Worker)
}

// TestWhatIsLeftWaitsForTheNextThread: a detached task outlives the thread that could have run it.
func TestWhatIsLeftWaitsForTheNextThread(t *testing.T) {
	sc := startWith(t, Config{Composition: ThreadPerTask, CancelOnDrop: true}, 0)
	sc.spawnAt(0, program.Step{Op: program.Spawn, Count: 1, Detached: true, Child: steps(compute(us))})
	sc.sim.Run(10 * ms)
	assert.Equal(t, 1, sc.Live())
	sc.spawnAt(20*ms, sleep(ms))
	sc.sim.Run(100 * ms)
	assert.Zero(t, sc.Live())
	assert.Equal(t, 20*ms, sc.pollsOf(2)[0].Start)
}

// TestANotificationIsPassedOn: the thread that was woken for a task ends with its own; another comes for the task.
func TestANotificationIsPassedOn(t *testing.T) {
	sc := startWith(t, Config{Composition: ThreadPerTask, Costs: cost.Profile{WakeLatency: cost.Latency{Median: 10 * us}}}, 0)
	sc.spawnAt(0, sleep(50*ms))
	sc.spawnAt(0, sleep(20*ms))
	sc.spawnAt(us, sleep(5*ms))                                        // on top of the sleepers
	sc.spawnAt(5*ms-5*us, spawn(1, compute(us)), compute(10*ms), join) // wakes it while its timer is due
	sc.sim.Run(100 * ms)
	require.Len(t, sc.Finished, 5)
	assert.Equal(t, 5*ms+5*us, sc.pollsOf(3)[1].Start)
	assert.Less(t, sc.pollsOf(5)[0].Start, 6*ms)
}

func TestThreadsAreBounded(t *testing.T) {
	sc := startWith(t, Config{Composition: ThreadPerTask}, 0)
	for range MaxThreadsPerTask + 1 {
		sc.spawnAt(0, sleep(ms))
	}
	sc.sim.Run(100 * ms)
	assert.Equal(t, MaxThreadsPerTask, sc.Workers())
	assert.Len(t, sc.Finished, MaxThreadsPerTask+1)
	assert.Equal(t, ms, sc.pollsOf(MaxThreadsPerTask + 1)[0].Start)
}

// TestADelegatedJobIsTwoTasks: async-std's spawn_blocking. The result comes back over a task of the executor.
func TestADelegatedJobIsTwoTasks(t *testing.T) {
	for _, op := range []program.Op{program.SpawnBlocking, program.File} {
		costs := cost.Profile{Poll: us, Finish: 3 * us}
		run := func(delegates bool) *scenario {
			sc := startWith(t, Config{Costs: costs, Delegates: delegates}, 0)
			sc.spawnAt(0, program.Step{Op: op, Duration: program.Constant(ms)}, compute(us))
			sc.sim.Run(100 * ms)
			return sc
		}
		direct, delegated := run(false), run(true)
		assert.EqualValues(t, 1, direct.Counters().Spawned)
		assert.EqualValues(t, 2, delegated.Counters().Spawned)
		assert.Len(t, direct.Polls, 2)
		assert.Len(t, delegated.Polls, 4)
		// A poll for the second task to submit the job, and one with its end to take the result.
		assert.Equal(t, 2*costs.Poll+costs.Finish, delegated.pollsOf(1)[1].End-direct.pollsOf(1)[1].End)
	}
}

// TestAnAbandonedJobIsNotRun, if it has not begun: nobody awaits it.
func TestAnAbandonedJobIsNotRun(t *testing.T) {
	sc := startWith(t, Config{MaxBlockingThreads: 1}, 0)
	job := program.Step{Op: program.SpawnBlocking, Duration: program.Constant(10 * ms)}
	sc.spawnAt(0, job)
	sc.spawnAt(us, program.Step{Op: program.Timeout, Duration: program.Constant(ms)}, job, program.Step{Op: program.EndTimeout})
	sc.spawnAt(2*us, job)
	sc.sim.Run(100 * ms)
	require.Len(t, sc.Finished, 3)
	assert.Equal(t, 20*ms, sc.pollsOf(3)[1].Start)
	assert.Equal(t, scheduler.TimedOut, sc.Finished[0].Outcome)
}

// TestClearedTimersDoNotPileUp: the heap holds no more than twice the timers that somebody waits for.
func TestClearedTimersDoNotPileUp(t *testing.T) {
	sc := start(t, 1, cost.Profile{})
	sc.spawnAt(0, sleep(59*ms)) // always the first
	for i := range 1000 {
		sc.spawnAt(sim.Time(i)*50*us, program.Step{Op: program.Timeout, Duration: program.Constant(1000 * ms)},
			sleep(10*us), program.Step{Op: program.EndTimeout})
	}
	most := 0
	for at := range 60 {
		sc.sim.Run(sim.Time(at) * ms)
		most = max(most, len(sc.reactor.timers.heap))
	}
	assert.Len(t, sc.Finished, 1001)
	assert.Less(t, most, 20)
}

// TestBlockOnIsTheMainThreads: its future is polled there, what the future spawns runs on the executor, and one future comes after the other.
func TestBlockOnIsTheMainThreads(t *testing.T) {
	sc := start(t, 2, cost.Profile{WakeLatency: cost.Latency{Median: 10 * us}, WakeDriverLatency: cost.Latency{Median: us}})
	future := steps(compute(us), spawn(2, compute(100*us)), join, yield, sleep(ms), compute(us))
	future.BlockOn = true
	sc.sim.Run(ms)
	for range 2 {
		check.Must(sc.Spawn(future, 0, 1))
	}
	sc.sim.Run(20 * ms)
	require.NoError(t, sc.Check(sc))
	first, second := sc.pollsOf(1), sc.pollsOf(2)
	for _, p := range append(slices.Clone(first), second...) {
		assert.Equal(t, scheduler.Outside, p.Worker)
		assert.Equal(t, scheduler.Outside, p.Thread)
	}
	last := len(first) - 1
	require.GreaterOrEqual(t, last, 2)
	assert.Equal(t, first[last].End, second[0].Start)
	assert.Equal(t, 10*us, first[1].Start-first[1].Queued, "parked, and unparked by a runner")
	assert.Equal(t, first[2].Queued, first[2].Start, "who yields is polled again at once")
	for _, f := range sc.Finished {
		assert.Equal(t, f.Task <= 2, f.Root)
		assert.Equal(t, scheduler.Outside, f.Spawner)
		assert.Equal(t, f.Root, f.FirstWorker == scheduler.Outside)
	}
}
