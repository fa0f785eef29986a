// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What block_in_place does (schedulers.md 1.10).

func inPlace(d sim.Time) program.Step {
	return program.Step{Op: program.BlockInPlace, Duration: program.Constant(d)}
}

// threadStart is how long the pool needs for a new thread, here.
const threadStart = 50 * us

func startInPlace(t *testing.T) *bench {
	t.Helper()
	return start(t, 1, cost.Profile{ThreadStart: cost.Latency{Median: threadStart}})
}

// TestTheWorkerGoesOnElsewhere: on a thread of the pool, once that has started. The task keeps its own thread.
func TestTheWorkerGoesOnElsewhere(t *testing.T) {
	b := startInPlace(t)
	b.spawn(inPlace(ms))
	b.spawn(compute(10 * us))
	b.sim.Run(10 * ms)
	other := b.pollsOf(2)[0]
	assert.Equal(t, threadStart, other.Start)
	assert.Equal(t, 1, other.Thread)
	assert.Zero(t, other.Worker)
	task := b.pollsOf(1)[0]
	assert.True(t, task.InPlace)
	assert.Zero(t, task.Thread)
	assert.Equal(t, ms, task.End)
	assert.Equal(t, 2, b.pool.Threads())
	assert.Equal(t, 1, b.pool.Idle(), "the task's thread is the pool's")
}

// TestAShortBlockTakesTheWorkerBack, and the thread that comes too late finds nothing to do.
func TestAShortBlockTakesTheWorkerBack(t *testing.T) {
	b := startInPlace(t)
	b.spawn(inPlace(10*us), spawn(1, compute(us)))
	b.spawn(compute(us))
	b.sim.Run(10 * ms)
	task := b.pollsOf(1)[0]
	assert.False(t, task.InPlace)
	assert.Equal(t, 10*us, task.End)
	assert.Equal(t, scheduler.FromLIFO, b.pollsOf(3)[0].Source, "spawned by the worker")
	assert.Equal(t, 11*us, b.pollsOf(2)[0].Start)
	for _, p := range b.polls {
		assert.Zero(t, p.Thread)
	}
	assert.Equal(t, 2, b.pool.Threads())
	assert.Equal(t, 1, b.pool.Idle())
}

// TestWithoutAWorkerTasksGoToTheInjectQueue, the task itself included.
func TestWithoutAWorkerTasksGoToTheInjectQueue(t *testing.T) {
	b := startInPlace(t)
	b.spawn(inPlace(ms), spawn(1, compute(us)), yield, compute(us))
	b.sim.Run(10 * ms)
	c := b.Counters()
	assert.EqualValues(t, 3, c.RemoteSchedules, "the task, what it spawned, and again after its yield")
	assert.Zero(t, c.Workers[0].LocalSchedules)
	assert.Equal(t, scheduler.FromGlobal, b.pollsOf(2)[0].Source)
	second := b.pollsOf(1)[1]
	assert.Equal(t, ms, second.Queued, "nobody to give way to: woken at once")
	assert.Equal(t, 1, second.Thread)
}

// TestBlockingAgainKeepsTheThread: there is no worker to hand on.
func TestBlockingAgainKeepsTheThread(t *testing.T) {
	b := startInPlace(t)
	b.spawn(inPlace(ms), inPlace(ms))
	b.sim.Run(10 * ms)
	assert.Equal(t, 2*ms, b.pollsOf(1)[0].End)
	assert.Equal(t, 2, b.pool.Threads())
}

// TestWhatTheWorkerHoldsCanBeStolen while it has no thread: the LIFO slot's task moves to the run queue.
func TestWhatTheWorkerHoldsCanBeStolen(t *testing.T) {
	b := start(t, 2, cost.Profile{ThreadStart: cost.Latency{Median: ms}, WakeLatency: cost.Latency{Median: us}, WakeDriverLatency: cost.Latency{Median: us}})
	b.spawn(spawn(1, compute(us)), spawn(1, compute(us)), inPlace(500*us))
	b.sim.Run(10 * ms)
	for task := range uint64(2) {
		assert.Less(t, b.pollsOf(2 + task)[0].Start, 20*us, "task %d", 2+task)
		assert.Equal(t, 1, b.pollsOf(2 + task)[0].Worker)
	}
}

// TestBlockingInPlaceWakesTheDeferred: their worker will not look at the driver for a while.
func TestBlockingInPlaceWakesTheDeferred(t *testing.T) {
	b := startInPlace(t)
	b.spawn(yield, compute(us))
	b.spawn(inPlace(ms))
	b.sim.Run(10 * ms)
	require.Len(t, b.pollsOf(1), 2)
	assert.Zero(t, b.pollsOf(1)[1].Queued)
}

