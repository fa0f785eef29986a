// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestSummaryIsExact(t *testing.T) {
	var s Summary
	assert.Zero(t, s.Mean())
	assert.Zero(t, s.Quantile(0.5))
	for _, ns := range []int64{50, 10, 40, 20, 30} {
		s.Record(ns)
	}
	for _, tt := range []struct {
		q    float64
		want int64
	}{{0, 10}, {0.2, 10}, {0.21, 20}, {0.5, 30}, {0.8, 40}, {0.81, 50}, {0.99, 50}, {1, 50}} {
		assert.Equal(t, tt.want, s.Quantile(tt.q), "q %v", tt.q)
	}
	s.Record(0) // quantiles may be asked for between records
	assert.Equal(t, int64(20), s.Quantile(0.5))
	assert.InDelta(t, 25, s.Mean(), 0)
	assert.Equal(t, int64(50), s.Max())
	assert.Equal(t, uint64(6), s.Count())
	assert.Zero(t, s.QuantileError())
}

func TestSummaryDoesNotOverflow(t *testing.T) {
	var s Summary
	for range 10 {
		s.Record(math.MaxInt64)
	}
	assert.InEpsilon(t, float64(math.MaxInt64), s.Mean(), 1e-15)
}

func TestSummaryOfManyIsAHistogram(t *testing.T) {
	var s, exact Summary
	r := sim.Stream(1)
	for range mostExact {
		ns := int64(r.Exp() * 1e6)
		s.Record(ns)
		exact.Record(ns)
	}
	assert.Zero(t, s.QuantileError())
	s.Record(1_000_000)
	assert.Nil(t, s.exact)
	require.InDelta(t, 0.0054, s.QuantileError(), 0.0001)
	for _, q := range []float64{0.1, 0.5, 0.9, 0.99, 0.999} {
		assert.InEpsilon(t, exact.Quantile(q), s.Quantile(q), s.QuantileError()+1e-4, "q %v", q)
	}
	assert.Equal(t, exact.Max(), s.Max())
	assert.Equal(t, s.Max(), s.Quantile(1), "never beyond the maximum")
	assert.InEpsilon(t, exact.Mean(), s.Mean(), 1e-6)
}
