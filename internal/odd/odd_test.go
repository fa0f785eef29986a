// SPDX-License-Identifier: Apache-2.0

package odd

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var times = Times{Start: 1_700_000_000_000_000_000, At: 1_700_000_000_001_000_000}

// made is an item of a kind, as a request of OTLP.
func made(t *testing.T, k *Kind) []byte {
	t.Helper()
	resource := func(r pcommon.Resource) {
		r.Attributes().PutStr(semconv.ServiceName, "a")
		k.Resource(r)
	}
	attributes := func(m pcommon.Map) {
		var b xpdata.MapBuilder
		k.Attributes(&b)
		b.UnsafeIntoMap(m)
	}
	trace, span := pcommon.TraceID{1}, pcommon.SpanID{2}
	var otlp []byte
	var err error
	switch k.Signal {
	case semconv.SignalTraces:
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		resource(rs.Resource())
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(trace)
		s.SetSpanID(span)
		k.Span(s, times)
		attributes(s.Attributes())
		otlp, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	case semconv.SignalLogs:
		ld := plog.NewLogs()
		rl := ld.ResourceLogs().AppendEmpty()
		resource(rl.Resource())
		r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		r.SetTraceID(trace)
		r.SetSpanID(span)
		k.Record(r, times)
		attributes(r.Attributes())
		otlp, err = (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	default:
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		resource(rm.Resource())
		m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		k.Metric(m, times)
		require.Equal(t, 1, md.DataPointCount(), k.Name)
		if m.Type() == pmetric.MetricTypeGauge {
			attributes(m.Gauge().DataPoints().At(0).Attributes())
		}
		otlp, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	}
	require.NoError(t, err, k.Name)
	return otlp
}

// TestKinds: each kind has a name of its own that stamps can carry, and makes of an ordinary item another one than all others do.
func TestKinds(t *testing.T) {
	require.LessOrEqual(t, len(Kinds()), stamp.MostOddKinds)
	names, items := map[string]bool{}, map[string]string{}
	for _, k := range Kinds() {
		assert.False(t, names[k.Name], k.Name)
		names[k.Name] = true
		assert.LessOrEqual(t, len(k.Name), stamp.LongestOddKind, k.Name)
		assert.NotEmpty(t, k.Has, k.Name)

		named := *k
		named.Name = "x" // what the kind itself makes, without what it is called
		item := string(made(t, &named))
		assert.Empty(t, items[item], "%s makes the same", k.Name)
		items[item] = k.Name
		assert.Equal(t, item, string(made(t, &named)), "%s: made again", k.Name)
		ordinary := Kind{Name: "x", Signal: k.Signal}
		assert.NotEqual(t, string(made(t, &ordinary)), item, "%s is ordinary", k.Name)
	}
}

func TestSelects(t *testing.T) {
	for _, pattern := range []string{"*", "span.*", "span.own*", "span.own_parent"} {
		assert.True(t, Selects(pattern, "span.own_parent"), pattern)
		assert.True(t, AnySelected(pattern), pattern)
	}
	for _, pattern := range []string{"", "span", "log.*", "span.own_parents", "x*"} {
		assert.False(t, Selects(pattern, "span.own_parent"), pattern)
	}
	assert.False(t, AnySelected("trace.*"))
}
