// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Classes are the quantiles above which spans are elevated, outliers or extreme, ascending, in (0, 1).
type Classes struct {
	Elevated, Outlier, Extreme float64
	// MinRatioToMedian is how many times slower than the median an outlier is at least; up to 1 it has no effect.
	MinRatioToMedian float64
	// MinDuration is how long an outlier takes at least; 0 has no effect.
	MinDuration time.Duration
}

// Class says in words how slow a span is.
type Class uint8

// The classes, from fast to slow.
const (
	Normal Class = iota
	Elevated
	Outlier
	Extreme
	NumClasses int = iota
)

var classNames = [NumClasses]string{semconv.ClassNormal, semconv.ClassElevated, semconv.ClassOutlier, semconv.ClassExtreme}

// String returns the value of latency.class.
func (c Class) String() string {
	return classNames[c]
}
