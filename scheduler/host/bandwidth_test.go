// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func within(n int, q Quota) func(*sim.Simulation) *Host {
	return func(s *sim.Simulation) *Host { return New(s, Config{CPUs: n, Quota: q}) }
}

func TestAThreadStopsUntilTheNextPeriod(t *testing.T) {
	s, _, _, stats := play(within(1, Quota{CPUs: 0.5}), 0, []do{{run: 120 * ms}})
	// runs 0-50, 100-150, 200-220
	assert.Equal(t, []sim.Time{0, 220 * ms}, s[0].at)
	// The third period ends with some of its quota used and nobody throttled, the fourth unused: then the timer stops.
	assert.Equal(t, Stats{Busy: 120 * ms, Throttled: 100 * ms, Periods: 4, ThrottledPeriods: 2}, stats)
}

func TestThePeriodAndItsPhase(t *testing.T) {
	s, _, _, _ := play(within(1, Quota{CPUs: 0.25, Period: 40 * ms, Phase: 15 * ms}), 0, []do{{run: 25 * ms}})
	// 10 ms a period; the periods begin at 15, 55, ...: runs 0-10, 15-25, 55-60
	assert.Equal(t, 60*ms, s[0].end())

	s, _, _, _ = play(within(1, Quota{CPUs: 0.25, Period: 40 * ms, Phase: 15 * ms}), 0, []do{{sleep: 16 * ms}, {run: 15 * ms}})
	// it fetches when it first wakes, and its CPU keeps 1 ms: runs 16-27, 55-59
	assert.Equal(t, 59*ms, s[0].end())
}

func TestCPUsShareTheQuota(t *testing.T) {
	s, _, _, stats := play(within(2, Quota{CPUs: 1}), 0, []do{{run: 80 * ms}}, []do{{run: 80 * ms}})
	// both run 0-50 and 100-130
	assert.Equal(t, 130*ms, s[0].end())
	assert.Equal(t, 130*ms, s[1].end())
	assert.Equal(t, 2*50*ms, stats.Throttled)
	assert.Zero(t, stats.Waited, "nobody waits for a CPU that others have")
	assert.EqualValues(t, 1, stats.ThrottledPeriods)
}

func TestEnoughQuotaIsNoLimit(t *testing.T) {
	for seed := range uint64(200) {
		r := sim.Stream(seed)
		threads := random(&r)
		n := 1 + r.IntN(3)
		_, want, _, _ := play(cpus(n), ms, threads...)
		_, got, _, stats := play(within(n, Quota{CPUs: float64(n) + 0.2, Phase: sim.Time(r.IntN(int(100 * ms)))}), ms, threads...)
		require.ElementsMatch(t, want, got, "seed %d", seed) // at one time in another order
		require.Zero(t, stats.Throttled, "seed %d", seed)
	}
}

// TestPortions: a CPU fetches 5 ms, or what there is. Who was throttled first is served first.
func TestPortions(t *testing.T) {
	s, _, _, stats := play(within(2, Quota{CPUs: 0.07}), 0, []do{{run: 10 * ms}}, []do{{run: 10 * ms}})
	// 7 ms a period. a: 0-5, 100-102, 200-203. b: 0-2, 100-105, 200-202, 300-301.
	assert.Equal(t, 203*ms, s[0].end())
	assert.Equal(t, 301*ms, s[1].end())
	assert.Equal(t, (95+98)*ms+(98+95+98)*ms, stats.Throttled)
}

// TestAnIdleCPUKeepsAMillisecond: it gives the rest back at once, so the other CPU finds it.
func TestAnIdleCPUKeepsAMillisecond(t *testing.T) {
	s, _, _, _ := play(within(2, Quota{CPUs: 0.1}), 0, []do{{run: ms}}, []do{{run: 20 * ms}})
	// a fetches 5 ms, uses 1, keeps 1 and gives 3 back. b: 5 of its own and these 3, 0-8; 100-110; 200-202
	assert.Equal(t, 202*ms, s[1].end())

	s, _, _, _ = play(within(1, Quota{CPUs: 0.1}), 0, []do{{run: 7 * ms}, {sleep: 13 * ms}, {run: 6 * ms}})
	// Keeping and giving back loses nothing: 0-7, 20-23, 100-103
	assert.Equal(t, 103*ms, s[0].end())
}

