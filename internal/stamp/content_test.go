// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestContent: a stamp has a pair for each attribute but stamps, and belongs to one owner.
func TestContent(t *testing.T) {
	a := pcommon.NewMap()
	a.PutStr("http.route", "/orders/{id}")
	a.PutStr(semconv.StampRun, "r")
	a.PutInt("http.response.status_code", 200)
	var keys Keys
	of, fields := Owner{Identity: 7, Checksum: -1}, Fields{1, 2, 3}
	b := AppendContent([]byte("before"), of, 11, 12, &fields, 3, a, &keys)[len("before"):]
	c, ok := ReadContent(b, of, 3)
	require.True(t, ok)
	assert.EqualValues(t, 11, c.Resource())
	assert.EqualValues(t, 12, c.Scope())
	for i := range 3 {
		assert.Equal(t, fields[i], c.Field(i))
	}
	require.Equal(t, 2, c.Pairs())
	key, value := c.Pair(1)
	assert.Equal(t, Key("http.response.status_code"), key)
	assert.Equal(t, Value(pcommon.NewValueInt(200)), value)
	assert.Equal(t, []string{"http.response.status_code", "http.route"}, keys.Names())

	for name, other := range map[string]Owner{"another number": {8, -1}, "another checksum": {7, 1}} {
		_, ok = ReadContent(b, other, 3)
		assert.False(t, ok, name)
	}
	for i := range b {
		damaged := append([]byte{}, b...)
		damaged[i]++
		_, ok = ReadContent(damaged, of, 3)
		assert.False(t, ok, "byte %d", i)
		_, ok = ReadContent(b[:i], of, 3)
		assert.False(t, ok, "cut off after %d bytes", i)
	}
	_, ok = ReadContent(b, of, 4)
	assert.False(t, ok, "another number of fields")
}

// TestContentBounds: neither a stamp nor the keys of an end marker grow without end, and what a source sends can be read.
func TestContentBounds(t *testing.T) {
	a := pcommon.NewMap()
	a.EnsureCapacity(3000)
	for i := range 3000 {
		a.PutInt(fmt.Sprint("key", i), 1)
	}
	var keys Keys
	var fields Fields
	for range 2 {
		b := AppendContent(nil, Owner{}, 0, 0, &fields, 1, a, &keys)
		c, ok := ReadContent(b, Owner{}, 1)
		require.True(t, ok)
		assert.Equal(t, MostPairs, c.Pairs())
	}
	assert.Len(t, keys.Names(), MostPairs)
	for i := range 3000 {
		keys.note(Key(fmt.Sprint("other", i)), fmt.Sprint("other", i))
	}
	assert.Len(t, keys.Names(), mostKeys)
	var none *Keys
	none.note(1, "x")
	assert.Nil(t, none.Names())
}

// TestValues: two values that differ have different hashes, also where they read the same.
func TestValues(t *testing.T) {
	list := func(of ...string) pcommon.Value {
		v := pcommon.NewValueSlice()
		for _, s := range of {
			v.Slice().AppendEmpty().SetStr(s)
		}
		return v
	}
	entries := func(of ...string) pcommon.Value {
		v := pcommon.NewValueMap()
		for i := 0; i < len(of); i += 2 {
			v.Map().PutStr(of[i], of[i+1])
		}
		return v
	}
	bytes := pcommon.NewValueBytes()
	bytes.Bytes().FromRaw([]byte("1"))
	seen := map[uint32]pcommon.Value{}
	for _, v := range []pcommon.Value{
		pcommon.NewValueEmpty(), pcommon.NewValueStr(""), pcommon.NewValueStr("1"), pcommon.NewValueInt(1), pcommon.NewValueInt(-1),
		pcommon.NewValueDouble(1), pcommon.NewValueDouble(math.NaN()), pcommon.NewValueBool(true), pcommon.NewValueBool(false), bytes,
		pcommon.NewValueBytes(), list(), list("a", "b"), list("b", "a"), list("ab"), entries(), entries("a", "b"), entries("b", "a"),
		entries("a", "b", "c", "d"), pcommon.NewValueInt(0),
	} {
		was, known := seen[Value(v)]
		assert.False(t, known, "%v and %v", was, v)
		assert.NotZero(t, Value(v))
		seen[Value(v)] = v
	}
	assert.Equal(t, Value(entries("a", "b", "c", "d")), Value(entries("c", "d", "a", "b")), "a map has no order")

	deep := pcommon.NewValueEmpty()
	for range 10_000 { // a walk all the way down would take the stack
		outer := pcommon.NewValueSlice()
		deep.MoveTo(outer.Slice().AppendEmpty())
		deep = outer
	}
	assert.NotZero(t, Value(deep))
}

