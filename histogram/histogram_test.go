// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// distributions are durations in ns as services show them, all within the buckets' range.
var distributions = []struct {
	name string
	draw func(*rand.Rand) float64
}{
	{"constant", func(*rand.Rand) float64 { return 5e6 }},
	{"uniform", func(r *rand.Rand) float64 { return 2e3 + 1e9*r.Float64() }},
	{"normal", func(r *rand.Rand) float64 { return max(2e3, 1e7+2e6*r.NormFloat64()) }},
	{"exponential", func(r *rand.Rand) float64 { return 2e3 + 1e6*r.ExpFloat64() }},
	{"lognormal", func(r *rand.Rand) float64 { return 5e6 * math.Exp(r.NormFloat64()) }},
	{"pareto", func(r *rand.Rand) float64 { return min(1e5*math.Pow(1-r.Float64(), -1/1.5), 1e11) }},
	{"cache with slow misses", func(r *rand.Rand) float64 {
		if r.Float64() < 0.9 {
			return 1e5 * math.Exp(0.3*r.NormFloat64())
		}
		return 5e6 * math.Exp(0.3*r.NormFloat64())
	}},
}

func TestQuantileAgainstSortedData(t *testing.T) {
	for _, d := range distributions {
		t.Run(d.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(5, 6))
			var h Histogram
			sketch, err := ddsketch.NewDefaultDDSketch(0.005)
			require.NoError(t, err)
			sorted := make([]int64, 50_000)
			for i := range sorted {
				sorted[i] = int64(d.draw(random))
				h.Record(sorted[i])
				require.NoError(t, sketch.Add(float64(sorted[i])))
			}
			slices.Sort(sorted)

			require.Equal(t, uint64(len(sorted)), h.Count())
			for _, q := range []float64{0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1} {
				rank := max(int(math.Ceil(q*float64(len(sorted)))), 1)
				assert.InEpsilon(t, sorted[rank-1], h.Quantile(q), 0.006, "q = %v", q)

				// The sketch takes the duration of rank q*(n-1)+1, rounded down: ask it for ours. Both are at most half
				// a percent off.
				oracle, err := sketch.GetValueAtQuantile(min((float64(rank)-0.5)/float64(len(sorted)-1), 1))
				require.NoError(t, err)
				assert.InEpsilon(t, oracle, h.Quantile(q), 0.0105, "q = %v", q)
			}
		})
	}
}

func TestQuantileOfFewDurations(t *testing.T) {
	var h Histogram
	assert.Zero(t, h.Quantile(0.5), "empty")

	h.Record(1_000_000)
	for _, q := range []float64{-1, 0, 0.5, 1, 2, math.NaN()} {
		assert.InEpsilon(t, 1_000_000, h.Quantile(q), 0.006, "q = %v", q)
	}

	h.Record(2_000_000)
	assert.InEpsilon(t, 1_000_000, h.Quantile(0.5), 0.006, "half of two durations is the first")
	assert.InEpsilon(t, 2_000_000, h.Quantile(0.51), 0.006)
	assert.InEpsilon(t, 2_000_000, h.Quantile(1), 0.006)
}

func TestDurationsOutsideTheRangeAreCounted(t *testing.T) {
	var h Histogram
	h.Record(-5)
	h.Record(3)
	h.Record(math.MaxInt64)
	assert.Equal(t, uint64(3), h.Count())
	assert.Equal(t, int64(512), h.Quantile(0))
	assert.Equal(t, int64(1)<<37, h.Quantile(1))
}

func TestMergeIsRecordingTogether(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var left, right, together Histogram
	for range 10_000 {
		ns := int64(5e6 * math.Exp(2*random.NormFloat64()))
		together.Record(ns)
		if random.IntN(3) == 0 {
			left.Record(ns)
		} else {
			right.Record(ns)
		}
	}
	before := right
	left.Merge(&right)
	assert.Equal(t, together, left)
	assert.Equal(t, before, right)

	left.Reset()
	assert.Equal(t, Histogram{}, left)
}

func BenchmarkRecord(b *testing.B) {
	durations := benchmarkDurations()
	var h Histogram
	b.ReportAllocs()
	batches := 0
	for b.Loop() {
		for _, ns := range durations {
			h.Record(ns)
		}
		batches++
	}
	require.Equal(b, uint64(batches*len(durations)), h.Count())
	reportPerDuration(b, durations)
}

func BenchmarkQuantile(b *testing.B) {
	var h Histogram
	for _, ns := range benchmarkDurations() {
		h.Record(ns)
	}
	b.ReportAllocs()
	var p99 int64
	for b.Loop() {
		p99 = h.Quantile(0.99)
	}
	require.InEpsilon(b, 5e6*math.Exp(2.326), p99, 0.2)
}

func BenchmarkMerge(b *testing.B) {
	var h, other Histogram
	other.Record(1_000_000)
	b.ReportAllocs()
	n := uint64(0)
	for b.Loop() {
		h.Merge(&other)
		n++
	}
	require.Equal(b, n, h.Count())
}

// The buckets are enough to make the same histogram again.
func TestBucketsAndAdd(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var h, again Histogram
	for range 10_000 {
		h.Record(random.Int64N(1 << random.IntN(50)))
	}
	for i := range Buckets {
		again.Add(i, h.Bucket(i))
	}
	assert.Equal(t, h, again)
}
