// SPDX-License-Identifier: Apache-2.0

package dist

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
			Uniform{Low: sim.Time(time.Millisecond), High: sim.Time(3 * time.Millisecond)},
			2 * ms, 2 * ms / math.Sqrt(12), func(p float64) float64 { return ms * (1 + 2*p) },
		},
		{
			"exponential",
			Exponential{Mean: sim.Time(2 * time.Millisecond)},
			2 * ms, 2 * ms, func(p float64) float64 { return -2 * ms * math.Log(1-p) },
		},
		{
			"lognormal",
			Lognormal{Median: sim.Time(time.Millisecond), Sigma: 0.6},
			ms * math.Exp(0.18), ms * math.Exp(0.18) * math.Sqrt(math.Expm1(0.36)),
			func(p float64) float64 { return ms * math.Exp(0.6*math.Sqrt2*math.Erfinv(2*p-1)) },
		},
		{
			// Mean 0.9*1 + 0.1*11 = 2 ms; E[X^2] = 2 * (0.9*1 + 0.1*121) = 26 ms^2. The quantile solves
			// P(X > x) = 0.9 exp(-x) + 0.1 exp(-x/11).
			"hyperexponential",
			Hyperexponential{0.9, sim.Time(time.Millisecond), sim.Time(11 * time.Millisecond)},
			2 * ms, ms * math.Sqrt(26-4), func(p float64) float64 {
				return ms * bisect(func(x float64) bool { return 0.9*math.Exp(-x)+0.1*math.Exp(-x/11) < 1-p })
			},
		},
		{
			// F(x) = (1 - x^-1.5) / (1 - 100^-1.5) from 1 to 100 ms.
			"pareto",
			NewPareto(sim.Time(time.Millisecond), sim.Time(100*time.Millisecond), 1.5),
			ms * paretoMoment(1), ms * math.Sqrt(paretoMoment(2)-paretoMoment(1)*paretoMoment(1)),
			func(p float64) float64 { return ms * math.Pow(1-p*(1-math.Pow(100, -1.5)), -1/1.5) },
		},
		{
			"weibull",
			Weibull{Scale: sim.Time(time.Millisecond), Shape: 0.5},
			ms * math.Gamma(3), ms * math.Sqrt(math.Gamma(5)-math.Gamma(3)*math.Gamma(3)),
			func(p float64) float64 { return ms * math.Pow(-math.Log(1-p), 2) },
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

// paretoMoment is E[X^k] of the Pareto distribution with alpha 1.5 on [1, 100].
func paretoMoment(k float64) float64 {
	return 1.5 / (1.5 - k) * (1 - math.Pow(100, k-1.5)) / (1 - math.Pow(100, -1.5))
}

// bisect finds the x at which a condition that is false for small x becomes true.
func bisect(beyond func(x float64) bool) float64 {
	low, high := 0.0, 1e6
	for range 100 {
		if middle := (low + high) / 2; beyond(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

func TestBimodal(t *testing.T) {
	const n, p = 200_000, 0.995
	b := Bimodal{p, 1_000, 500_000}
	r := sim.Stream(42)
	fast := 0
	for range n {
		switch d := b.Sample(&r); d {
		case b.Fast:
			fast++
		case b.Slow:
		default:
			t.Fatalf("%d is neither fast nor slow", d)
		}
	}
	assert.InDelta(t, p, float64(fast)/n, 4*math.Sqrt(p*(1-p)/n))
}

func TestDistributionEdges(t *testing.T) {
	for _, tt := range []struct {
		name      string
		sampler   program.Sampler
		low, high sim.Time
	}{
		{"zero mean", Exponential{}, 0, 0},
		{"no width", Uniform{Low: 5, High: 5}, 5, 5},
		{"widest uniform", Uniform{High: Longest}, 0, Longest},
		{"no spread", Lognormal{Median: 7}, 7, 7},
		{"widest lognormal", Lognormal{Median: Longest, Sigma: 10}, 0, Longest},
		{"narrowest", Lognormal{Median: 1, Sigma: 10}, 0, Longest},
		{"always fast", Bimodal{1, 5, 7}, 5, 5},
		{"never fast", Bimodal{0, 5, 7}, 7, 7},
		{"slowest hyperexponential", Hyperexponential{0, 0, Longest}, 0, Longest},
		{"heaviest Pareto", NewPareto(1, Longest, 0.1), 1, Longest},
		{"lightest Pareto", NewPareto(Longest-1, Longest, 100), Longest - 1, Longest},
		{"Pareto of one value", NewPareto(7, 7, 1), 7, 7},
		{"heaviest Weibull", Weibull{Longest, 0.1}, 0, Longest},
		{"lightest Weibull", Weibull{1, 100}, 0, 2},
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