// TestAThrottledCPUFetchesNothing: what wakes there waits for the refill, although the pool has something again.
func TestAThrottledCPUFetchesNothing(t *testing.T) {
	s, _, _, _ := play(within(2, Quota{CPUs: 0.055}), 0,
		[]do{{run: ms}, {sleep: ms}, {run: 20 * ms}}, []do{{run: ms / 2}, {sleep: 2 * ms}, {run: ms / 2}})
	// a fetches 5 ms and b half a one, with which it empties the pool. a gives 3 back at 1 ms, which it fetches at 3 ms again. b wakes
	// at 2.5 ms.
	assert.Equal(t, []sim.Time{0, ms / 2, 100 * ms, 100*ms + ms/2}, s[1].at)
}

// TestAnIdleCPUIsThrottledToo: one that became idle with its last runtime.
func TestAnIdleCPUIsThrottledToo(t *testing.T) {
	_, _, _, stats := play(within(1, Quota{CPUs: 0.05}), 0, []do{{run: 5 * ms}})
	assert.Equal(t, Stats{Busy: 5 * ms, Periods: 3, ThrottledPeriods: 1}, stats)
}

// TestAThrottledCPUWaits: what wakes there waits.
func TestAThrottledCPUWaits(t *testing.T) {
	// a: runs 0-4, leaves 1 ms with its CPU. b: 0-5 and asleep, with an empty pool: its CPU is throttled.
	s, _, _, stats := play(within(2, Quota{CPUs: 0.1}), 0, []do{{run: 4 * ms}, {sleep: 100 * ms}}, []do{{run: 5 * ms}, {sleep: 10 * ms}, {run: ms}})
	assert.Equal(t, []sim.Time{0, 5 * ms, 100 * ms, 101 * ms}, s[1].at)
	assert.Equal(t, 85*ms, stats.Throttled, "while a thread was there")
	assert.Equal(t, uint64(1), stats.ThrottledPeriods)
}

// TestATimeSliceIsCPUTime: it does not pass while its thread is stopped.
func TestATimeSliceIsCPUTime(t *testing.T) {
	s, _, _, stats := play(within(1, Quota{CPUs: 0.05}), 0, []do{{run: 6 * ms}}, []do{{run: 3 * ms}})
	// a 0-3, b 3-5 and 100-101, a 101-104
	assert.Equal(t, 101*ms, s[1].end())
	assert.Equal(t, 104*ms, s[0].end())
	assert.Equal(t, 95*ms, stats.Throttled, "of the thread on the CPU")
	assert.Equal(t, 3*ms+98*ms, stats.Waited, "of b and a for each other")
	assert.EqualValues(t, 1, stats.Preemptions)
}

func TestBurst(t *testing.T) {
	todo := []do{{run: ms}, {sleep: 249 * ms}, {run: 150 * ms}}
	s, _, _, _ := play(within(1, Quota{CPUs: 0.5, Burst: 20 * ms}), 0, todo)
	// 1 ms with the CPU and 70 in the pool at 250; 50 more at 300: runs 250-371, and 400-429
	assert.Equal(t, 429*ms, s[0].end())

	s, _, _, _ = play(within(1, Quota{CPUs: 0.5}), 0, todo)
	// without: 1 and 50 at 250, 50 more at 300: runs 250-351, 400-449
	assert.Equal(t, 449*ms, s[0].end())
}

// TestUnusedPeriodsAreNotCounted: the timer stops after a period in which nothing was fetched, and keeps its times.
func TestUnusedPeriodsAreNotCounted(t *testing.T) {
	s, _, _, stats := play(within(1, Quota{CPUs: 0.5}), 0, []do{{run: 2 * ms}, {sleep: 1008 * ms}, {run: 60 * ms}})
	// 1 ms with the CPU and 50 in the pool at 1010: runs 1010-1061, 1100-1109
	assert.Equal(t, 1109*ms, s[0].end())
	assert.Equal(t, uint64(2+3), stats.Periods, "100, 200; 1100, 1200, 1300")
}

