// SPDX-License-Identifier: Apache-2.0

package knee

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// mm1 plays a queue of which everything is known: one worker, service times with a mean of 1 ms, so that requests take
// 1/(1000 - rate) seconds on average. Replications differ by 1 %.
func mm1(played *[]float64) func(context.Context, float64, uint64, int) ([]*simulate.Result, error) {
	return func(_ context.Context, rate float64, tasks uint64, replications int) ([]*simulate.Result, error) {
		*played = append(*played, rate)
		results := make([]*simulate.Result, replications)
		for i := range results {
			latency := 1e9 / max(1000-rate, 1e-3) * (1 + 0.01*float64(i%2))
			r := &simulate.Result{
				Finished: tasks, Virtual: sim.Time(float64(tasks) / min(rate, 1000) * 1e9), Workers: 1,
				Counters: scheduler.Counters{Workers: []scheduler.WorkerCounters{{Busy: sim.Time(tasks * 1e6)}}},
			}
			r.Latency.Record(int64(latency))
			results[i] = r
		}
		return results, nil
	}
}

func search(limit time.Duration, from float64, played *[]float64) *Search {
	return &Search{
		SLO: SLO{"latency", "mean", limit}, From: from, Step: 2, Precision: 0.02, Replications: 4, Tasks: 1000, Play: mm1(played),
	}
}

func TestSearchUpwards(t *testing.T) {
	// 10 ms are reached at a rate of 1000 - 1.005 * 100 = 899.5 (the mean of the replications is half a percent high).
	var played []float64
	r, err := search(10*time.Millisecond, 100, &played).Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []float64{100, 200, 400, 800, 1600}, played[:5], "step by step, until the SLO is missed")
	assert.InEpsilon(t, math.Sqrt(800*1600), played[5], 1e-12, "then by halves")
	assert.LessOrEqual(t, r.Last.Rate, 899.5)
	assert.Greater(t, r.First.Rate, 899.5)
	assert.LessOrEqual(t, r.First.Rate/r.Last.Rate, 1.02)
	assert.False(t, r.Partial)
	assert.Len(t, r.Points, len(played))
	for i, p := range r.Points[1:] {
		assert.Greater(t, p.Rate, r.Points[i].Rate, "in order")
	}
	assert.LessOrEqual(t, r.SurelyMeets.Rate, r.Last.Rate)
	assert.GreaterOrEqual(t, r.SurelyMisses.Rate, r.First.Rate)
	assert.InEpsilon(t, 100, r.Points[0].Achieved.Mean, 1e-9)
	assert.InEpsilon(t, 0.1, r.Points[0].Utilization.Mean, 1e-6)
	assert.InEpsilon(t, 1000, r.Capacity, 1e-6, "what is served of 1,600/s")
	assert.InEpsilon(t, 1000, r.MostServed, 1e-6)
}

// TestCapacityIsUnknown: without a run in which busy workers serve less than what comes.
func TestCapacityIsUnknown(t *testing.T) {
	var played []float64
	s := search(10*time.Millisecond, 100, &played)
	s.Step, s.Precision = 1.1, 1
	s.From = 898
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{898, 987.8}, played, 1e-9)
	assert.Zero(t, r.Capacity)
	assert.InEpsilon(t, 987.8, r.MostServed, 1e-6)

	// A run whose last requests take long serves less in its time, though the workers are idle.
	play := s.Play
	s.Play = func(ctx context.Context, rate float64, n uint64, replications int) ([]*simulate.Result, error) {
		results, err := play(ctx, rate, n, replications)
		for _, r := range results {
			r.Virtual *= 2
		}
		return results, err
	}
	r, err = s.Run(t.Context())
	require.NoError(t, err)
	assert.Zero(t, r.Capacity)
}

