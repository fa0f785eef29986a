// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exactBound returns 2^(10+i/64), the upper bound of bucket i, to 300 bits.
func exactBound(i int) *big.Float {
	const precision = 300
	base := new(big.Float).SetPrec(precision).SetInt64(2) // 2^(1/64) after six square roots
	for range Scale {
		base.Sqrt(base)
	}
	bound := new(big.Float).SetPrec(precision).SetInt64(1)
	for range i % perOctave {
		bound.Mul(bound, base)
	}
	return bound.SetMantExp(bound, minExp+i/perOctave)
}

// The last integer of every bucket and the first of the next, by exact arithmetic.
func TestIndexAtEveryBoundary(t *testing.T) {
	for i := range Buckets - 1 {
		bound := exactBound(i)
		last, _ := bound.Int64() // truncates; exact for powers of two, which belong below
		require.Equal(t, i, Index(last), "last of bucket %d: %d ns", i, last)
		require.Equal(t, i+1, Index(last+1), "first of bucket %d: %d ns", i+1, last+1)

		exact, _ := bound.Float64()
		require.InEpsilon(t, exact, UpperBound(i), 1e-14)
		require.InEpsilon(t, exact, LowerBound(i+1), 1e-14)
	}
}

func TestIndexOutsideTheRange(t *testing.T) {
	for _, tt := range []struct {
		ns   int64
		want int
	}{
		{math.MinInt64, 0},
		{-1, 0},
		{0, 0},
		{1, 0},
		{1 << 10, 0},
		{1<<10 + 1, 1},
		{1 << 11, perOctave},
		{1<<11 + 1, perOctave + 1},
		{1 << 37, Buckets - 2},
		{1<<37 + 1, Buckets - 1},
		{math.MaxInt64, Buckets - 1},
	} {
		assert.Equal(t, tt.want, Index(tt.ns), "%d ns", tt.ns)
	}
}

// Index agrees with the OTLP data model's definition, ceil(log2(x) * 2^scale) - 1, wherever float64 can decide it.
func TestIndexIsTheOTLPIndex(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	decided := 0
	for range 200_000 {
		ns := int64(math.Exp2(minExp + (maxExp-minExp)*random.Float64()))
		if ns <= 1<<minExp {
			continue
		}
		position := math.Log2(float64(ns)) * perOctave
		if math.Abs(position-math.Round(position)) < 1e-9 {
			continue
		}
		decided++
		require.Equal(t, int(math.Ceil(position))-1, Index(ns)+639, "%d ns", ns)
	}
	assert.Greater(t, decided, 190_000)
}

func TestBoundsOfTheEndBuckets(t *testing.T) {
	assert.Zero(t, LowerBound(0))
	assert.Equal(t, 1024.0, UpperBound(0))
	assert.Equal(t, 512.0, Midpoint(0))
	assert.Equal(t, math.Exp2(37), LowerBound(Buckets-1))
	assert.True(t, math.IsInf(UpperBound(Buckets-1), 1))
	assert.Equal(t, math.Exp2(37), Midpoint(Buckets-1))
}

func TestMidpointErrorIsTheSameAtBothEnds(t *testing.T) {
	for i := 1; i < Buckets-1; i++ {
		low := Midpoint(i)/LowerBound(i) - 1
		high := 1 - Midpoint(i)/UpperBound(i)
		require.InDelta(t, low, high, 1e-12)
		require.Less(t, low, 0.00542)
	}
}

func BenchmarkIndex(b *testing.B) {
	durations := benchmarkDurations()
	b.ReportAllocs()
	batches, sum := 0, 0
	for b.Loop() {
		for _, ns := range durations {
			sum += Index(ns)
		}
		batches++
	}
	require.Greater(b, sum, batches*len(durations))
	reportPerDuration(b, durations)
}

// benchmarkDurations spread over several octaves, so that branch prediction gets no help.
func benchmarkDurations() []int64 {
	random := rand.New(rand.NewPCG(3, 4))
	durations := make([]int64, 4096)
	for i := range durations {
		durations[i] = int64(5e6 * math.Exp(random.NormFloat64()))
	}
	return durations
}

// reportPerDuration divides the time by the durations that each iteration handled.
func reportPerDuration(b *testing.B, durations []int64) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(durations)), "ns/duration")
}
