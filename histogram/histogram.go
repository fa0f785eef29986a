// SPDX-License-Identifier: Apache-2.0

// Package histogram records durations in a base-2 exponential histogram of fixed size.
//
// The buckets are those of an OTLP exponential histogram of scale 6 over nanoseconds: 64 buckets an octave, each wider
// than the one before by the base 2^(1/64) = 1.0109. They cover 27 octaves, from 1.024 us (2^10 ns) to about 137 s
// (2^37 ns); one bucket below takes what is faster, one above what is slower:
//
//	bucket 0      ..., 2^10]                        underflow, negative durations included
//	bucket i      (2^(10+(i-1)/64), 2^(10+i/64)]    OTLP index i+639
//	bucket 1729   (2^37, ...                        overflow
//
// As in OTLP, a bucket includes its upper bound and excludes its lower one. Since geometry and size never change, merging
// is vector addition, and coarser OTLP scales follow by shifting the index.
//
// A value read back (see [Midpoint]) lies within 0.542 % of any value of its bucket.
package histogram

import (
	"math"
)

// Histogram counts durations per bucket. The zero value is an empty histogram. It is not safe for concurrent use.
type Histogram struct {
	counts [Buckets]uint64 // 64 bits: a key with 50,000 spans a second in one bucket would wrap 32 bits within a day
	total  uint64
}

// Record adds one duration in nanoseconds.
func (h *Histogram) Record(ns int64) {
	h.counts[Index(ns)]++
	h.total++
}

// Count returns the number of durations recorded.
func (h *Histogram) Count() uint64 {
	return h.total
}

// Bucket returns the number of durations in bucket i.
func (h *Histogram) Bucket(i int) uint64 {
	return h.counts[i]
}

// Add adds n durations to bucket i, which is in [0, Buckets): from its buckets a histogram can be put together again.
func (h *Histogram) Add(i int, n uint64) {
	h.counts[i] += n
	h.total += n
}

// Quantile returns, in nanoseconds, the smallest recorded duration that at least the share q of all recorded durations
// does not exceed: Quantile(0) is the minimum, Quantile(1) the maximum, each as its bucket's [Midpoint]. It returns 0
// when the histogram is empty. A q outside [0, 1] counts as the nearer end, NaN as 0.
func (h *Histogram) Quantile(q float64) int64 {
	if h.total == 0 {
		return 0
	}
	var rank uint64 // how many durations lie at or below the answer
	switch {
	case q >= 1:
		rank = h.total
	case q > 0:
		rank = min(uint64(math.Ceil(q*float64(h.total))), h.total)
	}
	rank = max(rank, 1)
	var below uint64
	for i, n := range &h.counts {
		if below += n; below >= rank {
			return int64(Midpoint(i))
		}
	}
	return int64(Midpoint(Buckets - 1))
}

// Merge adds all durations of other, which stays as it is.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range &other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// Reset empties the histogram.
func (h *Histogram) Reset() {
	*h = Histogram{}
}
