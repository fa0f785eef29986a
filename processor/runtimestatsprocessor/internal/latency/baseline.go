// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"sort"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// Baseline summarises a window at its last tick. It never changes once published.
type Baseline struct {
	P50, P90, P99 int64 // ns, each within a bucket's width of the true quantile
	Count         int64 // spans in the window, faded ones by their weight

	elevated, outlier, extreme int64 // a span is of a class when its duration in ns exceeds the limit
}

// Ratio returns how many times the median a duration is.
func (b *Baseline) Ratio(ns int64) float64 {
	return float64(ns) / float64(b.P50)
}

func (b *Baseline) class(ns int64) Class {
	switch {
	case ns <= b.elevated: // 19 spans of 20
		return Normal
	case ns <= b.outlier:
		return Elevated
	case ns <= b.extreme:
		return Outlier
	default:
		return Extreme
	}
}

// A quantile is only as good as the spans beyond it: without this many expected there, the extreme limit is a multiple of
// the outlier limit instead. At the default quantile 0.999 that takes a window of 10,000 spans.
const (
	minBeyondExtreme   = 10
	extremeOverOutlier = 4
)

// newBaseline computes the summary of a window that holds the given number of spans, which are worth so many examples.
func newBaseline(below *cumulative, examples, spans float64, classes Classes) *Baseline {
	median := below.quantile(0.5)
	outlier := below.limit(classes.Outlier, examples)
	extreme := extremeOverOutlier * outlier
	if spans*(1-classes.Extreme) >= minBeyondExtreme {
		extreme = below.limit(classes.Extreme, examples)
	}
	outlier = max(outlier, classes.MinRatioToMedian*median, float64(classes.MinDuration-1)) // a span of exactly MinDuration exceeds it
	return &Baseline{
		P50:      nanoseconds(median),
		P90:      nanoseconds(below.quantile(0.9)),
		P99:      nanoseconds(below.quantile(0.99)),
		Count:    int64(math.Round(spans)),
		elevated: nanoseconds(below.limit(classes.Elevated, examples)),
		outlier:  nanoseconds(outlier),
		extreme:  nanoseconds(max(extreme, outlier)),
	}
}

// nanoseconds truncates, which keeps "exceeds the limit" exact: a whole number exceeds x when it exceeds x truncated.
func nanoseconds(x float64) int64 {
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(x)
}

// cumulative[i] is the sum of the counts below bucket i.
type cumulative [histogram.Buckets + 1]uint64

func (c *cumulative) total() uint64 {
	return c[histogram.Buckets]
}

// locate returns the bucket in which the share q of all counts is reached, and how far into its counts, from 0 to 1.
func (c *cumulative) locate(q float64) (bucket int, fraction float64) {
	target := min(q, 1) * float64(c.total())
	bucket = sort.Search(histogram.Buckets-1, func(i int) bool { return float64(c[i+1]) >= target })
	mass := c[bucket+1] - c[bucket]
	if mass == 0 {
		return bucket, 1
	}
	return bucket, (target - float64(c[bucket])) / float64(mass)
}

// heavy reports whether a bucket holds more than half of the share 1-q, so that cutting it in the wrong place would change
// what lies beyond by more than half.
func (c *cumulative) heavy(bucket int, q float64) bool {
	mass := float64(c[bucket+1] - c[bucket])
	return mass > 0.5*(1-q)*float64(c.total())
}

// quantile estimates the duration in ns that the share q of the spans does not exceed.
func (c *cumulative) quantile(q float64) float64 {
	bucket, fraction := c.locate(q)
	if c.heavy(bucket, q) {
		return histogram.Midpoint(bucket)
	}
	return interpolate(bucket, fraction)
}

// limit returns the duration in ns above which a span belongs to the slowest share 1-q. The next span exceeds the k-th of n examples with
// the probability 1-k/(n+1), hence k is q*(n+1): of a hundred examples, the slowest is the limit of the slowest hundredth.
func (c *cumulative) limit(q, examples float64) float64 {
	bucket, fraction := c.locate(q * (1 + 1/examples))
	if c.heavy(bucket, q) {
		return histogram.UpperBound(bucket)
	}
	return interpolate(bucket, fraction)
}

// interpolate returns the duration at a fraction of a bucket whose spans are spread evenly.
func interpolate(bucket int, fraction float64) float64 {
	lower, upper := histogram.LowerBound(bucket), histogram.UpperBound(bucket)
	if math.IsInf(upper, 1) {
		return lower
	}
	return lower + fraction*(upper-lower)
}
