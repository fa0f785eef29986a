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
	// The quota is used up at 50, and the CPU sees it at 52: runs 0-52, 100-148, 200-220.
	assert.Equal(t, []sim.Time{0, 220 * ms}, s[0].at)
	// The third period ends with some of its quota used and nobody throttled, the fourth unused: then the timer stops.
	assert.Equal(t, Stats{Busy: 120 * ms, Throttled: 100 * ms, Stopped: 100 * ms, Periods: 4, ThrottledPeriods: 2}, stats)
}

func TestThePeriodAndItsPhase(t *testing.T) {
	s, _, _, _ := play(within(1, Quota{CPUs: 0.25, Period: 40 * ms, Phase: 15 * ms}), 0, []do{{run: 25 * ms}})
	// 10 ms a period; the periods begin at 15, 55, ...: runs 0-12, 15-24, 55-59
	assert.Equal(t, 59*ms, s[0].end())

	s, _, _, _ = play(within(1, Quota{CPUs: 0.25, Period: 40 * ms, Phase: 15 * ms}), 0, []do{{sleep: 16 * ms}, {run: 15 * ms}})
	// it fetches when it first wakes, and its CPU keeps 1 ms: runs 16-28, 55-58
	assert.Equal(t, 58*ms, s[0].end())
}

func TestCPUsShareTheQuota(t *testing.T) {
	s, _, _, stats := play(within(2, Quota{CPUs: 1}), 0, []do{{run: 80 * ms}}, []do{{run: 80 * ms}})
	// At 48 both are 3 ms behind and 10 ms are left: a gets 8 of them and runs to 56, b stops, 1 ms behind. From 100 on they have what they need.
	assert.Equal(t, 124*ms, s[0].end())
	assert.Equal(t, 132*ms, s[1].end())
	assert.Equal(t, (44+52)*ms, stats.Throttled)
	assert.Zero(t, stats.Waited, "nobody waits for a CPU that others have")
	assert.EqualValues(t, 1, stats.ThrottledPeriods)
}

// TestEnoughQuotaIsNoLimit: a thread alone does not see it, and several are not throttled.
func TestEnoughQuotaIsNoLimit(t *testing.T) {
	for seed := range uint64(200) {
		r := sim.Stream(seed)
		threads := random(&r)
		n := 1 + r.IntN(3)
		q := Quota{CPUs: float64(n) + 0.2, Phase: sim.Time(r.IntN(int(100 * ms)))}
		_, want, _, _ := play(unlimited, ms, threads[0])
		_, got, _, _ := play(within(n, q), ms, threads[0])
		require.Equal(t, want, got, "seed %d", seed)
		_, _, _, unbound := play(cpus(n), ms, threads...)
		_, _, _, stats := play(within(n, q), ms, threads...)
		require.Zero(t, stats.Throttled, "seed %d", seed)
		require.Equal(t, unbound.Busy, stats.Busy, "seed %d", seed)
	}
}

// TestPortions: a CPU fetches 5 ms, or what there is.
func TestPortions(t *testing.T) {
	s, _, _, stats := play(within(2, Quota{CPUs: 0.07}), 0, []do{{run: 10 * ms}}, []do{{run: 10 * ms}})
	// 7 ms a period: 5 for a and 2 for b. b stops at 4, 2 ms behind, and a at 8, 3 ms behind. At 100 they pay that, and 2 ms are left: a ends
	// at 102, and takes them, as it has no more than its nanosecond. b stops at 104, and at 200 has the last 2 ms.
	assert.Equal(t, 102*ms, s[0].end())
	assert.Equal(t, 202*ms, s[1].end())
	assert.Equal(t, (100-8)*ms+(100-4)*ms+(200-104)*ms, stats.Throttled)
}

// TestWhoRanOutFirst is served first.
func TestWhoRanOutFirst(t *testing.T) {
	s, _, _, _ := play(within(2, Quota{CPUs: 0.02}), 0, []do{{run: 10 * ms}}, []do{{run: ms}})
	// a takes all 2 ms, so b is throttled at once. a stops at 4, 2 ms behind. At 100 b needs nothing but a nanosecond, without which a has too
	// little.
	assert.Equal(t, []sim.Time{100 * ms, 101 * ms}, s[1].at)
	assert.Equal(t, sim.Time(0), s[0].at[0])
	assert.Greater(t, s[0].end(), 300*ms)
}

