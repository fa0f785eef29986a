// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// ample is a quota that no test uses up, so that each CPU has its queue.
var ample = Quota{CPUs: 10}

// scene is a host whose threads wake, rouse and sleep as a test says. Thread i was last on CPU i modulo the CPUs.
type scene struct {
	sim.Simulation
	*Host
	threads []*Thread
}

func newScene(cpus, threads int, q Quota) *scene {
	s := &scene{}
	s.Host = New(&s.Simulation, Config{CPUs: cpus, Quota: q})
	target := s.Register(s)
	for i := range threads {
		s.threads = append(s.threads, s.NewThread(&s.Simulation, s, target, 0, uint64(i)))
	}
	return s
}

// Handle implements sim.Handler: a thread computes for longer than any test takes.
func (s *scene) Handle(ev sim.Event) { s.threads[ev.Arg].Run(3600_000 * ms) }

// compute lets a thread wake and compute. It reports whether the thread runs at once.
func (s *scene) compute(i int) bool {
	runs := s.threads[i].WakeNow()
	if runs {
		s.Handle(sim.Event{Arg: uint64(i)})
	}
	return runs
}

func (s *scene) running(cpu int) *Thread { return s.queues.cpus[cpu].running }

func TestAThreadWakesWhereItRanLast(t *testing.T) {
	s := newScene(3, 3, ample)
	s.Run(1)
	for _, i := range []int{2, 0, 1} {
		require.True(t, s.compute(i))
		assert.Same(t, s.threads[i], s.running(i))
	}
	s.Run(2)
	s.threads[1].Sleep()
	s.threads[0].Sleep()
	s.Run(3)
	require.True(t, s.compute(1))
	assert.Same(t, s.threads[1], s.running(1), "although the other CPU was idle last")
}

// TestAThreadFindsAnotherIdleCPU: the next one, from the one on which it ran last.
func TestAThreadFindsAnotherIdleCPU(t *testing.T) {
	s := newScene(4, 8, ample)
	s.Run(1)
	require.True(t, s.compute(2))
	require.True(t, s.compute(6)) // ran on CPU 2, too
	assert.Same(t, s.threads[6], s.running(3))
	require.True(t, s.compute(3))
	assert.Same(t, s.threads[3], s.running(0))
}

// TestOnABusyMachineItLooksAtFewCPUs: at 85 % of the time at none, so a thread waits while a CPU is idle.
func TestOnABusyMachineItLooksAtFewCPUs(t *testing.T) {
	busy := func(until sim.Time) *scene {
		s := newScene(2, 3, ample)
		s.Run(1)
		require.True(t, s.compute(0))
		require.True(t, s.compute(1))
		s.Run(until)
		s.threads[1].Sleep()
		return s
	}
	s := busy(10 * ms)
	assert.True(t, s.compute(2), "of late the CPUs were busy for a fifth of the time")
	assert.Same(t, s.threads[2], s.running(1))
	s = busy(100 * ms)
	assert.False(t, s.compute(2), "for nine tenths")
	assert.Nil(t, s.running(1))
	assert.Equal(t, 1, s.Waiting())
}

func TestLoad(t *testing.T) {
	var l load
	const half = 32 * 1024 * 1024 // ns
	assert.InDelta(t, 0.5, l.to(half, true), 1e-9)
	assert.InDelta(t, 0.75, l.to(2*half, true), 1e-9)
	assert.InDelta(t, 0.375, l.to(3*half, false), 1e-9)
	assert.InDelta(t, 0.375, l.to(3*half, true), 1e-9)
}

// TestALoadMovesWithItsThread to another CPU.
func TestALoadMovesWithItsThread(t *testing.T) {
	s := newScene(2, 3, ample)
	require.True(t, s.compute(0))
	s.Run(100 * ms)
	s.threads[0].Sleep()
	require.True(t, s.threads[2].WakeNow())
	s.queues.move(s.threads[0], 1, 100*ms)
	assert.InDelta(t, 0.87, s.queues.cpus[1].load.share, 0.01)
	assert.InDelta(t, 0, s.queues.cpus[0].load.share, 1e-9)
}

// TestTicksTakeTurns: who has had a slice loses the CPU at a tick.
func TestTicksTakeTurns(t *testing.T) {
	s, _, _, stats := play(within(1, ample), 0, []do{{run: 9 * ms}}, []do{{run: 5 * ms}})
	// a 0-4, b 4-8, a 8-12, b 12-13, a 13-14
	assert.Equal(t, []sim.Time{0, 14 * ms}, s[0].at)
	assert.Equal(t, []sim.Time{4 * ms, 13 * ms}, s[1].at)
	assert.Equal(t, Stats{Busy: 14 * ms, Waited: (4 + 4 + 4 + 1) * ms, LongestWait: 4 * ms, Preemptions: 3, Periods: 2}, stats)

	s, _, _, _ = play(within(1, ample), 0, []do{{sleep: 35 * ms / 10}, {run: 9 * ms}}, []do{{sleep: 36 * ms / 10}, {run: ms}})
	assert.Equal(t, 8*ms, s[1].at[1], "at 4 ms a has had no slice yet: 0.7 ms")
}

