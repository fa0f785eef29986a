// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExponential holds the buckets against OTLP's definition: bucket i of scale s takes (2^(i/2^s), 2^((i+1)/2^s)].
func TestExponential(t *testing.T) {
	values := []int64{-5, 0, 1024, 1025, 1030, 1 << 11, 1<<11 + 1, 5_000, 5_001, 77_777, 1_000_000, 123_456_789}
	for _, tc := range []struct {
		name   string
		values []int64
		most   int
		scale  int32
	}{
		{"all", values, 1728, 6},
		{"160", values, 160, 3}, // 17 octaves: 8 buckets each fit
		{"17", values, 17, 0},
		{"1", values, 1, -5}, // (1, 2^32]
		{"narrow", []int64{5_000, 5_001}, 160, 6},
		{"overflow", []int64{1 << 37, 1<<37 + 1, math.MaxInt64}, 2, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h Histogram
			want := map[int]uint64{}
			var zero uint64
			for _, v := range tc.values {
				h.Record(v)
				if v <= 1024 {
					zero++
					continue
				}
				base := math.Exp2(float64(tc.scale))
				want[int(math.Ceil(math.Log2(float64(min(v, 1<<37+1)))*base))-1]++
			}
			e := h.Exponential(tc.most)
			require.Equal(t, tc.scale, e.Scale)
			assert.Equal(t, zero, e.Zero)
			assert.LessOrEqual(t, len(e.Counts), tc.most)
			got := map[int]uint64{}
			for i, n := range e.Counts {
				if n > 0 {
					got[int(e.Offset)+i] = n
				}
			}
			assert.Equal(t, want, got)
			assert.NotZero(t, e.Counts[0])
			assert.NotZero(t, e.Counts[len(e.Counts)-1])
		})
	}
	var none Histogram
	none.Record(7)
	assert.Equal(t, Exponential{Scale: Scale, Zero: 1}, none.Exponential(160))
}
