// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestZipf compares the shares of numbers with n^-exponent / sum of k^-exponent. The share of the rest is compared too.
func TestZipf(t *testing.T) {
	const draws = 200_000
	for _, tc := range []struct {
		count    int
		exponent float64
	}{
		{1, 1}, {2, 0.01}, {2, 20}, {10, 0.5}, {10, 1}, {100, 1.1}, {1000, 1}, {1000, 0.9}, {1_000_000, 2}, {1_000_000, 1},
	} {
		sum := 0.0
		for k := range tc.count {
			sum += math.Pow(float64(k+1), -tc.exponent)
		}
		z := NewZipf(tc.count, tc.exponent)
		r := sim.Stream(7)
		drawn := map[int]int{}
		for range draws {
			n := z.Sample(&r)
			require.True(t, n >= 1 && n <= tc.count)
			drawn[n]++
		}
		first, share := 0, 0.0
		for n := 1; n <= min(tc.count, 5); n++ {
			p := math.Pow(float64(n), -tc.exponent) / sum
			assert.InDelta(t, p*draws, drawn[n], 4*math.Sqrt(draws*p*(1-p))+1e-6, "%d of %v", n, tc)
			first, share = first+drawn[n], share+p
		}
		assert.InDelta(t, share*draws, first, 4*math.Sqrt(draws*max(0, share*(1-share)))+1e-6, "%v", tc)
	}
}

const mostNumbers = 1_000_000_000

func TestZipfOfABillion(t *testing.T) {
	z := NewZipf(mostNumbers, 0.5) // heavy: half of the draws lie above a quarter of the count
	r := sim.Stream(7)
	above := 0
	for range 100_000 {
		n := z.Sample(&r)
		require.True(t, n >= 1 && n <= mostNumbers)
		if n > mostNumbers/4 {
			above++
		}
	}
	assert.InDelta(t, 50_000, above, 4*math.Sqrt(25_000))
}
