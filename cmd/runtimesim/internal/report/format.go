// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"
	"strconv"
)

// formatCount writes a count with commas.
func formatCount(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	grouped := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			grouped = append(grouped, ',')
		}
		grouped = append(grouped, digits[i])
	}
	return string(grouped)
}

// formatRate writes a number, 0 or more, with three digits, and larger ones as a count.
func formatRate(x float64) string {
	if x < 99.95 {
		return threeDigits(x)
	}
	return formatCount(uint64(math.Round(x)))
}

// formatShare writes a share from 0 to 1 as a percentage.
func formatShare(share float64) string { return threeDigits(share*100) + "%" }

// formatSeconds writes a time in seconds.
func formatSeconds(s float64) string {
	if ns := s * 1e9; ns < 1e12 {
		return formatDuration(int64(ns))
	}
	return formatRate(s) + "s"
}

// formatDuration writes a duration, 0 or more, with three digits and the unit that makes them at least 1.
func formatDuration(ns int64) string {
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

// threeDigits writes a number that is 0 or more with three digits, and the whole part of larger ones in full.
func threeDigits(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.1: // as many decimals as it takes
		return strconv.FormatFloat(x, 'g', 2, 64)
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
}
