// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const ms = time.Millisecond

// epoch is when the spans of a test start: with its last processor, which is not longer ago than a window reaches, however long the tests before took.
var epoch = time.Now()

// newService returns traces with one resource, without process.runtime.name, and the slice that takes its spans.
func newService(name string) (ptrace.Traces, ptrace.SpanSlice) {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, name)
	return traces, resource.ScopeSpans().AppendEmpty().Spans()
}

// addSpan adds a server span of the given duration without attributes.
func addSpan(spans ptrace.SpanSlice, name string, duration time.Duration) ptrace.Span {
	span := spans.AppendEmpty()
	span.SetName(name)
	span.SetKind(ptrace.SpanKindServer)
	span.SetTraceID(pcommon.TraceID{1, byte(spans.Len())})
	span.SetSpanID(pcommon.SpanID{2, byte(spans.Len())})
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(duration)))
	return span
}

// addTracingAttributes adds what tracing-opentelemetry writes on a span of a Tokio service, and the HTTP conventions.
func addTracingAttributes(span ptrace.Span, busy, idle time.Duration) {
	a := span.Attributes()
	a.PutStr(semconv.HTTPRequestMethod, "GET")
	a.PutStr(semconv.HTTPRoute, "/orders/{id}")
	a.PutInt(semconv.HTTPStatusCode, 200)
	a.PutStr(semconv.CodeFilePath, "src/orders.rs")
	a.PutStr(semconv.CodeModuleName, "orders::http")
	a.PutInt(semconv.CodeLineNumber, 118)
	a.PutInt(semconv.ThreadID, 7)
	a.PutStr(semconv.ThreadName, semconv.ThreadTokio)
	a.PutStr(semconv.Target, "orders::http")
	a.PutInt(semconv.BusyNs, int64(busy))
	a.PutInt(semconv.IdleNs, int64(idle))
}

// addTaskFields adds what a service with wrapped futures records.
func addTaskFields(span ptrace.Span, queueWait time.Duration) {
	a := span.Attributes()
	a.PutInt(semconv.PollCount, 3)
	a.PutInt(semconv.ScheduledNs, int64(queueWait))
	a.PutInt(semconv.FirstPollDelayNs, int64(queueWait/2))
	a.PutInt(semconv.LongestPollNs, int64(100*time.Microsecond))
	a.PutInt(semconv.StealCount, 1)
	a.PutInt(semconv.ForcedYieldCount, 0)
	a.PutInt(semconv.TaskID, 4711)
	a.PutInt(semconv.WorkerIndex, 2)
}

// newTestProcessor returns a processor that nobody ticks, with the defaults as changed by the test.
func newTestProcessor(tb testing.TB, change func(*Config)) *statsProcessor {
	tb.Helper()
	epoch = time.Now()
	cfg := createDefaultConfig().(*Config)
	if change != nil {
		change(cfg)
	}
	require.NoError(tb, cfg.Validate())
	p, err := newStatsProcessor(cfg, nopSettings())
	require.NoError(tb, err)
	p.join = newJoin(cfg.Join.settings())
	tb.Cleanup(func() { require.NoError(tb, p.shutdown(tb.Context())) })
	return p
}

// warmUp sends n spans of 1, 2, ..., 10, 1, 2, ... milliseconds.
func warmUp(tb testing.TB, p *statsProcessor, service, operation string, n int) {
	tb.Helper()
	traces, spans := newService(service)
	for i := range n {
		addSpan(spans, operation, time.Duration(i%10+1)*ms)
	}
	_, err := p.processTraces(tb.Context(), traces)
	require.NoError(tb, err)
}
