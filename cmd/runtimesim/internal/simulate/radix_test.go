// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestSortDurations: the order is that of a sort by comparisons, whatever the number of digits.
func TestSortDurations(t *testing.T) {
	for name, durations := range map[string][]int64{
		"none":     {},
		"one":      {7},
		"zeros":    {0, 0, 0},
		"edges":    {1 << 11, 0, 1<<11 - 1, 1 << 22, 1<<22 - 1, math.MaxInt64, 1 << 55, 1<<55 - 1, math.MaxInt64 - 1, 1, 0},
		"reversed": {5, 4, 3, 2, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.Sorted(slices.Values(durations))
			sortDurations(durations)
			assert.ElementsMatch(t, want, durations)
			assert.True(t, slices.IsSorted(durations))
		})
	}
	r := sim.Stream(1)
	for digits := range 6 {
		durations := make([]int64, 10_000)
		for i := range durations {
			durations[i] = int64(r.Uint64() >> 1 >> (63 - min(63, digitBits*(digits+1))))
		}
		want := slices.Sorted(slices.Values(durations))
		sortDurations(durations)
		assert.True(t, slices.Equal(want, durations), "%d digits", digits+1)
	}
}

func BenchmarkSortDurations(b *testing.B) {
	r := sim.Stream(1)
	durations := make([]int64, 1_000_000)
	for i := range durations {
		durations[i] = int64(r.Exp() * 1e6)
	}
	for name, sort := range map[string]func([]int64){"digits": sortDurations, "comparisons": slices.Sort[[]int64]} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sort(slices.Clone(durations))
			}
		})
	}
}
