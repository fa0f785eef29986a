// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func empirical(t *testing.T, points ...Percentile) Empirical {
	t.Helper()
	e, err := NewEmpirical(points...)
	require.NoError(t, err)
	return e
}

// TestEmpiricalQuantiles: the points are met exactly, and between two of them the logarithm is linear.
func TestEmpiricalQuantiles(t *testing.T) {
	const ms = sim.Time(time.Millisecond)
	whole := empirical(t, Percentile{0, ms}, Percentile{50, 2 * ms}, Percentile{90, 10 * ms}, Percentile{99.9, 50 * ms}, Percentile{100, 200 * ms})
	part := empirical(t, Percentile{90, 10 * ms}, Percentile{50, 2 * ms})
	for _, tc := range []struct {
		e       Empirical
		percent float64
		want    sim.Time
	}{
		{whole, 0, ms},
		{whole, 25, sim.Time(math.Round(math.Sqrt2 * float64(ms)))},
		{whole, 50, 2 * ms},
		{whole, 60, sim.Time(math.Round(2 * math.Pow(5, 0.25) * float64(ms)))},
		{whole, 90, 10 * ms},
		{whole, 99.9, 50 * ms},
		{whole, 99.95, 100 * ms},
		{whole, 100, 200 * ms},
		{part, 0, 2 * ms},
		{part, 50, 2 * ms},
		{part, 70, sim.Time(math.Round(math.Sqrt(20) * float64(ms)))},
		{part, 90, 10 * ms},
		{part, 100, 10 * ms},
		{empirical(t, Percentile{0, 1}, Percentile{100, Longest}), 100, Longest},
		{empirical(t, Percentile{0, 1}, Percentile{100, Longest}), 0, 1},
	} {
		assert.InDelta(t, int64(tc.want), int64(tc.e.Quantile(tc.percent)), 1, "p%v", tc.percent)
	}
}

// TestEmpiricalSamples: the share of draws up to a duration is its percentile, and the mean is that of the pieces.
func TestEmpiricalSamples(t *testing.T) {
	const n = 200_000
	const ms = sim.Time(time.Millisecond)
	e := empirical(t, Percentile{10, ms}, Percentile{50, 2 * ms}, Percentile{90, 10 * ms}, Percentile{99, 50 * ms})
	r := sim.Stream(42)
	draws := make([]float64, n)
	sum, squares := 0.0, 0.0
	for i := range draws {
		draws[i] = float64(e.Sample(&r)) / 1e6
		sum += draws[i]
		squares += draws[i] * draws[i]
	}
	slices.Sort(draws)
	for _, percent := range []float64{12, 30, 50, 75, 90, 95, 98.5} {
		p := percent / 100
		below, _ := slices.BinarySearch(draws, float64(e.Quantile(percent))/1e6)
		assert.InDelta(t, p, float64(below)/n, 4*math.Sqrt(p*(1-p)/n), "p%v", percent)
	}
	assert.InDelta(t, 1, draws[0], 0, "p10 is the least")
	assert.InDelta(t, 50, draws[n-1], 0, "p99 is the highest")
	atLeast, _ := slices.BinarySearch(draws, 1.000_001)
	assert.InDelta(t, 0.10, float64(atLeast)/n, 4*math.Sqrt(0.09/n), "a tenth is the least")
	mean := 0.10*1 + 0.01*50
	for _, piece := range [][3]float64{{0.4, 1, 2}, {0.4, 2, 10}, {0.09, 10, 50}} {
		mean += piece[0] * (piece[2] - piece[1]) / math.Log(piece[2]/piece[1])
	}
	assert.InDelta(t, mean, sum/n, 4*math.Sqrt((squares/n-mean*mean)/n))
}