// TestACPUOwesWhatItRanTooLong, and pays that before it runs again.
func TestACPUOwesWhatItRanTooLong(t *testing.T) {
	s, _, _, stats := play(within(1, Quota{CPUs: 0.01}), 0, []do{{run: 10 * ms}})
	// 1 ms a period: 0-4, 3 ms behind. These are paid at 100, 200 and 300, and at 400 there is a nanosecond more: 400-404, 3 ms behind; 800-802,
	// 1 ms behind, until 1000.
	assert.Equal(t, 802*ms, s[0].end())
	assert.EqualValues(t, 10, stats.ThrottledPeriods)
}

// TestTicks: a CPU that ran out sees it every 4 ms, or when its thread leaves.
func TestTicks(t *testing.T) {
	for run, stops := range map[sim.Time]bool{7 * ms: false, 8*ms + 1: true} {
		s, _, _, _ := play(within(1, Quota{CPUs: 0.05}), 0, []do{{run: run}})
		assert.Equal(t, stops, s[0].end() > 100*ms, run)
	}
	_, _, _, stats := play(within(1, Quota{CPUs: 0.05}), 0, []do{{run: 7 * ms}})
	assert.EqualValues(t, 1, stats.ThrottledPeriods, "it was 2 ms behind when its thread left")
}

// TestAnIdleCPUKeepsAMillisecond: it gives the rest back at once, so the other CPU finds it.
func TestAnIdleCPUKeepsAMillisecond(t *testing.T) {
	s, _, _, _ := play(within(2, Quota{CPUs: 0.105}), 0, []do{{run: ms}}, []do{{run: 11 * ms}})
	// a fetches 5 ms, uses 1, keeps 1 and gives 3 back. At 8 b is 3 ms behind, and there are 3.5: it runs on to the next tick.
	assert.Equal(t, 11*ms, s[1].end())

	s, _, _, _ = play(within(1, Quota{CPUs: 0.1}), 0, []do{{run: 7 * ms}, {sleep: 13 * ms}, {run: 6 * ms}})
	// Keeping and giving back loses nothing: 0-7, and 3 ms are left: 20-24, 1 ms behind; 100-102
	assert.Equal(t, 102*ms, s[0].end())
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

func TestBurst(t *testing.T) {
	todo := []do{{run: ms}, {sleep: 249 * ms}, {run: 149 * ms}}
	s, _, _, _ := play(within(1, Quota{CPUs: 0.5, Burst: 20 * ms}), 0, todo)
	// 1 ms with the CPU and 70 in the pool at 250. At 300 24 are in the pool, and 50 come, of which 4 are too many; the CPU is 3 behind:
	// runs 250-368, and 400-431
	assert.Equal(t, 431*ms, s[0].end())

	s, _, _, _ = play(within(1, Quota{CPUs: 0.5}), 0, todo)
	// without: 1 and 50 at 250; 50 at 300, 3 behind: runs 250-348, 400-451
	assert.Equal(t, 451*ms, s[0].end())
}

// TestUnusedPeriodsAreNotCounted: the timer stops after a period in which nothing was fetched, and keeps its times.
func TestUnusedPeriodsAreNotCounted(t *testing.T) {
	s, _, _, stats := play(within(1, Quota{CPUs: 0.5}), 0, []do{{run: 2 * ms}, {sleep: 1008 * ms}, {run: 60 * ms}})
	// 1 ms with the CPU and 50 in the pool at 1010: runs 1010-1064, 3 ms behind, and 1100-1106
	assert.Equal(t, 1106*ms, s[0].end())
	assert.Equal(t, uint64(2+3), stats.Periods, "100, 200; 1100, 1200, 1300")
}

// TestSlackIsSharedOut: what idle CPUs give back goes to throttled ones after 5 ms, if it is more than a portion.
func TestSlackIsSharedOut(t *testing.T) {
	for name, c := range map[string]struct {
		short int // CPUs that give 3 ms each back
		quota float64
		end   sim.Time
	}{
		// The last CPU finds the pool empty. At 1 ms the others give back 6 ms, of which it gets what it needs from 6 ms on.
		"more than a portion": {2, 0.10, 6*ms + 11*ms/2},
		"a portion or less":   {1, 0.05, 100*ms + 11*ms/2},
	} {
		todo := [][]do{}
		for range c.short {
			todo = append(todo, []do{{run: ms}})
		}
		s, _, _, _ := play(within(c.short+1, Quota{CPUs: c.quota}), 0, append(todo, []do{{run: 11 * ms / 2}})...)
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

// TestAQuotaIsKept: no period has more CPU time than its quota, the burst, what the CPUs had left and what they run before a tick.
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
			for i := range h.queues.cpus {
				if running := h.queues.cpus[i].running; running != nil && running.computes {
					used += s.Now() - running.since
				}
			}
			if most := q.Time() + q.Burst + sim.Time(n)*(portion+tick); used-before > most {
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