// TestTurnedAwayMisses: what is served fast because the rest is turned away does not meet the SLO.
func TestTurnedAwayMisses(t *testing.T) {
	var played []float64
	s := search(10*time.Millisecond, 100, &played)
	play := s.Play
	s.Play = func(ctx context.Context, rate float64, tasks uint64, replications int) ([]*simulate.Result, error) {
		results, err := play(ctx, min(rate, 500), tasks, replications)
		for i, r := range results {
			r.Arrived = tasks
			if rate > 500 {
				r.Shed = tasks/10 + uint64(i)
			}
		}
		return results, err
	}
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	assert.InEpsilon(t, 500, r.Last.Rate, 0.02)
	assert.Greater(t, r.First.Rate, 500.0)
	assert.Zero(t, r.Last.Shed.Mean)
	assert.InDelta(t, 0.1, r.First.Shed.Mean, 0.01)
	assert.Equal(t, r.First, r.SurelyMisses)
}

func TestSearchDownwards(t *testing.T) {
	var played []float64
	r, err := search(10*time.Millisecond, 10_000, &played).Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []float64{10_000, 5000, 2500, 1250, 625}, played[:5])
	assert.InEpsilon(t, 899.5, r.Last.Rate, 0.02)
}

func TestNoRateMeets(t *testing.T) {
	// Even alone a request takes 1 ms. The search ends when requests do not meet each other.
	var played []float64
	r, err := search(500*time.Microsecond, 100, &played).Run(t.Context())
	require.NoError(t, err)
	assert.Nil(t, r.Last)
	assert.Nil(t, r.SurelyMeets)
	assert.Equal(t, []float64{100, 50, 25, 12.5, 6.25}, played)
	assert.Equal(t, r.Points[0], r.First)
}

// TestIdleWorkersAreNoEnd: of many workers little is used at a load at which a quota stops them all. The search goes on to rates that meet the
// SLO.
func TestIdleWorkersAreNoEnd(t *testing.T) {
	var played []float64
	s := search(10*time.Millisecond, 10_000, &played)
	play := s.Play
	s.Play = func(ctx context.Context, rate float64, n uint64, replications int) ([]*simulate.Result, error) {
		results, err := play(ctx, rate, n, replications)
		for _, r := range results {
			r.Workers, r.CPUs, r.Quota.CPUs = 1000, 8, 1
			r.Host.Busy = r.Counters.Workers[0].Busy
			r.Host.Periods, r.Host.ThrottledPeriods, r.Host.Throttled = 100, uint64(min(rate/10, 100)), sim.Time(rate/1000*float64(r.Virtual))
		}
		return results, err
	}
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	require.NotNil(t, r.Last)
	assert.InEpsilon(t, 899.5, r.Last.Rate, 0.02)
	assert.Less(t, r.First.Utilization.Mean, Idle)
	assert.InEpsilon(t, 1000, r.Capacity, 1e-6, "the workers are idle: it is the quota that is used up")
	assert.Equal(t, Quota, r.CapacityOf)

	first := r.First
	assert.InEpsilon(t, first.Rate/1000, first.Machine.CPUUtilization.Mean, 1e-6)
	assert.InDelta(t, first.Rate/1000, first.Machine.ThrottledPeriods.Mean, 0.01)
	assert.InEpsilon(t, first.Rate/1000, first.Machine.ThrottledCPUs.Mean, 1e-6)
	assert.Equal(t, Quota, first.Machine.Short)
	assert.True(t, first.Throttled())
}

func TestShort(t *testing.T) {
	for _, tt := range []struct {
		workers, cpu, throttled float64
		cpus                    int
		quota                   float64
		want                    Scarce
	}{
		{0.5, 0.5, 0, 8, 0, ""},
		{0.99, 0.5, 0, 8, 0, Workers},
		{0.99, 0.99, 0, 8, 0, CPUs},
		{0.99, 0.99, 0, 8, 9, CPUs},
		{0.99, 0.99, 0, 8, 1, Quota},
		{0.99, 0.99, 0.5, 8, 1, Quota},
		{0.99, 0.5, 0, 8, 1, Workers},
		{0.2, 0.5, 0.1, 8, 1, Quota},
	} {
		p := Point{
			Utilization: Estimate{Mean: tt.workers},
			Machine:     &Machine{CPUs: tt.cpus, Quota: tt.quota, CPUUtilization: Estimate{Mean: tt.cpu}, ThrottledPeriods: Estimate{Mean: tt.throttled}},
		}
		assert.Equal(t, tt.want, p.short(), "%+v", tt)
	}
}

