// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

var noValue = pmetric.DefaultDataPointFlags.WithNoRecordedValue(true)

// TestPoints: what the checksum of a data point covers cannot be changed unseen.
func TestPoints(t *testing.T) {
	numbers := map[string]func(pmetric.NumberDataPoint){
		"nothing": func(pmetric.NumberDataPoint) {},
		"time":    func(p pmetric.NumberDataPoint) { p.SetTimestamp(8) },
		"value":   func(p pmetric.NumberDataPoint) { p.SetIntValue(8) },
		"flags":   func(p pmetric.NumberDataPoint) { p.SetFlags(noValue) },
	}
	sums := map[int64]string{}
	for name, change := range numbers {
		p := pmetric.NewNumberDataPoint()
		p.SetTimestamp(7)
		p.SetIntValue(7)
		change(p)
		notSeen(t, sums, name, NumberPoint("m", p))
	}

	exponentials := map[string]func(pmetric.ExponentialHistogramDataPoint){
		"nothing":    func(pmetric.ExponentialHistogramDataPoint) {},
		"time":       func(p pmetric.ExponentialHistogramDataPoint) { p.SetTimestamp(8) },
		"count":      func(p pmetric.ExponentialHistogramDataPoint) { p.SetCount(8) },
		"sum":        func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(8) },
		"zero count": func(p pmetric.ExponentialHistogramDataPoint) { p.SetZeroCount(1) },
		"flags":      func(p pmetric.ExponentialHistogramDataPoint) { p.SetFlags(noValue) },
	}
	sums = map[int64]string{}
	for name, change := range exponentials {
		p := pmetric.NewExponentialHistogramDataPoint()
		p.SetTimestamp(7)
		p.SetCount(7)
		p.SetSum(7)
		change(p)
		notSeen(t, sums, name, ExponentialPoint("m", p))
	}

	histograms := map[string]func(pmetric.HistogramDataPoint){
		"nothing": func(pmetric.HistogramDataPoint) {},
		"time":    func(p pmetric.HistogramDataPoint) { p.SetTimestamp(8) },
		"count":   func(p pmetric.HistogramDataPoint) { p.SetCount(8) },
		"sum":     func(p pmetric.HistogramDataPoint) { p.SetSum(8) },
		"flags":   func(p pmetric.HistogramDataPoint) { p.SetFlags(noValue) },
	}
	sums = map[int64]string{}
	for name, change := range histograms {
		p := pmetric.NewHistogramDataPoint()
		p.SetTimestamp(7)
		p.SetCount(7)
		p.SetSum(7)
		change(p)
		notSeen(t, sums, name, HistogramPoint("m", p))
	}
}

func notSeen(t *testing.T, sums map[int64]string, name string, sum int64) {
	t.Helper()
	assert.NotContains(t, sums, sum, name)
	sums[sum] = name
}
