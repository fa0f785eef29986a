// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

var noValue = pmetric.DefaultDataPointFlags.WithNoRecordedValue(true)

// TestPoints: what the checksum of a data point covers cannot be changed unseen.
func TestPoints(t *testing.T) {
	numbers := map[string]func(pmetric.NumberDataPoint){
		"nothing": func(pmetric.NumberDataPoint) {},
		"time":    func(p pmetric.NumberDataPoint) { p.SetTimestamp(8) },
		"value":   func(p pmetric.NumberDataPoint) { p.SetIntValue(8) },
		"zero":    func(p pmetric.NumberDataPoint) { p.SetIntValue(0) },
		"no int":  func(p pmetric.NumberDataPoint) { p.SetDoubleValue(0) },
		"none":    func(p pmetric.NumberDataPoint) { pmetric.NewNumberDataPoint().CopyTo(p); p.SetTimestamp(7) },
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
		"sum 0":      func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(0) },
		"no sum":     func(p pmetric.ExponentialHistogramDataPoint) { p.RemoveSum() },
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
		"sum 0":   func(p pmetric.HistogramDataPoint) { p.SetSum(0) },
		"no sum":  func(p pmetric.HistogramDataPoint) { p.RemoveSum() },
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

// TestBodies: a body is told from all others, of whatever type.
func TestBodies(t *testing.T) {
	sums := map[int64]string{}
	for name, fill := range map[string]func(pcommon.Value){
		"none": func(pcommon.Value) {}, "no text": func(v pcommon.Value) { v.SetStr("") }, "text": func(v pcommon.Value) { v.SetStr("1") },
		"0": func(v pcommon.Value) { v.SetInt(0) }, "1": func(v pcommon.Value) { v.SetInt(1) }, "0.0": func(v pcommon.Value) { v.SetDouble(0) },
		"false": func(v pcommon.Value) { v.SetBool(false) }, "true": func(v pcommon.Value) { v.SetBool(true) },
		"no bytes": func(v pcommon.Value) { v.SetEmptyBytes() }, "no list": func(v pcommon.Value) { v.SetEmptySlice() },
		"no map": func(v pcommon.Value) { v.SetEmptyMap() }, "a list": func(v pcommon.Value) { v.SetEmptySlice().AppendEmpty().SetInt(1) },
		"a map": func(v pcommon.Value) { v.SetEmptyMap().PutInt("a", 1) },
	} {
		r := plog.NewLogRecord()
		fill(r.Body())
		notSeen(t, sums, name, Record(r))
	}
}

// TestExemplars: so is an exemplar.
func TestExemplars(t *testing.T) {
	sums := map[int64]string{}
	for name, fill := range map[string]func(pmetric.Exemplar){
		"none": func(pmetric.Exemplar) {}, "0": func(e pmetric.Exemplar) { e.SetIntValue(0) }, "0.0": func(e pmetric.Exemplar) { e.SetDoubleValue(0) },
		"time": func(e pmetric.Exemplar) { e.SetTimestamp(1) }, "attribute": func(e pmetric.Exemplar) { e.FilteredAttributes().PutStr("a", "") },
	} {
		all := pmetric.NewExemplarSlice()
		fill(all.AppendEmpty())
		notSeen(t, sums, name, int64(exemplars(all)))
	}
	notSeen(t, sums, "no exemplar", int64(exemplars(pmetric.NewExemplarSlice())))
}

func notSeen(t *testing.T, sums map[int64]string, name string, sum int64) {
	t.Helper()
	assert.NotContains(t, sums, sum, name)
	sums[sum] = name
}
