// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"math/bits"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// mostExact is how many durations a Summary keeps one by one: 8 MiB of them.
const mostExact = 1 << 20

// Summary sums up durations in nanoseconds, none negative. Mean and maximum are exact. So are quantiles of up to 1,048,576
// durations; of more they come from a histogram. The zero value is empty.
type Summary struct {
	count     uint64
	high, low uint64 // 128-bit sum
	max       int64
	exact     []int64 // all durations, until there are too many
	sorted    bool
	rest      *histogram.Histogram // all durations, since there are too many
}

// Record adds one duration.
func (s *Summary) Record(ns int64) {
	s.count++
	var carry uint64
	s.low, carry = bits.Add64(s.low, uint64(max(0, ns)), 0)
	s.high += carry
	s.max = max(s.max, ns)
	if s.rest == nil && len(s.exact) < mostExact {
		s.exact = append(s.exact, ns)
		s.sorted = false
		return
	}
	if s.rest == nil {
		s.rest = new(histogram.Histogram)
		for _, d := range s.exact {
			s.rest.Record(d)
		}
		s.exact = nil
	}
	s.rest.Record(ns)
}

// Count is the number of durations.
func (s *Summary) Count() uint64 { return s.count }

// Max is the longest duration; 0 if there is none.
func (s *Summary) Max() int64 { return s.max }

// Mean is the mean duration; 0 if there is none.
func (s *Summary) Mean() float64 {
	return ratio(float64(s.high)*0x1p64+float64(s.low), float64(s.count))
}

// Quantile is the smallest duration that at least the share q of all does not exceed; 0 if there is none. See
// [Summary.QuantileError].
func (s *Summary) Quantile(q float64) int64 {
	switch {
	case s.count == 0:
		return 0
	case s.rest != nil:
		return min(s.rest.Quantile(q), s.max)
	}
	if !s.sorted {
		sortDurations(s.exact)
		s.sorted = true
	}
	rank := int(math.Ceil(q * float64(len(s.exact))))
	return s.exact[min(max(rank, 1), len(s.exact))-1]
}

// QuantileError is the relative error of quantiles: 0, or that of the histogram, for quantiles in its range of 1.024 us to
// 137 s. Below that range a quantile is given as 512 ns, above it as 137 s.
func (s *Summary) QuantileError() float64 {
	if s.rest == nil {
		return 0
	}
	base := math.Exp2(1.0 / (1 << histogram.Scale))
	return (base - 1) / (base + 1)
}
