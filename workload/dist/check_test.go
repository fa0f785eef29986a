// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

func TestCheck(t *testing.T) {
	for _, good := range []program.Sampler{
		program.Constant(0),
		Uniform{1, 1},
		Exponential{},
		Lognormal{1, HighestSigma},
		Hyperexponential{1, 0, Longest},
		Bimodal{0, 0, Longest},
		Weibull{1, LowestIndex},
		NewPareto(1, Longest, HighestIndex),
	} {
		require.NoError(t, Check(good), "%T", good)
	}
	for want, bad := range map[string]program.Sampler{
		"no distribution; want a duration":                 nil,
		"constant: -1ns is not allowed; want 0s to 1h0m0s": program.Constant(-1),
		"high: 1ns is not allowed; want 2ns to 1h0m0s":     Uniform{2, 1},
		"mean: -1ns is not allowed; want 0s to 1h0m0s":     Exponential{-1},
		"sigma: NaN is not allowed; want 0 to 10":          Lognormal{1, math.NaN()},
		"p: 2 is not allowed; want 0 to 1":                 Hyperexponential{2, 0, 0},
		"slow: -1ns is not allowed; want 0s to 1h0m0s":     Bimodal{1, 0, -1},
		"shape: 0 is not allowed; want 0.1 to 100":         Weibull{1, 0},
		"low: 0s is not allowed; want 1ns to 1h0m0s":       Pareto{},
		"0 percentiles; want 2 or more":                    Empirical{},
	} {
		assert.EqualError(t, Check(bad), want)
	}
	_, err := NewEmpirical(Percentile{90, 5}, Percentile{50, 5})
	assert.EqualError(t, err, "p90: 5ns is not allowed; want each percentile once, and longer than the one before")
}
