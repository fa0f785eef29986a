package workload

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestDistributions compares draws with each distribution's formulas. The mean of n draws may be off by 4 standard errors,
// the share of draws up to a quantile by 4 of the binomial's: with a fixed seed, the test either always passes or never.
func TestDistributions(t *testing.T) {
	const n = 200_000
	const ms = float64(time.Millisecond)
	for _, tt := range []struct {
		name      string
		sampler   program.Sampler
		mean, dev float64                 // ns
		quantile  func(p float64) float64 // ns
	}{
		{
			"constant", program.Constant(2 * time.Millisecond),
			2 * ms, 0, func(float64) float64 { return 2 * ms },
		},
		{
			"uniform",
			uniform{low: sim.Time(time.Millisecond), high: sim.Time(3 * time.Millisecond)},
			2 * ms, 2 * ms / math.Sqrt(12), func(p float64) float64 { return ms * (1 + 2*p) },
		},
		{
			"exponential",
			exponential{mean: sim.Time(2 * time.Millisecond)},
			2 * ms, 2 * ms, func(p float64) float64 { return -2 * ms * math.Log(1-p) },
		},
		{
			"lognormal",
			lognormal{median: sim.Time(time.Millisecond), sigma: 0.6},
			ms * math.Exp(0.18), ms * math.Exp(0.18) * math.Sqrt(math.Expm1(0.36)),
			func(p float64) float64 { return ms * math.Exp(0.6*math.Sqrt2*math.Erfinv(2*p-1)) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sim.Stream(42)
			draws := make([]float64, n)
			sum := 0.0
			for i := range draws {
				draws[i] = float64(tt.sampler.Sample(&r))
				sum += draws[i]
			}
			assert.InDelta(t, tt.mean, sum/n, 4*tt.dev/math.Sqrt(n)+1)
			if tt.dev == 0 {
				return
			}
			slices.Sort(draws)
			for _, p := range []float64{0.01, 0.1, 0.5, 0.9, 0.99, 0.999} {
				below, _ := slices.BinarySearch(draws, tt.quantile(p))
				assert.InDelta(t, p, float64(below)/n, 4*math.Sqrt(p*(1-p)/n), "quantile %v", p)
			}
		})
	}
}

func TestDistributionEdges(t *testing.T) {
	for _, tt := range []struct {
		name      string
		sampler   program.Sampler
		low, high sim.Time
	}{
		{"zero mean", exponential{}, 0, 0},
		{"no width", uniform{low: 5, high: 5}, 5, 5},
		{"widest uniform", uniform{high: longestDuration}, 0, longestDuration},
		{"no spread", lognormal{median: 7}, 7, 7},
		{"widest lognormal", lognormal{median: longestDuration, sigma: 10}, 0, longestDuration},
		{"narrowest", lognormal{median: 1, sigma: 10}, 0, longestDuration},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sim.Stream(1)
			for range 10_000 {
				d := tt.sampler.Sample(&r)
				require.GreaterOrEqual(t, d, tt.low)
				require.LessOrEqual(t, d, tt.high)
			}
		})
	}
}
