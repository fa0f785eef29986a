// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// otlpIndex is the index that OTLP gives a value at a scale, by exact arithmetic: the value lies above 2^(i/2^scale) and not above
// 2^((i+1)/2^scale). The value is a duration in seconds, rounded up to a multiple of 2^-30.
func otlpIndex(d sim.Time, scale int32) int {
	exact := new(big.Rat).SetFrac64(int64(d), int64(time.Second))
	exact.Mul(exact, new(big.Rat).SetInt64(1<<30))
	units := new(big.Int).Div(new(big.Int).Add(exact.Num(), new(big.Int).Sub(exact.Denom(), big.NewInt(1))), exact.Denom())
	// units <= 2^((i+1)/2^scale + 30) is units^(2^scale) <= 2^(i+1 + 30 * 2^scale).
	power := new(big.Int).Exp(units, big.NewInt(1<<scale), nil)
	ceil := power.BitLen()
	if power.TrailingZeroBits() == uint(power.BitLen()-1) { // a power of 2 itself
		ceil--
	}
	return ceil - 1 - 30<<scale
}

// TestSpreadOfDurations: a receiver of the points that puts all durations in OTLP's buckets itself finds the same counts.
func TestSpreadOfDurations(t *testing.T) {
	random := sim.Stream(1)
	for _, tc := range []struct {
		name  string
		draw  func() sim.Time
		scale int32
	}{
		{"equal", func() sim.Time { return 1500 }, 6},
		{"an octave", func() sim.Time { return sim.Time(1e6 * (1 + random.Float64())) }, 6},
		{"powers of 2 of a second", func() sim.Time { return sim.Time(time.Second) >> random.IntN(10) }, 4},
		{"lognormal", func() sim.Time { return sim.Time(80_000 * math.Exp(0.6*random.Norm())) }, 4},
		{"all", func() sim.Time { return sim.Time(math.Exp(random.Float64() * math.Log(120e9))) }, 2},
		{"short", func() sim.Time { return sim.Time(random.IntN(900)) }, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := DefaultConfig()
			s := New(&c, semconv.CrateSmol, Machine{}, nil, 0)
			var all []sim.Time
			var sum, least, most sim.Time = 0, sim.Never, 0
			for range 20_000 {
				d := tc.draw()
				all = append(all, d)
				sum, least, most = sum+d, min(least, d), max(most, d)
				s.Poll(&scheduler.Poll{Queued: 7, Start: 7 + d, End: 7 + d + d})
			}
			s.Sample(100, scheduler.Counters{}, host.Stats{})
			for _, name := range []string{"async_runtime.task.poll.duration", "async_runtime.task.schedule.duration"} {
				p := find(t, build(s), name).ExponentialHistogram().DataPoints().At(0)
				assert.Equal(t, tc.scale, p.Scale())
				assert.LessOrEqual(t, p.Positive().BucketCounts().Len(), 160)
				assert.EqualValues(t, len(all), p.Count())
				assert.InEpsilon(t, sum.Duration().Seconds(), p.Sum(), 1e-12)
				assert.InDelta(t, least.Duration().Seconds(), p.Min(), 1e-15)
				assert.InDelta(t, most.Duration().Seconds(), p.Max(), 1e-15)
				counts := map[int]uint64{}
				zeros := uint64(0)
				for _, d := range all {
					if d.Duration().Seconds() <= p.ZeroThreshold() {
						zeros++
						continue
					}
					counts[otlpIndex(d, p.Scale())]++
				}
				assert.Equal(t, zeros, p.ZeroCount())
				got := map[int]uint64{}
				for i, n := range p.Positive().BucketCounts().All() {
					if n > 0 {
						got[int(p.Positive().Offset())+i] = n
					}
				}
				require.Equal(t, counts, got)
			}
		})
	}
}

func build(s *Sampler) pmetric.MetricSlice {
	sm := pmetric.NewScopeMetrics()
	s.Samples(0, math.MaxInt).Build(sm, func(t sim.Time) pcommon.Timestamp { return pcommon.Timestamp(1000 + t) })
	return sm.Metrics()
}

func find(t *testing.T, metrics pmetric.MetricSlice, name string) pmetric.Metric {
	t.Helper()
	for _, m := range metrics.All() {
		if m.Name() == name {
			return m
		}
	}
	require.Fail(t, "no "+name)
	return pmetric.Metric{}
}

// TestEmptySpread: a point without durations says nothing of their least and greatest.
func TestEmptySpread(t *testing.T) {
	c := DefaultConfig()
	c.Temporality = Delta
	s := New(&c, semconv.CrateSmol, Machine{}, nil, 0)
	s.Poll(&scheduler.Poll{End: 5000})
	s.Sample(10, scheduler.Counters{}, host.Stats{})
	s.Sample(20, scheduler.Counters{}, host.Stats{})
	points := find(t, build(s), "async_runtime.task.poll.duration").ExponentialHistogram().DataPoints()
	require.Equal(t, 2, points.Len())
	assert.True(t, points.At(0).HasMax())
	assert.EqualValues(t, 1, points.At(0).Count())
	assert.Zero(t, points.At(1).Count(), "a delta")
	assert.False(t, points.At(1).HasMax())
}
