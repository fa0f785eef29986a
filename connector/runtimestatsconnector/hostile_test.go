// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// exported returns what the connector makes of traces.
func exported(t *testing.T, all ...ptrace.Traces) pmetric.Metrics {
	t.Helper()
	sink := new(consumertest.MetricsSink)
	c, err := newStatsConnector(createDefaultConfig().(*Config), componenttest.NewNopTelemetrySettings(), sink)
	require.NoError(t, err)
	for _, traces := range all {
		require.NoError(t, c.ConsumeTraces(t.Context(), traces))
	}
	c.export(t.Context(), time.Now())
	if len(sink.AllMetrics()) == 0 {
		return pmetric.NewMetrics() // no span has a duration
	}
	return sink.AllMetrics()[0]
}

// requireStrict checks what a strict backend asks for, once per resource and metric: every text is UTF-8, and no two data points
// have the same attributes.
func requireStrict(t *testing.T, metrics pmetric.Metrics) (series int) {
	t.Helper()
	seen := map[string]bool{}
	for _, resourceMetrics := range metrics.ResourceMetrics().All() {
		resource := resourceMetrics.Resource().Attributes()
		namespace, service := text(resource, semconv.ServiceNamespace), text(resource, semconv.ServiceName)
		for _, metric := range resourceMetrics.ScopeMetrics().At(0).Metrics().All() {
			for _, point := range metric.ExponentialHistogram().DataPoints().All() {
				parts := []string{metric.Name(), namespace, service}
				for name, value := range point.Attributes().All() {
					parts = append(parts, name, value.AsString())
				}
				identity := strings.Join(parts, "\x00\x00")
				require.True(t, utf8.ValidString(identity), "%q", identity)
				require.False(t, seen[identity], "twice: %q", identity)
				seen[identity] = true
			}
		}
	}
	return len(seen)
}

// A name is cut at 256 bytes, which may be within a character; or it was no UTF-8 to begin with.
func TestNamesAreUTF8(t *testing.T) {
	long := strings.Repeat("x", 255)
	traces, spans := newTraces(long + "é")
	for _, name := range []string{long + "é", long + "🦀", "GET \xff", "GET \xfe", "GET \xfe\xff", "\xed\xa0\x80", ""} {
		addSpan(spans, name, ms)
	}
	other, spans := newTraces("orders\xc3")
	resource := other.ResourceSpans().At(0).Resource().Attributes()
	resource.PutStr(semconv.ServiceNamespace, long+"é")
	resource.PutStr(semconv.DeploymentEnvironmentName, "\xff")
	addSpan(spans, "GET", ms).PutStr(semconv.HTTPRoute, "/\xff")
	assert.Equal(t, 5, requireStrict(t, exported(t, traces, other)), "what reads the same is counted together")
}

// A kind that OTLP does not know has no name, like the unspecified one.
func TestKindsThatAreNone(t *testing.T) {
	traces, spans := newTraces("orders")
	for _, kind := range []ptrace.SpanKind{ptrace.SpanKindUnspecified, 6, 7, math.MaxInt32, -1, math.MinInt32} {
		addSpan(spans, "GET", ms)
		spans.At(spans.Len() - 1).SetKind(kind)
	}
	assert.Equal(t, 1, requireStrict(t, exported(t, traces)))
}

// A service's name as 800,000 nested arrays, 7.5 MB of protobuf, overflows the stack of whoever looks into it. So does any part of a key.
func TestNestedNames(t *testing.T) {
	traces, spans := newTraces("")
	nest := func(attributes pcommon.Map, name string) {
		value := attributes.PutEmptySlice(name)
		for range 800_000 {
			value = value.AppendEmpty().SetEmptySlice()
		}
	}
	resource := traces.ResourceSpans().At(0).Resource().Attributes()
	nest(resource, semconv.ServiceName)
	nest(resource, semconv.ServiceNamespace)
	nest(resource, semconv.DeploymentEnvironmentName)
	nest(addSpan(spans, "GET", ms), semconv.HTTPRoute)
	metrics := exported(t, traces)
	assert.Equal(t, 1, requireStrict(t, metrics))
	assert.Empty(t, text(metrics.ResourceMetrics().At(0).Resource().Attributes(), semconv.ServiceName))
}

// One time that cannot be would spoil the sum of its series for as long as that lives.
func TestImpossibleTimesAreNotAddedUp(t *testing.T) {
	traces, spans := newTraces("orders")
	addSpan(spans, "GET", 10*ms).PutInt(semconv.BusyNs, 4*ms)
	for _, impossible := range []int64{12 * ms, math.MaxInt64, -1, math.MinInt64} {
		attributes := addSpan(spans, "GET", 10*ms)
		attributes.PutInt(semconv.BusyNs, impossible)
		attributes.PutInt(semconv.ScheduledNs, impossible)
	}
	addSpan(spans, "GET", 10*ms).PutInt(semconv.BusyNs, 10*ms+40_000) // what a debug build of the service records
	addSpan(spans, "GET", 1)
	spans.At(spans.Len() - 1).SetEndTimestamp(math.MaxUint64)

	metrics := exported(t, traces).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	require.Equal(t, 2, metrics.Len(), "no queue wait")
	durations, busies := metrics.At(0).ExponentialHistogram().DataPoints().At(0), metrics.At(1).ExponentialHistogram().DataPoints().At(0)
	assert.Equal(t, uint64(6), durations.Count())
	assert.Equal(t, float64(60*ms), durations.Sum())
	assert.Equal(t, uint64(2), busies.Count())
	assert.Equal(t, float64(14*ms), busies.Sum())
}

// Whatever bytes arrive, what leaves is what a strict backend takes.
func FuzzWhatLeavesIsStrict(f *testing.F) {
	var marshaler ptrace.ProtoMarshaler
	traces, spans := newTraces(strings.Repeat("x", 255) + "é")
	for _, name := range []string{"GET \xff", "GET \xfe", strings.Repeat("x", 255) + "🦀"} {
		addSpan(spans, name, ms).PutInt(semconv.BusyNs, math.MaxInt64)
	}
	spans.At(0).SetKind(7)
	seed, err := marshaler.MarshalTraces(traces)
	require.NoError(f, err)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var unmarshaler ptrace.ProtoUnmarshaler
		if traces, err := unmarshaler.UnmarshalTraces(data); err == nil {
			requireStrict(t, exported(t, traces))
		}
	})
}