// TestAWokenThreadPreempts one that has had its slice, at once.
func TestAWokenThreadPreempts(t *testing.T) {
	for after, begins := range map[sim.Time]sim.Time{7 * ms / 10: 7 * ms / 10, 6 * ms / 10: 4 * ms} {
		s, _, _, _ := play(within(1, ample), after, []do{{run: 9 * ms}}, []do{{run: ms}})
		assert.Equal(t, begins, s[1].at[0])
	}
}

func TestBaseSlice(t *testing.T) {
	for cpus, want := range map[int]sim.Time{1: 700_000, 2: 1_400_000, 3: 1_400_000, 4: 2_100_000, 8: 2_800_000, 64: 2_800_000} {
		assert.Equal(t, want, baseSlice(cpus), cpus)
	}
}

// crowd is two threads on CPU 0, of which one waits since the time given, having slept for half a millisecond or less than that, while
// thread 1 computes on CPU 1.
func crowd(t *testing.T, slept sim.Time) *scene {
	t.Helper()
	s := newScene(2, 3, ample)
	s.Run(1)
	require.True(t, s.compute(0))
	require.True(t, s.compute(1))
	s.Run(100 * ms) // so the kernel looks for no idle CPU
	s.threads[0].Sleep()
	require.True(t, s.threads[2].WakeNow())
	s.Run(101 * ms)
	s.threads[2].Sleep()
	require.True(t, s.compute(0))
	s.Run(101*ms + slept)
	require.False(t, s.compute(2))
	s.queues.cpus[1].fetches.ratio = sides // it looks each time that it becomes idle
	return s
}

// TestAnIdleCPUFetchesAThread: not one that the caches of the other CPU may know.
func TestAnIdleCPUFetchesAThread(t *testing.T) {
	for slept, fetched := range map[sim.Time]bool{ms / 2: true, ms/2 - 1: false} {
		s := crowd(t, slept)
		s.threads[1].Sleep()
		assert.Equal(t, fetched, s.running(1) != nil, slept)
	}
}

// TestAnIdleCPULooksAsOftenAsThatSucceeds: the kernel saves the time of looking in vain.
func TestAnIdleCPULooksAsOftenAsThatSucceeds(t *testing.T) {
	for _, succeeds := range []float64{0, 0.2, 0.5, 1} {
		f := fetches{calls: sides / 2, dice: sim.Stream(1)}
		own := sim.Stream(2)
		looked := 0
		for i := range 400_000 {
			weight, looks := f.tries()
			switch {
			case !looks:
				continue
			case own.Float64() < succeeds:
				f.count(weight)
			default:
				f.count(0)
			}
			if i >= 200_000 {
				looked++
			}
		}
		assert.InDelta(t, succeeds+2./sides, float64(looked)/200_000, 0.2*succeeds+0.001, succeeds)
	}

	s := crowd(t, ms/2)
	s.queues.cpus[1].fetches.ratio = -2 // never
	s.threads[1].Sleep()
	assert.Nil(t, s.running(1))
}

// TestAThreadThatHadMoreLingers: it wakes on the CPU where it went to sleep before another that waited, until the next tick, though the other CPU
// is idle.
func TestAThreadThatHadMoreLingers(t *testing.T) {
	for wakes, cpu := range map[sim.Time]int32{104*ms - 1: 0, 104 * ms: 1} {
		s := crowd(t, ms/10)
		s.threads[1].Sleep()
		s.Run(103 * ms)
		require.Same(t, s.threads[0], s.running(0))
		s.threads[0].Sleep()
		require.Same(t, s.threads[2], s.queues.cpus[0].running)
		s.queues.cpus[0].load.share, s.queues.cpus[1].load.share = 0, 0 // so that the thread finds an idle CPU
		s.Run(wakes)
		assert.Equal(t, cpu == 1, s.compute(0), wakes)
		assert.Equal(t, cpu, s.threads[0].cpu, wakes)
	}
}

// TestATickMovesAThread that waits, to a CPU that is idle; one that ran of late at the third tick.
func TestATickMovesAThread(t *testing.T) {
	s := crowd(t, ms/10)
	s.threads[1].Sleep()
	require.Nil(t, s.running(1))
	// At 104, 108 and 112 the threads take turns on CPU 0, so the one that waits has just run.
	s.Run(112*ms - 1)
	assert.Nil(t, s.running(1))
	s.Run(112 * ms)
	assert.NotNil(t, s.running(1))
	assert.Zero(t, s.Waiting())

	s = crowd(t, ms/10)
	s.threads[1].Sleep()
	s.threads[0].Sleep() // thread 2 has CPU 0
	s.Run(103*ms + ms/2)
	require.False(t, s.compute(0))
	s.Run(104 * ms)
	assert.Same(t, s.threads[0], s.running(0), "it took the CPU at once")
}