// TestTheBudgetIsThatOfTheTask: it neither grows nor shrinks by blocking.
func TestTheBudgetIsThatOfTheTask(t *testing.T) {
	b := startInPlace(t)
	b.spawn(concat(times(100, socket(0)), one(inPlace(ms)), times(29, socket(0)))...)
	b.sim.Run(10 * ms)
	assert.EqualValues(t, 1, b.finish(1).ForcedYields)
}

func TestMaxBlockingThreads(t *testing.T) {
	for _, limit := range []int{0, 2} {
		b := startWith(t, Config{Workers: 1, MaxBlockingThreads: limit})
		for range 5 {
			b.spawn(program.Step{Op: program.SpawnBlocking, Duration: program.Constant(ms)})
		}
		b.sim.Run(ms / 2)
		want := 5
		if limit > 0 {
			want = limit
		}
		assert.Equal(t, 1+want, b.pool.Threads(), "the worker's beside them")
	}
}

// TestThreadsAreTold: on_thread_start and on_thread_stop, for workers and blocking threads alike.
func TestThreadsAreTold(t *testing.T) {
	var s sim.Simulation
	var told []scheduler.Thread
	rt := check.Must(New(&s, Config{Workers: 2, Costs: cost.Profile{ThreadStart: cost.Latency{Median: threadStart}}},
		scheduler.Observer{Thread: func(th *scheduler.Thread) { told = append(told, *th) }}))
	s.Run(ms)
	check.Must(rt.Spawn(steps(program.Step{Op: program.SpawnBlocking, Duration: program.Constant(ms)}), 0, 0))
	s.Run(20_000 * ms)
	assert.Equal(t, []scheduler.Thread{
		{Thread: 0, Started: true},
		{Thread: 1, Started: true},
		{Thread: 2, Started: true, At: ms + threadStart},
		{Thread: 2, At: 2*ms + threadStart + 10_000*ms},
	}, told)
}

// TestThreadsShareTheCPUs: two workers on one CPU take turns, and the blocking pool with them.
func TestThreadsShareTheCPUs(t *testing.T) {
	end := func(cpus int, s ...program.Step) sim.Time {
		b := &bench{}
		b.Runtime = check.Must(New(&b.sim, Config{Workers: 2, Seed: 1, Process: &process.Process{Host: host.New(&b.sim, host.Config{CPUs: cpus})}}, b.observer()))
		b.spawn(s...)
		b.spawn(compute(20 * ms))
		b.sim.Run(1000 * ms)
		return max(b.finish(1).End, b.finish(2).End)
	}
	closure := program.Step{Op: program.SpawnBlocking, Duration: program.Constant(20 * ms)}
	file := program.Step{Op: program.File, Duration: program.Constant(20 * ms)}
	blocked := program.Step{Op: program.Block, Duration: program.Constant(20 * ms)}
	assert.Equal(t, 20*ms, end(2, compute(20*ms)))
	assert.Equal(t, 40*ms, end(1, compute(20*ms)))
	assert.Equal(t, 40*ms, end(1, closure), "closures compute")
	assert.Equal(t, 23*ms, end(1, file), "a disk does not, once its thread has waited for a slice to start")
	assert.Equal(t, 20*ms, end(1, blocked), "nor does a thread in a system call")
}

// TestThreadsAreNumberedPastSixteenBits: bursts far enough apart that the pool's threads end in between. Each thread has a number of
// its own, and no task takes one of them for the main thread's.
func TestThreadsAreNumberedPastSixteenBits(t *testing.T) {
	var s sim.Simulation
	last, lowest, outside, children := 0, 0, 0, 0
	rt := check.Must(New(&s, Config{Workers: 4, MaxBlockingThreads: 2500, Seed: 1}, scheduler.Observer{
		Poll: func(p *scheduler.Poll) { last, lowest = max(last, p.Thread), min(lowest, p.Thread) },
		Finished: func(f *scheduler.Finished) {
			if len(f.Program.Steps) == 1 { // a child
				children++
				if f.Root {
					outside++
				}
			}
		},
	}))
	p := steps(inPlace(sim.Time(time.Second)), spawn(1, compute(1000)))
	for range 30 {
		for range 2400 {
			check.Must(rt.Spawn(p, 0, sim.Stream(1)))
		}
		s.Run(s.Now() + sim.Time(15*time.Second))
	}
	assert.Zero(t, lowest)
	assert.Greater(t, last, 70_000)
	assert.Equal(t, 30*2400, children)
	assert.Zero(t, outside)
}