// TestFields: whatever a field holds cannot be changed unseen, and a change of one is none of another.
func TestFields(t *testing.T) {
	check := func(s semconv.Signal, name string, was, is Fields) {
		t.Helper()
		for i := range FieldCount(s) {
			what := "core"
			if i > 0 {
				what = FieldNames[s][i-1]
			}
			if what == name {
				assert.NotEqual(t, was[i], is[i], name)
			} else {
				assert.Equal(t, was[i], is[i], "%s, of which only %s was changed", what, name)
			}
		}
	}
	for name, change := range map[string]func(ptrace.Span){
		"span.name": func(s ptrace.Span) { s.SetName("x") }, "span.status": func(s ptrace.Span) { s.Status().SetMessage("x") },
		"span.trace_state": func(s ptrace.Span) { s.TraceState().FromRaw("x") }, "span.flags": func(s ptrace.Span) { s.SetFlags(1) },
		"span.events": func(s ptrace.Span) { s.Events().AppendEmpty() }, "span.links": func(s ptrace.Span) { s.Links().AppendEmpty() },
		"core": func(s ptrace.Span) { s.SetKind(ptrace.SpanKindClient) },
	} {
		s := ptrace.NewSpan()
		was := SpanContent(s)
		change(s)
		check(semconv.SignalTraces, name, was, SpanContent(s))
	}
	for name, change := range map[string]func(plog.LogRecord){
		"log.body": func(r plog.LogRecord) { r.Body().SetStr("x") }, "log.severity_number": func(r plog.LogRecord) { r.SetSeverityNumber(9) },
		"log.severity_text": func(r plog.LogRecord) { r.SetSeverityText("x") }, "log.observed_time": func(r plog.LogRecord) { r.SetObservedTimestamp(1) },
		"log.event_name": func(r plog.LogRecord) { r.SetEventName("x") }, "log.flags": func(r plog.LogRecord) { r.SetFlags(1) },
		"core": func(r plog.LogRecord) { r.SetTimestamp(1) },
	} {
		r := plog.NewLogRecord()
		was := RecordContent(r)
		change(r)
		check(semconv.SignalLogs, name, was, RecordContent(r))
	}
	for name, change := range map[string]func(pmetric.Metric, pmetric.ExponentialHistogramDataPoint){
		"metric.name":        func(m pmetric.Metric, _ pmetric.ExponentialHistogramDataPoint) { m.SetName("x") },
		"metric.description": func(m pmetric.Metric, _ pmetric.ExponentialHistogramDataPoint) { m.SetDescription("x") },
		"metric.unit":        func(m pmetric.Metric, _ pmetric.ExponentialHistogramDataPoint) { m.SetUnit("x") },
		"metric.type": func(m pmetric.Metric, _ pmetric.ExponentialHistogramDataPoint) {
			m.ExponentialHistogram().SetAggregationTemporality(1)
		},
		"datapoint.start_time": func(_ pmetric.Metric, p pmetric.ExponentialHistogramDataPoint) { p.SetStartTimestamp(1) },
		"datapoint.buckets":    func(_ pmetric.Metric, p pmetric.ExponentialHistogramDataPoint) { p.Negative().BucketCounts().Append(1) },
		"metric.metadata":      func(m pmetric.Metric, _ pmetric.ExponentialHistogramDataPoint) { m.Metadata().PutStr("a", "") },
		"datapoint.exemplars":  func(_ pmetric.Metric, p pmetric.ExponentialHistogramDataPoint) { p.Exemplars().AppendEmpty() },
		"core":                 func(_ pmetric.Metric, p pmetric.ExponentialHistogramDataPoint) { p.SetCount(1) },
	} {
		m := pmetric.NewMetric()
		p := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
		was := ExponentialContent(m, p)
		change(m, p)
		check(semconv.SignalMetrics, name, was, ExponentialContent(m, p))
	}
}

// TestEmptyBuckets: an exponential histogram is the same with empty buckets before and after.
func TestEmptyBuckets(t *testing.T) {
	of := func(offset int32, counts ...uint64) uint32 {
		m := pmetric.NewMetric()
		p := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
		p.Positive().SetOffset(offset)
		p.Positive().BucketCounts().FromRaw(counts)
		return ExponentialContent(m, p)[6]
	}
	was := of(3, 1, 0, 2)
	assert.Equal(t, was, of(3, 1, 0, 2, 0, 0))
	assert.Equal(t, was, of(1, 0, 0, 1, 0, 2))
	for _, other := range []uint32{of(3, 1, 2), of(2, 1, 0, 2), of(3, 1, 0, 3), of(3, 1, 0, 2, 1), of(3)} {
		assert.NotEqual(t, was, other)
	}
	assert.Equal(t, of(0), of(7, 0, 0))
}

// FuzzContent reads any bytes: what is read can be looked at, whatever it is.
func FuzzContent(f *testing.F) {
	a := pcommon.NewMap()
	a.PutStr("a", "b")
	f.Add(AppendContent(nil, Owner{}, 1, 2, &Fields{1, 2, 3, 4, 5, 6, 7}, 7, a, nil), uint64(0), int64(0), byte(7))
	f.Add([]byte{contentVersion}, uint64(1), int64(2), byte(0))
	f.Fuzz(func(_ *testing.T, b []byte, sequence uint64, checksum int64, fields byte) {
		n := int(fields) % (MostFields + 1)
		c, ok := ReadContent(b, Owner{Identity(sequence), checksum}, n)
		if !ok {
			return
		}
		_, _ = c.Resource(), c.Scope()
		for i := range n {
			_ = c.Field(i)
		}
		for i := range c.Pairs() {
			_, _ = c.Pair(i)
		}
	})
}
