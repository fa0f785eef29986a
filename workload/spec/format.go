// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"math"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// quote quotes the beginning of a text.
func quote(text string) string {
	if len(text) > longestQuote {
		text = text[:longestQuote] + "..."
	}
	return strconv.Quote(text)
}

const longestQuote = 60

func formatNumber(f float64) string {
	if a := math.Abs(f); a >= 1e-4 && a < 1e15 || f == 0 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// formatDuration writes 1h0m0s as 1h, and 1m0s as 1m. time.ParseDuration reads what it writes to the nanosecond.
func formatDuration(d sim.Time) string {
	s := d.Duration().String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// plainKey reports whether a key needs no quotes in a path.
func plainKey(key string) bool {
	return key != "" && len(key) <= longestQuote && strings.IndexFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}
