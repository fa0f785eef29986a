// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestConfiguredRuntimes(t *testing.T) {
	change := func(c *Config) {
		c.Runtimes = []RuntimeConfig{
			{Match: map[string]string{"service.name": "orders", "thread.name": "api-worker*"}, Name: "tokio"},
			{Match: map[string]string{"scope.name": "ingest*"}, Name: "smol"},
		}
	}
	for _, tt := range []struct {
		service, scope, thread string
		want                   any
	}{
		{"orders", "", "api-worker-1", "tokio"},
		{"stock", "", "api-worker-1", nil},
		{"stock", "ingest::http", "api-worker-1", "smol"},
		{"orders", "ingest::http", "api-worker-1", "tokio"},
		{"orders", "axum", "main", "tokio"}, // nobody had to configure it
	} {
		traces, spans := newService(tt.service)
		traces.ResourceSpans().At(0).ScopeSpans().At(0).Scope().SetName(tt.scope)
		addSpan(spans, "GET", ms).Attributes().PutStr(semconv.ThreadName, tt.thread)
		assert.Equal(t, tt.want, added(t, newTestProcessor(t, change), traces)[semconv.RuntimeName], tt)
	}
}

// A span of a service in another language, or of one without the tracing layer.
func TestSpansWithoutHintsGetLatencyOnly(t *testing.T) {
	p := newTestProcessor(t, nil)
	warmUp(t, p, "orders", "GET", 200)
	traces, spans := newService("orders")
	addSpan(spans, "GET", 5*ms).Attributes().PutStr(semconv.HTTPRequestMethod, "GET")
	got := added(t, p, traces)
	assert.Len(t, got, 2)
	assert.Contains(t, got, semconv.LatencyPercentile)
	assert.Contains(t, got, semconv.LatencyClass)
}

func TestTimesThatDoNotAddUpAreMarked(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		traces, spans := newService("orders")
		span := addSpan(spans, "GET", 10*ms)
		a := span.Attributes()
		a.PutInt(semconv.BusyNs, int64(4*ms))
		a.PutInt(semconv.IdleNs, int64(8*ms))
		if legacy {
			a.PutStr(semconv.CodeFilePathLegacy, "src/orders.rs")
		}
		assert.Equal(t, map[string]any{
			"async_runtime.busy_ratio":              0.4000244140625,
			"async_runtime.task.times_inconsistent": true,
		}, added(t, newTestProcessor(t, nil), traces))
	}
}

func TestQueueWaitFromTheFirstPoll(t *testing.T) {
	for _, tt := range []struct {
		name   string
		record func(ptrace.Span)
		want   any // estimate
	}{
		{"its delay", func(s ptrace.Span) { s.Attributes().PutInt(semconv.FirstPollDelayNs, 5_000) }, int64(5_000)},
		{"the only poll", func(s ptrace.Span) { s.Attributes().PutInt(semconv.PollCount, 1) }, int64(9 * ms)},
		{"two polls", func(s ptrace.Span) { s.Attributes().PutInt(semconv.PollCount, 2) }, nil},
		{"the only poll, as old layers tell it", func(s ptrace.Span) {
			s.Attributes().PutInt(semconv.PollCount, 1)
			s.Attributes().PutStr(semconv.CodeModuleNameLegacy, "orders")
		}, nil},
	} {
		traces, spans := newService("orders")
		span := addSpan(spans, "GET", 10*ms)
		addTracingAttributes(span, 1*ms, 9*ms)
		tt.record(span)
		got := added(t, newTestProcessor(t, nil), traces)
		assert.Equal(t, tt.want, got[semconv.QueueWaitEstimate], tt.name)
		if tt.want != nil {
			assert.Equal(t, "first_poll", got[semconv.QueueWaitSource], tt.name)
		} else {
			assert.NotContains(t, got, semconv.QueueWaitSource, tt.name)
		}
		assert.NotContains(t, got, semconv.QueueWaitNs, tt.name)
	}
}

// The Collector beside the service has derived everything and dropped the sources; the one behind it works with that.
func TestDerivedNamesAreReadFirst(t *testing.T) {
	traces, spans := newService("orders")
	span := addSpan(spans, "GET", 10*ms)
	addTracingAttributes(span, 2*ms, 8*ms)
	addTaskFields(span, 3*ms)
	before := span.Attributes().Len()

	sidecar := newTestProcessor(t, func(c *Config) { c.DropSourceAttributes = true })
	_, err := sidecar.processTraces(t.Context(), traces)
	require.NoError(t, err)
	for _, name := range []string{
		semconv.BusyNs, semconv.IdleNs, semconv.ThreadID, semconv.ThreadName, semconv.Target,
		semconv.CodeFilePath, semconv.CodeLineNumber, semconv.CodeModuleName,
	} {
		_, there := span.Attributes().Get(name)
		assert.False(t, there, name)
	}
	_, there := span.Attributes().Get(semconv.HTTPRoute)
	assert.True(t, there)
	assert.Equal(t, before-8+14, span.Attributes().Len(), "8 dropped, 14 derived")

	gateway := newTestProcessor(t, nil)
	removed := span.Attributes().Remove(semconv.IOWaitNs)
	require.True(t, removed)
	assert.Equal(t, map[string]any{"async_runtime.task.io_wait_ns": int64(5 * ms)}, added(t, gateway, traces),
		"from task.idle_ns and task.queue_wait_ns")
}

// tokio-metrics keeps the wait before the first poll apart from the others. A service that records only the latter as scheduled_ns
// does not get a measured queue wait of zero.
func TestQueueWaitIncludesTheFirst(t *testing.T) {
	traces, spans := newService("orders")
	span := addSpan(spans, "GET", 60*ms)
	addTracingAttributes(span, 1*ms, 59*ms)
	span.Attributes().PutInt(semconv.ScheduledNs, 0)
	span.Attributes().PutInt(semconv.FirstPollDelayNs, 53_211_032)
	got := added(t, newTestProcessor(t, nil), traces)
	assert.Equal(t, int64(53_211_032), got[semconv.QueueWaitNs])
	assert.Equal(t, "measured", got[semconv.QueueWaitSource])
	assert.Equal(t, int64(59*ms)-53_211_032, got[semconv.IOWaitNs])
	assert.Equal(t, []any{semconv.FindingStarved}, got[semconv.Finding])
}