// TestSlackIsSharedOut: what idle CPUs give back goes to throttled ones after 5 ms, if it is more than a portion.
func TestSlackIsSharedOut(t *testing.T) {
	for name, c := range map[string]struct {
		short int // CPUs that give 3 ms each back
		quota float64
		end   sim.Time
	}{
		// The last CPU finds the pool empty. At 1 ms the others give back 6 ms: at 6 ms it gets 5 of them, and the last at once.
		"more than a portion": {2, 0.10, 6*ms + 6*ms},
		"a portion or less":   {1, 0.05, 201 * ms},
	} {
		todo := [][]do{}
		for range c.short {
			todo = append(todo, []do{{run: ms}})
		}
		s, _, _, _ := play(within(c.short+1, Quota{CPUs: c.quota}), 0, append(todo, []do{{run: 6 * ms}})...)
		assert.Equal(t, c.end, s[c.short].end(), name)
	}
}

// TestNoSlackBeforeARefill: less than 7 ms before a refill it is not worth while.
func TestNoSlackBeforeARefill(t *testing.T) {
	for refill, end := range map[sim.Time]sim.Time{8 * ms: 12 * ms, 8*ms - 1: 14*ms - 1} {
		s, _, _, _ := play(within(3, Quota{CPUs: 0.10, Phase: refill}), 0, []do{{run: ms}}, []do{{run: ms}}, []do{{run: 6 * ms}})
		assert.Equal(t, end, s[2].end(), refill)
	}
}

// TestAQuotaIsKept: no period has more CPU time than its quota, the burst and what the CPUs had left.
func TestAQuotaIsKept(t *testing.T) {
	for seed := range uint64(300) {
		r := sim.Stream(seed)
		n := 1 + r.IntN(4)
		q := Quota{CPUs: 0.05 + 1.5*r.Float64(), Phase: sim.Time(r.IntN(int(100 * ms)))}
		if r.IntN(2) == 0 {
			q.Burst = sim.Time(r.IntN(int(q.Time())))
		}
		var s sim.Simulation
		h := New(&s, Config{CPUs: n, Quota: q})
		asked := sim.Time(0)
		var scripts []*script
		for _, todo := range random(&r) {
			for i := range todo {
				todo[i].run *= 10
				asked += todo[i].run
			}
			sc := &script{todo: todo, log: new([]entry)}
			sc.Thread = h.NewThread(&s, sc, s.Register(sc), 0, 0)
			sc.Wake(0)
			scripts = append(scripts, sc)
		}
		before, all := sim.Time(0), sim.Time(0)
		for at := q.Phase; at < 60_000*ms; at += DefaultPeriod {
			s.Run(at - 1)
			used := h.stats.Busy
			for _, running := range h.running {
				if running.computes {
					used += s.Now() - running.since
				}
			}
			if most := q.Time() + q.Burst + sim.Time(n)*portion; used-before > most {
				t.Fatalf("seed %d: %v used in the period before %v; at most %v", seed, used-before, at, most)
			}
			before = used
		}
		for _, sc := range scripts {
			require.Empty(t, sc.todo, "seed %d", seed)
			all = max(all, sc.end())
		}
		require.Equal(t, asked, h.Stats().Busy, "seed %d", seed)
		periods := all/DefaultPeriod + 2
		require.LessOrEqual(t, asked, periods*q.Time()+q.Burst, "seed %d", seed)
		require.LessOrEqual(t, h.Stats().Throttled, sim.Time(n)*all, "seed %d", seed)
	}
}

func TestNothingIsAllocatedUnderAQuota(t *testing.T) {
	var s sim.Simulation
	h := New(&s, Config{CPUs: 2, Slice: ms, Quota: Quota{CPUs: 0.5}})
	busy := &spinner{}
	for range 6 {
		th := h.NewThread(&s, busy, s.Register(busy), 0, uint64(len(busy.threads)))
		busy.threads = append(busy.threads, th)
		th.Wake(0)
	}
	s.Run(300 * ms)
	assert.Zero(t, testing.AllocsPerRun(10, func() { s.Run(s.Now() + 10*ms) }))
	assert.NotZero(t, h.Stats().Throttled)
}
