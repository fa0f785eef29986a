// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestConstantArrivalsDoNotDrift(t *testing.T) {
	seq := Constant{Rate: 3}.Start(0)
	assert.Equal(t, sim.Time(333_333_333), seq.Next())
	assert.Equal(t, sim.Time(666_666_667), seq.Next())
	for k := 3; k <= 300_000; k++ {
		at := seq.Next()
		if k%3 == 0 { // every third arrival is at a full second
			require.Equal(t, sim.Time(k/3)*sim.Time(time.Second), at)
		}
	}
}

func TestPoissonArrivals(t *testing.T) {
	// The time of arrival n is a sum of n exponential gaps: mean n/rate, standard deviation sqrt(n)/rate.
	const n, rate = 1_000_000, 12_345.6
	seq := Poisson{Rate: rate}.Start(sim.Stream(7))
	longGaps := 0
	var last sim.Time
	for range n {
		at := seq.Next()
		if at < last { // a million times: testify would take ten seconds
			t.Fatalf("%v after %v", at, last)
		}
		if float64(at-last) > 1e9/rate {
			longGaps++
		}
		last = at
	}
	assert.InDelta(t, n/rate, last.Duration().Seconds(), 4*math.Sqrt(n)/rate)
	p := math.Exp(-1) // of a gap longer than the mean
	assert.InDelta(t, p, float64(longGaps)/n, 4*math.Sqrt(p*(1-p)/n))
}

func TestPoissonArrivalsAreExactLate(t *testing.T) {
	// After 200 years of virtual time gaps are as fine as at the start: nothing is lost to rounding.
	early := poisson{mean: 1.5, gaps: sim.Stream(7)}
	late := early
	const year = sim.Time(365 * 24 * time.Hour)
	late.at = 200 * year
	for range 100_000 {
		require.Equal(t, early.Next(), late.Next()-200*year)
	}
	assert.InDelta(t, 150_000, int64(early.at), 4*math.Sqrt(100_000)*1.5)
}

func TestArrivalsEnd(t *testing.T) {
	// 1e-300 a second: the first one comes after the end of virtual time, and so do all others.
	for _, a := range []Open{Poisson{1e-300}, Constant{1e-300}, Poisson{math.SmallestNonzeroFloat64}, Constant{math.SmallestNonzeroFloat64}} {
		seq := a.Start(sim.Stream(1))
		assert.Equal(t, sim.Never, seq.Next())
		assert.Equal(t, sim.Never, seq.Next())
	}
	// Virtual time holds 292 years: at one arrival in 100 of them, two.
	year := (365 * 24 * time.Hour).Seconds()
	seq := Constant{1 / (100 * year)}.Start(0)
	assert.Less(t, seq.Next(), sim.Never)
	assert.Less(t, seq.Next(), sim.Never)
	assert.Equal(t, sim.Never, seq.Next())
}
