// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestIsTheMultiServerQueue holds the runtime against queueing theory, to the nanosecond.
func TestIsTheMultiServerQueue(t *testing.T) {
	for _, workers := range []int{1, 2, 8, 64} {
		for _, load := range check.Loads(workers) {
			t.Run(fmt.Sprintf("%d workers/%s", workers, load.Name), func(t *testing.T) {
				waited, err := load.CheckCoupling(func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
					return check.Must(New(s, Config{Workers: workers}, o))
				}, workers)
				require.NoError(t, err)
				assert.Greater(t, waited, load.Tasks/10, "a queue that says little")
			})
		}
	}
}

const (
	us = sim.Time(time.Microsecond)
	ms = sim.Time(time.Millisecond)
)

// scenario is a runtime with an event log.
type scenario struct {
	*Runtime
	check.Log
	sim sim.Simulation
}

func start(workers int) *scenario {
	sc := &scenario{}
	sc.Runtime = check.Must(New(&sc.sim, Config{Workers: workers}, sc.Observer()))
	return sc
}

// spawn starts a task from outside, now.
func (sc *scenario) spawn(s ...program.Step) {
	check.Must(sc.Spawn(&program.Program{Steps: s}, 0, sim.Stream(1)))
}

func compute(d sim.Time) program.Step {
	return program.Step{Op: program.Compute, Duration: program.Constant(d)}
}

func children(n int, s ...program.Step) program.Step {
	return program.Step{Op: program.Spawn, Child: &program.Program{Steps: s}, Count: n}
}

var (
	yield = program.Step{Op: program.Yield}
	join  = program.Step{Op: program.Join}
)

// place is where and when a poll started.
type place struct {
	task   uint64
	worker int
	start  sim.Time
}

// places lists the polls by their ends.
func (sc *scenario) places() []place {
	var places []place
	for _, p := range sc.Polls {
		places = append(places, place{p.Task, p.Worker, p.Start})
	}
	return places
}

func TestTheWorkerIdleLongestIsNext(t *testing.T) {
	sc := start(3)
	sc.spawn(compute(4 * us))
	sc.spawn(compute(2 * us))
	sc.sim.Run(us)
	sc.spawn(compute(2 * us)) // worker 2 was idle; worker 1 is from 2 us on, worker 2 from 3 us on
	sc.sim.Run(5 * us)
	for range 4 {
		sc.spawn(compute(us))
	}
	sc.sim.Run(ms)
	require.NoError(t, sc.Check(sc))
	assert.Equal(t, []place{{2, 1, 0}, {3, 2, us}, {1, 0, 0}, {4, 1, 5 * us}, {5, 2, 5 * us}, {6, 0, 5 * us}, {7, 1, 6 * us}}, sc.places())
	c := sc.Counters()
	assert.EqualValues(t, 7, c.RemoteSchedules)
	assert.Equal(t, scheduler.WorkerCounters{Polls: 3, Parks: 2, Busy: 4 * us, Parked: ms - 4*us}, c.Workers[1])
	assert.Equal(t, ThreadName, sc.ThreadName(2))
	assert.Equal(t, "main", sc.ThreadName(scheduler.Outside))
	assert.Equal(t, 1, start(0).Workers())
}

func TestYieldGoesToTheTail(t *testing.T) {
	sc := start(1)
	sc.spawn(compute(us), yield, compute(us), yield)
	sc.spawn(compute(us))
	sc.spawn(compute(us))
	sc.sim.Run(ms)
	require.NoError(t, sc.Check(sc))
	// When task 1 yields for the second time, nobody is queued.
	assert.Equal(t, []uint64{1, 2, 3, 1, 1}, sc.Order())
	assert.Equal(t, 4*us, sc.Polls[4].Start)
}

func TestWaitsEndExactly(t *testing.T) {
	for _, op := range []program.Op{program.Sleep, program.IO} {
		t.Run(op.String(), func(t *testing.T) {
			sc := start(2)
			sc.sim.Run(300 * us)
			wait := func(d sim.Time) program.Step { return program.Step{Op: op, Duration: program.Constant(d)} }
			sc.spawn(wait(1), compute(us), wait(ms), wait(0), compute(us))
			sc.sim.Run(10 * ms)
			require.NoError(t, sc.Check(sc))
			require.Len(t, sc.Polls, 3) // a wait of no time is none
			assert.Equal(t, 300*us+1, sc.Polls[1].Start)
			assert.Equal(t, 301*us+1+ms, sc.Polls[2].Start)
			assert.Equal(t, 302*us+1+ms, sc.Finished[0].End)
			assert.Zero(t, sc.Finished[0].QueueWait)
		})
	}
}

