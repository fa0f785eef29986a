// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// stampedFleet plays a second of all signals, with events on all spans.
func stampedFleet(t *testing.T, content bool) *Fleet {
	t.Helper()
	metrics, logs := runtimemetrics.DefaultConfig(), DefaultLogsConfig()
	f := New(mustParse(t, `- {name: a, instances: 2, runtime: {model: tokio}, arrivals: {process: poisson, rate: 300}, workload: api_gateway}`), 1, Options{
		Signals: []Signal{Traces, Metrics, Logs}, Metrics: &metrics, Logs: &logs, TaskFields: true, PollEvents: 1, Run: "run-1", Verify: true, Content: content,
	})
	f.Advance(12 * second)
	f.StopArrivals()
	f.Advance(20 * second)
	require.True(t, f.EndIdle())
	return f
}

// contentOf reads the stamp among attributes. It must be that of the attributes as they are.
func contentOf(t *testing.T, attributes pcommon.Map, owner stamp.Owner, fields *stamp.Fields, count int) (c stamp.Content, id uint32) {
	t.Helper()
	raw := value(t, attributes, semconv.StampContent).Bytes().AsRaw()
	c, ok := stamp.ReadContent(raw, owner, count)
	require.True(t, ok)
	for i := range count {
		require.Equal(t, fields[i], c.Field(i))
	}
	i := 0
	for key, v := range attributes.All() {
		if stamp.IsStamp(key) {
			continue
		}
		wantKey, wantValue := c.Pair(i)
		require.Equal(t, wantKey, stamp.Key(key))
		require.Equal(t, wantValue, stamp.Value(v), key)
		i++
	}
	require.Equal(t, i, c.Pairs())
	return c, stamp.ID(raw)
}

// TestContentStamps: each item, its resource and its scope have a stamp of what they have, and the end markers the keys.
func TestContentStamps(t *testing.T) {
	f := stampedFleet(t, true)
	items, keys := [signals]int{}, map[string]bool{}
	place := func(r pcommon.Resource, schema string, s pcommon.InstrumentationScope, scopeSchema string) (resource, scope uint32) {
		ofResource, ofScope := stamp.ResourceContent(schema), stamp.ScopeContent(s, scopeSchema)
		_, resource = contentOf(t, r.Attributes(), stamp.Owner{}, &ofResource, stamp.ResourceFields)
		_, scope = contentOf(t, s.Attributes(), stamp.Owner{}, &ofScope, stamp.ScopeFields)
		return resource, scope
	}
	item := func(signal Signal, a pcommon.Map, fields stamp.Fields, resource, scope uint32) {
		items[signal]++
		owner := stamp.Owner{Identity: identityOf(t, a), Checksum: value(t, a, semconv.StampChecksum).Int()}
		c, _ := contentOf(t, a, owner, &fields, stamp.FieldCount(signal))
		require.Equal(t, resource, c.Resource())
		require.Equal(t, scope, c.Scope())
		for key := range a.All() {
			if !stamp.IsStamp(key) {
				keys[key] = true
			}
		}
	}
	for _, r := range f.Requests() {
		switch r.Signal {
		case Traces:
			for _, rs := range f.Traces(&r, epoch).ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					resource, scope := place(rs.Resource(), rs.SchemaUrl(), ss.Scope(), ss.SchemaUrl())
					for _, span := range ss.Spans().All() {
						item(Traces, span.Attributes(), stamp.SpanContent(span), resource, scope)
					}
				}
			}
		case Metrics:
			for _, rm := range f.Metrics(&r, epoch).ResourceMetrics().All() {
				for _, sm := range rm.ScopeMetrics().All() {
					resource, scope := place(rm.Resource(), rm.SchemaUrl(), sm.Scope(), sm.SchemaUrl())
					for _, m := range sm.Metrics().All() {
						eachPoint(m, func(a pcommon.Map, fields stamp.Fields) { item(Metrics, a, fields, resource, scope) })
					}
				}
			}
		default:
			for _, rl := range f.Logs(&r, epoch).ResourceLogs().All() {
				for _, sl := range rl.ScopeLogs().All() {
					resource, scope := place(rl.Resource(), rl.SchemaUrl(), sl.Scope(), sl.SchemaUrl())
					for _, record := range sl.LogRecords().All() {
						item(Logs, record.Attributes(), stamp.RecordContent(record), resource, scope)
					}
				}
			}
		}
	}
	for s, n := range items {
		assert.Greater(t, n, 50, Signal(s))
	}
	each(f.Traces(&f.EndMarkers(Traces)[0], epoch), func(_ pcommon.Map, _ string, span ptrace.Span) {
		says, intact, ok := stamp.ReadEnd(span.Attributes(), stamp.Span(span))
		require.True(t, intact && ok)
		for key := range keys {
			assert.Contains(t, says.Keys, key)
		}
		assert.Contains(t, says.Keys, semconv.ServiceName)
	})
}

func eachPoint(m pmetric.Metric, do func(pcommon.Map, stamp.Fields)) {
	if m.Type() == pmetric.MetricTypeExponentialHistogram {
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			do(p.Attributes(), stamp.ExponentialContent(m, p))
		}
		return
	}
	for _, p := range numberPoints(m).All() {
		do(p.Attributes(), stamp.NumberContent(m, p))
	}
}

// TestContentAddsOnlyStamps: but for its stamps, what is sent is what is sent without; and a request that is built again is the same.
func TestContentAddsOnlyStamps(t *testing.T) {
	with, without := stampedFleet(t, true), stampedFleet(t, false)
	strip := func(maps ...pcommon.Map) {
		for _, m := range maps {
			m.Remove(semconv.StampContent)
		}
	}
	bare := without.Requests()
	for i, r := range with.Requests() {
		switch r.Signal {
		case Traces:
			td := with.Traces(&r, epoch)
			require.Equal(t, td, with.Traces(&r, epoch))
			for _, rs := range td.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					strip(rs.Resource().Attributes(), ss.Scope().Attributes())
					for _, span := range ss.Spans().All() {
						strip(span.Attributes())
					}
				}
			}
			text, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
			require.NoError(t, err)
			want, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(without.Traces(&bare[i], epoch))
			require.NoError(t, err)
			require.True(t, slices.Equal(want, text))
		case Logs:
			ld := with.Logs(&r, epoch)
			for _, rl := range ld.ResourceLogs().All() {
				for _, sl := range rl.ScopeLogs().All() {
					strip(rl.Resource().Attributes(), sl.Scope().Attributes())
					for _, record := range sl.LogRecords().All() {
						strip(record.Attributes())
					}
				}
			}
			text, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
			require.NoError(t, err)
			want, err := (&plog.ProtoMarshaler{}).MarshalLogs(without.Logs(&bare[i], epoch))
			require.NoError(t, err)
			require.True(t, slices.Equal(want, text))
		default:
		}
	}
}
