// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/bits"
)

// Scale is the OTLP scale of the buckets: 2^Scale of them make an octave.
const Scale = 6

const (
	perOctave = 1 << Scale
	minExp    = 10 // 2^10 ns: the underflow bucket's upper bound
	maxExp    = 37 // 2^37 ns: the overflow bucket's lower bound
)

// Buckets is the number of buckets, underflow and overflow included.
const Buckets = (maxExp-minExp)*perOctave + 2

// OTLPOffset is what makes a bucket an OTLP one: bucket i, underflow and overflow aside, has the index i+OTLPOffset at Scale.
const OTLPOffset = minExp*perOctave - 1

// A duration in an octave (2^e, 2^(e+1)] is shifted to (2^62, 2^63]. Its leading bits then select one of 128 cells. The
// narrowest bucket (1.09 % of the octave's start) is wider than a cell (1/128 of it = 0.78 %), so a cell holds at most
// one boundary between buckets: the table gives the bucket in which the cell starts, one comparison tells whether the
// duration lies beyond that bucket's end.
const (
	cellBits  = 7
	cellShift = 62 - cellBits
)

var bucketEnds, cellStarts = tables()

// tables returns the upper bounds of an octave's buckets and the bucket in which each cell starts.
//
// Bounds come from float64: an error in their last bit is 2^10 of 2^62, while durations in range have at most 37 bits and
// therefore lie 2^26 apart. TestIndexAtEveryBoundary checks every one of them against exact arithmetic.
func tables() (ends [perOctave]uint64, starts [1 << cellBits]uint8) {
	for j := range ends {
		ends[j] = uint64(math.Exp2(62 + float64(j+1)/perOctave))
	}
	bucket := 0
	for cell := range starts {
		for ends[bucket] <= 1<<62+uint64(cell)<<cellShift {
			bucket++
		}
		starts[cell] = uint8(bucket)
	}
	return ends, starts
}

// Index returns the bucket, in [0, Buckets), of a duration in nanoseconds.
func Index(ns int64) int {
	if ns <= 1<<minExp {
		return 0
	}
	if ns > 1<<maxExp {
		return Buckets - 1
	}
	// ns-1 has its top bit at e for every ns in (2^e, 2^(e+1)], which is what makes exact powers of two belong below.
	zeros := bits.LeadingZeros64(uint64(ns - 1))
	mantissa := uint64(ns) << (zeros - 1)
	bucket := cellStarts[(mantissa-1)>>cellShift&(1<<cellBits-1)]
	// Both sides lie in (2^62, 2^63], so the sign bit of the difference is the comparison mantissa > end, without a branch.
	beyond := int((bucketEnds[bucket%perOctave] - mantissa) >> 63)
	return (63-minExp-zeros)<<Scale + 1 + int(bucket) + beyond
}

// LowerBound returns the bound in nanoseconds above which bucket i starts; 0 for the underflow bucket.
func LowerBound(i int) float64 {
	if i <= 0 {
		return 0
	}
	return UpperBound(i - 1)
}

// UpperBound returns the largest duration in nanoseconds that bucket i takes; +Inf for the overflow bucket.
func UpperBound(i int) float64 {
	if i >= Buckets-1 {
		return math.Inf(1)
	}
	return math.Exp2(minExp + float64(i)/perOctave)
}

// Midpoint returns the duration in nanoseconds that stands for bucket i: the harmonic mean of its bounds a and b,
// 2ab/(a+b), whose relative error is the same at both ends and nowhere larger: (b-a)/(b+a) = 0.542 %. The underflow
// bucket is represented by half its upper bound, the overflow bucket by its lower bound.
func Midpoint(i int) float64 {
	switch {
	case i <= 0:
		return UpperBound(0) / 2
	case i >= Buckets-1:
		return LowerBound(Buckets - 1)
	default:
		lower, upper := LowerBound(i), UpperBound(i)
		return 2 * lower * upper / (lower + upper)
	}
}