func TestSpawnsRunAtOnceAndWakeTheJoiner(t *testing.T) {
	sc := start(3)
	sc.spawn(children(4, compute(10*us)), compute(us), join, compute(us))
	sc.sim.Run(ms)
	require.NoError(t, sc.Check(sc))
	const root = 1
	assert.Equal(t, []place{
		{root, 0, 0}, // spawns, computes, and awaits task 2
		{2, 1, 0},
		{3, 2, 0},
		{root, 2, 10 * us}, // task 2 ended, and task 5 was queued before; awaits task 4
		{4, 0, us},         // when the root gave its worker up
		{root, 2, 11 * us}, // awaits task 5
		{5, 1, 10 * us},
		{root, 0, 20 * us}, // workers 0 and 2 are idle since 11 us, in this order
	}, sc.places())
	assert.Equal(t, 21*us, sc.Finished[4].End)
}

func TestPollsOfOneInstantKeepTheOrderOfTheQueue(t *testing.T) {
	// The first poll spawns two tasks that take no time and spawn one each. Those come after both, whoever polls.
	for workers := 1; workers <= 5; workers++ {
		sc := start(workers)
		sc.spawn(children(2, children(1)))
		sc.sim.Run(us)
		require.NoError(t, sc.Check(sc))
		assert.Equal(t, []uint64{1, 2, 3, 4, 5}, sc.Order(), "%d workers", workers)
	}
}

// checkRandom plays a random load and holds the log against what makes this runtime ideal.
func checkRandom(t *testing.T, seed uint64) {
	t.Helper()
	r := sim.Stream(seed, 1)
	sc := start(1 + r.IntN(8))
	check.Play(&sc.sim, sc, seed)
	require.NoError(t, sc.Check(sc), "seed %d", seed)
	require.Zero(t, sc.IdleWhileQueued(sc.Workers()), "seed %d: work is not conserved", seed)

	counters := sc.Counters()
	busy := make([]sim.Time, sc.Workers())
	for _, p := range sc.Polls {
		busy[p.Worker] += p.End - p.Start
	}
	schedules := counters.RemoteSchedules
	for i, w := range counters.Workers {
		require.Equal(t, busy[i], w.Busy, "seed %d", seed)
		schedules += w.LocalSchedules
	}
	require.Len(t, sc.Polls, int(schedules), "seed %d: each schedule is followed by one poll", seed)

	byStart := slices.SortedFunc(slices.Values(sc.Polls), func(a, b scheduler.Poll) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Queued, b.Queued))
	})
	require.True(t, slices.IsSortedFunc(byStart, func(a, b scheduler.Poll) int { return cmp.Compare(a.Queued, b.Queued) }),
		"seed %d: not first in, first out", seed)
}

func TestRandomPrograms(t *testing.T) {
	for seed := range uint64(40) {
		checkRandom(t, seed)
	}
}

func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkRandom)
}

// BenchmarkSpawnAndRun simulates tasks that spawn 1000 tasks which compute and end: the price of one task, spawn to end.
func BenchmarkSpawnAndRun(b *testing.B) {
	const tasks = 1000
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var s sim.Simulation
			rt := check.Must(New(&s, Config{Workers: workers}, scheduler.Observer{}))
			p := &program.Program{Steps: []program.Step{children(tasks, compute(us)), join}}
			b.ReportAllocs()
			rounds := uint64(0)
			for b.Loop() {
				check.Must(rt.Spawn(p, 0, sim.Stream(rounds)))
				s.Run(s.Now() + 10*ms)
				rounds++
			}
			require.Zero(b, rt.Live())
			require.Equal(b, rounds*(tasks+1), rt.Counters().Finished)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*tasks), "ns/task")
			b.ReportMetric(float64(rounds*tasks)/b.Elapsed().Seconds()/1e6, "Mtasks/s")
		})
	}
}