// TestAVisitorHasACPU: it comes to the one where it was, or another idle one. What it wakes there gets that CPU when it leaves, unless the
// caches of the CPU where the thread ran may know the thread, and there is as much load here.
func TestAVisitorHasACPU(t *testing.T) {
	s := newScene(2, 4, ample)
	s.Run(1)
	require.True(t, s.compute(0))
	s.Run(10)
	require.EqualValues(t, 7, s.Visit(func() sim.Time { return 7 }))
	assert.EqualValues(t, 1, s.queues.visitor, "CPU 0 is taken")
	assert.False(t, s.queues.cpus[1].held)
	s.threads[0].Sleep()
	s.Visit(func() sim.Time { return 0 })
	assert.EqualValues(t, 1, s.queues.visitor, "where it was")

	// Thread 0 has CPU 0 again, where thread 2 ran last, too. There is less load on the visitor's CPU.
	require.True(t, s.compute(0))
	s.Run(10 * ms)
	s.Visit(func() sim.Time { return s.threads[2].Rouse() })
	assert.True(t, s.threads[2].roused)
	assert.EqualValues(t, 1, s.threads[2].cpu)
	require.True(t, s.threads[2].WakeNow())
	s.threads[2].Run(90 * ms)
}

// TestAVisitorsThreadIsFetched: a thread that is woken from CPU 0, and goes to the one where it ran for long, as another is there that has run
// for no time at all. The visitor's CPU fetches it, if the kernel looks and the caches do not know it any more.
func TestAVisitorsThreadIsFetched(t *testing.T) {
	for _, tt := range []struct {
		slept, others sim.Time // others: what the thread has computed that has the CPU
		looks         int
		fetched       bool
	}{
		{ms / 2, ms / 4, sides, true},
		{ms / 2, ms / 4, -2, false},
		{ms/2 - 1, ms / 4, sides, false},
		{2 * ms, 3 * ms / 2, sides, false}, // it takes the CPU at once
	} {
		s := newScene(2, 4, ample)
		require.True(t, s.compute(1))
		s.Run(100 * ms)
		s.threads[1].Sleep()
		s.Run(100*ms + tt.slept - tt.others)
		require.True(t, s.compute(3))
		s.Run(100*ms + tt.slept)
		s.queues.cpus[0].fetches.ratio = tt.looks
		s.Visit(func() sim.Time { return s.threads[1].Rouse() })
		assert.Equal(t, tt.fetched, s.threads[1].roused, tt)
		assert.Equal(t, !tt.fetched, s.threads[1].placed, tt)
		if tt.fetched {
			assert.True(t, s.threads[1].WakeNow())
			assert.Same(t, s.threads[1], s.running(0))
		}
	}
}

// TestAVisitorTakesNothing: if no CPU is idle it wakes threads as any thread does.
func TestAVisitorTakesNothing(t *testing.T) {
	s := newScene(1, 2, ample)
	s.Run(1)
	require.True(t, s.compute(0))
	s.Run(ms / 10)
	s.Visit(func() sim.Time { return s.threads[1].Rouse() })
	assert.True(t, s.threads[1].placed)
	assert.False(t, s.compute(1))
	assert.Same(t, s.threads[0], s.running(0))
}

// TestAllThreadsOfAThrottledCPUStop: those that wait there, too, and what wakes there, as the CPU is idle.
func TestAllThreadsOfAThrottledCPUStop(t *testing.T) {
	s := newScene(1, 3, Quota{CPUs: 0.03})
	require.True(t, s.compute(0))
	require.False(t, s.compute(1))
	s.Run(3 * ms)
	assert.Equal(t, 1, s.Waiting())
	assert.False(t, s.Stopped(0))
	s.Run(5 * ms)
	assert.Zero(t, s.Waiting())
	assert.True(t, s.Stopped(0))
	s.Run(10 * ms)
	assert.False(t, s.compute(2))
	s.Run(101 * ms)
	assert.Same(t, s.threads[0], s.running(0))
	assert.Equal(t, 2, s.Waiting())
	stats := s.Stats()
	assert.Equal(t, 96*ms, stats.Throttled)
	assert.Equal(t, (96+96+90)*ms, stats.Stopped)
	assert.Equal(t, 4*ms, stats.Waited, "of the second for the first")
}

// TestAThrottledCPUFetchesNoThread: it is idle, and one waits elsewhere.
func TestAThrottledCPUFetchesNoThread(t *testing.T) {
	s := crowd(t, ms/2)
	s.bandwidth.local = []sim.Time{50 * ms, 0}
	s.bandwidth.pool = 0
	s.threads[1].Sleep()
	assert.True(t, s.bandwidth.out[1])
	assert.Nil(t, s.running(1))
	s.Run(130 * ms)
	assert.Nil(t, s.running(1), "nor at a tick")
	assert.False(t, s.Stopped(1))
	assert.NotNil(t, s.running(0))
}