func TestEveryRateMeets(t *testing.T) {
	var played []float64
	r, err := search(time.Hour, 100_000, &played).Run(t.Context())
	require.NoError(t, err)
	assert.Nil(t, r.First)
	assert.Nil(t, r.SurelyMisses)
	assert.Equal(t, []float64{1e5, 2e5, 4e5, 8e5, 1e6}, played)
	assert.InDelta(t, HighestRate, r.Last.Rate, 0)
}

func TestRunsAreLongEnough(t *testing.T) {
	// At least 100 times the limit: 1 s at 10 ms.
	s := search(10*time.Millisecond, 100, new([]float64))
	tasks := map[float64]uint64{}
	play := s.Play
	s.Play = func(ctx context.Context, rate float64, n uint64, replications int) ([]*simulate.Result, error) {
		tasks[rate] = n
		return play(ctx, rate, n, replications)
	}
	_, err := s.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, uint64(1000), tasks[100])
	assert.Equal(t, uint64(1600), tasks[1600])
}

func TestInterruptedSearch(t *testing.T) {
	var played []float64
	s := search(10*time.Millisecond, 100, &played)
	play := s.Play
	s.Play = func(ctx context.Context, rate float64, n uint64, replications int) ([]*simulate.Result, error) {
		if rate > 300 {
			return nil, nil
		}
		return play(ctx, rate, n, replications)
	}
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	assert.True(t, r.Partial)
	assert.InDelta(t, 200, r.Last.Rate, 0)
	assert.Nil(t, r.First)

	s.Play = func(context.Context, float64, uint64, int) ([]*simulate.Result, error) {
		return nil, errors.New("no such rate")
	}
	_, err = s.Run(t.Context())
	assert.EqualError(t, err, "no such rate")
}

func TestEstimate(t *testing.T) {
	// Of 1, 2, 3: mean 2, s = 1, so 4.303 / sqrt(3).
	e := estimate([]float64{1, 2, 3})
	assert.InDelta(t, 2, e.Mean, 1e-12)
	assert.InDelta(t, 4.303/math.Sqrt(3), e.HalfWidth, 1e-9)
	assert.Equal(t, Estimate{Mean: 5}, estimate([]float64{5, 5}))
	// 100 observations of +-1: s^2 = 100/99, t of 99 degrees of freedom is 1.984.
	many := make([]float64, 100)
	for i := range many {
		many[i] = float64(i%2*2 - 1)
	}
	assert.InDelta(t, 1.984*math.Sqrt(1.0/99), estimate(many).HalfWidth, 0.001)
}

func TestParseSLO(t *testing.T) {
	for text, want := range map[string]SLO{
		"p99=10ms":             {"latency", "p99", 10 * time.Millisecond},
		"latency.mean=1s":      {"latency", "mean", time.Second},
		"queue_wait.p999=50us": {"queue_wait", "p999", 50 * time.Microsecond},
		"max=1h":               {"latency", "max", time.Hour},
		"p95=2ms":              {"latency", "p95", 2 * time.Millisecond},
	} {
		got, err := ParseSLO(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
		again, err := ParseSLO(got.String())
		require.NoError(t, err, got.String())
		assert.Equal(t, want, again)
	}
	for _, text := range []string{"", "p99", "p99=", "p99=10", "p98=1ms", "idle.p99=1ms", "p99=0s", "p99=-1s", "p99=2h", "=1ms", ".=1ms"} {
		_, err := ParseSLO(text)
		require.ErrorContains(t, err, "--slo: ", text)
		require.ErrorContains(t, err, "is not allowed; want STATISTIC=LIMIT")
	}
}
