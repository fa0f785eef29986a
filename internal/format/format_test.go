// SPDX-License-Identifier: Apache-2.0

package format

import (
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{
		0:                 "0",
		999:               "999",
		1_000:             "1,000",
		22_431:            "22,431",
		999_999:           "999,999",
		1_000_000:         "1,000,000",
		999_999_999_999:   "999,999,999,999",
		1_000_000_000_000: "1.00e+12",
		math.MaxUint64:    "1.84e+19",
	} {
		assert.Equal(t, want, Count(n))
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[int64]string{
		0:                               "0",
		1:                               "1ns",
		999:                             "999ns",
		1_000:                           "1.00µs",
		1_024:                           "1.02µs",
		9_994:                           "9.99µs",
		9_996:                           "10.0µs",
		99_949:                          "99.9µs",
		99_951:                          "100µs",
		870_000:                         "870µs",
		999_499:                         "999µs",
		999_500:                         "1.00ms",
		1_234_567:                       "1.23ms",
		999_499_999:                     "999ms",
		999_500_000:                     "1.00s",
		(5 * time.Second).Nanoseconds(): "5.00s",
		time.Hour.Nanoseconds():         "3600s",
		math.MaxInt64:                   "9223372037s",
	} {
		assert.Equal(t, want, Duration(ns))
	}
}

// The histogram tells the fastest and the slowest only as "beyond my range"; a figure for them would be made up.
func TestQuantile(t *testing.T) {
	for ns, want := range map[int64]string{
		0:       "≤1.02µs",
		512:     "≤1.02µs",
		1_024:   "≤1.02µs",
		1_030:   "1.03µs",
		1 << 36: "68.7s",
		1 << 37: ">137s",
	} {
		assert.Equal(t, want, Quantile(ns))
	}
}

func TestRate(t *testing.T) {
	for rate, want := range map[float64]string{
		0:                  "0",
		0.001:              "0.001",
		0.0123:             "0.012",
		0.2:                "0.20",
		9.994:              "9.99",
		9.996:              "10.0",
		99.94:              "99.9",
		99.96:              "100",
		1_498.4:            "1,498",
		math.MaxUint64 / 2: "9.22e+18",
		1e28:               "1.00e+28",
	} {
		assert.Equal(t, want, Rate(rate))
	}
}

func TestShare(t *testing.T) {
	for share, want := range map[float64]string{
		0:      "0%",
		0.0101: "1.01%",
		0.123:  "12.3%",
		0.9999: "100%",
		1:      "100%",
	} {
		assert.Equal(t, want, Share(share))
	}
}

func TestWindow(t *testing.T) {
	for window, want := range map[time.Duration]string{
		100 * time.Millisecond:               "100ms",
		5*time.Second + 120*time.Microsecond: "5s",
		14_970 * time.Millisecond:            "14.97s",
		time.Minute - time.Microsecond:       "1m0s",
		10*time.Minute + 3*time.Millisecond:  "10m0s",
	} {
		assert.Equal(t, want, Window(window))
	}
}

func TestClock(t *testing.T) {
	for elapsed, want := range map[time.Duration]string{
		0:                                     "00:00:00",
		15*time.Second + 999*time.Millisecond: "00:00:15",
		100*time.Hour + 59*time.Minute:        "100:59:00",
	} {
		assert.Equal(t, want, Clock(elapsed))
	}
}

// No text is wider than promised, whatever the number.
func TestWidth(t *testing.T) {
	cells := []string{
		Count(maxGrouped), Count(math.MaxUint64), Rate(maxGrouped), Rate(99.94),
		Duration(math.MaxInt64), Quantile(0), Quantile(math.MaxInt64), Share(0.999), Share(1),
	}
	for _, cell := range cells {
		assert.LessOrEqual(t, utf8.RuneCountInString(cell), Width, cell)
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1_000: "1,000", 1_000_000_000_000: "1,000,000,000,000"} {
		assert.Equal(t, want, Grouped(n))
	}
	for n, want := range map[int64]string{-1: "-1", -100: "-100", -1_000: "-1,000", -123_456: "-123,456"} {
		assert.Equal(t, want, Grouped(n))
	}
}

func TestSeconds(t *testing.T) {
	for s, want := range map[float64]string{0: "0", 0.0025: "2.50ms", 12.5: "12.5s", 2_500: "2,500s"} {
		assert.Equal(t, want, Seconds(s))
	}
}
