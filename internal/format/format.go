// SPDX-License-Identifier: Apache-2.0

// Package format writes numbers and times for people who read a table in a terminal.
package format

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// Width is the length of the longest text that Count, Rate, Share, Duration or Quantile writes, in characters.
const Width = 15

// maxGrouped is the largest count that is written out: 15 characters with its commas, which still fits a column.
const maxGrouped = 999_999_999_999

// Count writes a count in full with commas, or with three digits and a power of ten if it is too wide for a column.
func Count(n uint64) string {
	if n > maxGrouped {
		return strconv.FormatFloat(float64(n), 'e', 2, 64)
	}
	return Grouped(n)
}

// Grouped writes a count in full with commas.
func Grouped[N int | int64 | uint64](n N) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Rate writes a rate, 0 or more, with three digits, and larger ones as a count.
func Rate(perSecond float64) string {
	switch {
	case perSecond < 99.95:
		return threeDigits(perSecond)
	case perSecond <= maxGrouped:
		return Count(uint64(math.Round(perSecond)))
	default:
		return strconv.FormatFloat(perSecond, 'e', 2, 64)
	}
}

// Share writes a share from 0 to 1 as a percentage.
func Share(share float64) string {
	return threeDigits(share*100) + "%"
}

// Duration writes a duration, 0 or more, with three digits and the unit that makes them at least 1.
func Duration(ns int64) string {
	if ns == 0 {
		return "0"
	}
	if ns < 1000 {
		return strconv.FormatInt(ns, 10) + "ns"
	}
	value := float64(ns) / 1000
	for _, unit := range []string{"µs", "ms"} {
		if value < 999.5 { // above, three digits would round to 1000
			return threeDigits(value) + unit
		}
		value /= 1000
	}
	return threeDigits(value) + "s"
}

// Quantile writes a quantile that a histogram told. Beyond the histogram's range only the bound is known.
func Quantile(ns int64) string {
	fastest, slowest := int64(histogram.UpperBound(0)), int64(histogram.LowerBound(histogram.Buckets-1))
	switch {
	case ns <= fastest:
		return "≤" + Duration(fastest)
	case ns >= slowest:
		return ">" + Duration(slowest)
	default:
		return Duration(ns)
	}
}

// threeDigits writes a number that is 0 or more with three digits, and the whole part of larger ones in full. Below 0.1 it has two digits,
// and as many decimals as these take: what is not 0 does not read as 0.
func threeDigits(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.1:
		return strconv.FormatFloat(x, 'g', 2, 64)
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
}

// Seconds writes a time in seconds, 0 or more; a long one as a rate.
func Seconds(s float64) string {
	if ns := s * 1e9; ns < 1e12 {
		return Duration(int64(ns))
	}
	return Rate(s) + "s"
}

// Window writes the length of a window as a person would set it: 5s and 1m0s, not 5.00s and 60.0s.
func Window(window time.Duration) string {
	switch {
	case window < time.Second:
		return Duration(window.Nanoseconds())
	case window < time.Minute:
		return window.Round(10 * time.Millisecond).String()
	default:
		return window.Round(time.Second).String()
	}
}

// Clock writes elapsed time as hours, minutes and seconds.
func Clock(elapsed time.Duration) string {
	seconds := int64(elapsed / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
