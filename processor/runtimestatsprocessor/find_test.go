// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// addTask adds a span of a task that was polled so long in so many polls and waited so long for a worker.
func addTask(spans ptrace.SpanSlice, name string, duration, busy, longest time.Duration, polls int64, queueWait time.Duration) ptrace.Span {
	span := addSpan(spans, name, duration)
	a := span.Attributes()
	a.PutInt(semconv.BusyNs, int64(busy))
	a.PutInt(semconv.IdleNs, int64(duration-busy))
	a.PutInt(semconv.LongestPollNs, int64(longest))
	a.PutInt(semconv.PollCount, polls)
	a.PutInt(semconv.ScheduledNs, int64(queueWait))
	return span
}

func findingsOf(span ptrace.Span) []any {
	if list, ok := span.Attributes().Get(semconv.Finding); ok {
		return list.Slice().AsRaw()
	}
	return nil
}

func process(t *testing.T, p *statsProcessor, traces ptrace.Traces) {
	t.Helper()
	_, err := p.processTraces(t.Context(), traces)
	require.NoError(t, err)
}

// A login that blocks its worker for 20 ms, and what it does to the requests beside it.
func TestALoginThatBlocks(t *testing.T) {
	pipelines := newPipelines(t, func(*Config) {})
	traces, spans := newService("orders")
	healthy := addTask(spans, "GET /health", 60*time.Microsecond, 10*time.Microsecond, 10*time.Microsecond, 1, 50*time.Microsecond)
	victim := addTask(spans, "GET /health", 15*ms, 10*time.Microsecond, 10*time.Microsecond, 1, 14*ms)
	blocker := addTask(spans, "POST /login", 20*ms, 20*ms, 20*ms, 1, 0)
	plain := addSpan(spans, "POST /login", 20*ms) // of a service without task fields
	addTracingAttributes(plain, 20*ms, 0)
	foreign := addSpan(spans, "POST /login", 20*ms) // of one in another language
	require.NoError(t, pipelines.traces.ConsumeTraces(t.Context(), traces))

	assert.Nil(t, findingsOf(healthy))
	assert.Equal(t, []any{"queue_starved"}, findingsOf(victim))
	assert.Equal(t, []any{"blocking_suspected"}, findingsOf(blocker))
	assert.Equal(t, []any{"blocking_suspected"}, findingsOf(plain))
	assert.Nil(t, findingsOf(foreign))
	source, _ := plain.Attributes().Get(semconv.QueueWaitSource)
	assert.Equal(t, "none", source.Str(), "it may have waited, too")

	metadatatest.AssertEqualProcessorRuntimeStatsFindings(t, pipelines.telemetry, []metricdata.DataPoint[int64]{
		point(1, attribute.String("finding", "queue_starved")),
		point(2, attribute.String("finding", "blocking_suspected")),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorRuntimeStatsQueueWaitSpans(t, pipelines.telemetry, []metricdata.DataPoint[int64]{
		point(3, attribute.String("source", "measured")),
		point(2, attribute.String("source", "none")),
	}, metricdatatest.IgnoreTimestamp())
}

// A span is polled while its children are: who of them took the time is told by what remains. That holds whether or not the
// sources are dropped.
func TestChildrenExplainTheirParent(t *testing.T) {
	for _, drop := range []bool{false, true} {
		p := newTestProcessor(t, func(c *Config) { c.DropSourceAttributes = drop })
		for round := range 2 { // after the first it is known that the child runs inside its parent's polls
			traces, spans := newService("orders")
			child := addSpan(spans, "hash", 20*ms)
			child.SetSpanID(pcommon.SpanID{3, byte(round)})
			addTracingAttributes(child, 20*ms-5*time.Microsecond, 5*time.Microsecond)
			child.SetKind(ptrace.SpanKindInternal)
			child.SetSpanID(pcommon.SpanID{3, byte(round)})
			parent := addSpan(spans, "POST /login", 21*ms)
			parent.SetSpanID(pcommon.SpanID{4, byte(round)})
			addTracingAttributes(parent, 21*ms-5*time.Microsecond, 5*time.Microsecond)
			child.SetParentSpanID(parent.SpanID())
			process(t, p, traces)
			if round == 0 {
				assert.Nil(t, findingsOf(child), "nobody knows yet what the thread is there for")
			} else {
				assert.Equal(t, []any{"blocking_suspected"}, findingsOf(child))
			}
			assert.Nil(t, findingsOf(parent), "21 ms, of which 20 in its child")
		}
	}
}

func TestThreadsThatAreThereToBeBlocked(t *testing.T) {
	traces, spans := newService("orders")
	pooled := addSpan(spans, "read file", 20*ms)
	addTracingAttributes(pooled, 20*ms, 0)
	pooled.Attributes().PutStr(semconv.ThreadName, "blocking-3")
	process(t, newTestProcessor(t, nil), traces)
	assert.Nil(t, findingsOf(pooled))
}

func TestUpstreamFindingsStay(t *testing.T) {
	for overwrite, want := range map[bool]any{false: "blocking_suspected", true: "queue_starved"} {
		traces, spans := newService("orders")
		span := addTask(spans, "GET", 20*ms, 1*ms, 1*ms, 3, 15*ms)
		span.Attributes().PutEmptySlice(semconv.Finding).AppendEmpty().SetStr("blocking_suspected")
		process(t, newTestProcessor(t, func(c *Config) { c.Overwrite = overwrite }), traces)
		assert.Equal(t, []any{want}, findingsOf(span))
	}
}

func TestFindingsTurnedOff(t *testing.T) {
	traces, spans := newService("orders")
	span := addTask(spans, "GET", 20*ms, 1*ms, 1*ms, 3, 15*ms)
	process(t, newTestProcessor(t, func(c *Config) { c.Findings.Kinds = nil }), traces)
	assert.Nil(t, findingsOf(span))
}

// One worker runs nearly everything, and the tasks on it wait.
func TestWorkerSkew(t *testing.T) {
	p := newTestProcessor(t, nil)
	var span ptrace.Span
	for second := range 60 {
		traces, spans := newService("orders")
		traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, "a")
		for worker := range int64(4) {
			busy := 20 * ms
			if worker == 1 {
				busy = 700 * ms
			}
			span = addTask(spans, "GET", 1000*ms, busy, 1*ms, 900, 0)
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch.Add(time.Duration(second) * time.Second)))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(time.Duration(second+1) * time.Second)))
			span.Attributes().PutInt(semconv.WorkerIndex, worker)
			assert.Nil(t, findingsOf(span))
		}
		process(t, p, traces)
	}
	for worker, want := range []any{nil, "worker_skew"} {
		traces, spans := newService("orders")
		traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, "a")
		waited := addTask(spans, "PUT", 10*ms, 1*ms, 1*ms, 3, 3*ms)
		waited.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch.Add(60 * time.Second)))
		waited.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(60*time.Second + 10*ms)))
		waited.Attributes().PutInt(semconv.WorkerIndex, int64(worker))
		process(t, p, traces)
		if want == nil {
			assert.Nil(t, findingsOf(waited))
		} else {
			assert.Equal(t, []any{want}, findingsOf(waited))
		}
	}
}

// A runtime whose polls all wait for long explains a span of its time that nobody measured.
func TestStarvedByTheMetrics(t *testing.T) {
	p := newPipelines(t, func(*Config) {})
	for _, metrics := range []time.Duration{10 * time.Second, 20 * time.Second} {
		require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), waits("a", metrics, metrics.Seconds(), uint64(metrics/(6*ms)))))
	}
	got := p.joined(t, asyncSpan("a", 15*time.Second))
	assert.Equal(t, []any{"queue_starved"}, got[semconv.Finding])
	assert.Equal(t, "histogram_mean", got[semconv.QueueWaitSource])
	assert.InDelta(t, 6*ms, got[semconv.QueueWaitEstimate], 1e4)
}

// A span that comes late is compared with those of the present, but is none of them.
func TestLateSpansAreComparedOnly(t *testing.T) {
	p := newTestProcessor(t, nil)
	send := func(n int, busy time.Duration, ended time.Time) ptrace.Span {
		traces, spans := newService("orders")
		var span ptrace.Span
		for range n {
			span = addTask(spans, "GET", 5*ms, busy, busy, 3, 0)
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(ended.Add(-5 * ms)))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(ended))
		}
		process(t, p, traces)
		return span
	}
	now, longAgo := time.Now(), time.Now().Add(-time.Hour)
	send(200, 100*time.Microsecond, now)
	p.windows.Tick(now.Add(time.Second))
	assert.Equal(t, []any{"blocking_suspected"}, findingsOf(send(1000, 2*ms, longAgo)))
	p.windows.Tick(now.Add(2 * time.Second))
	assert.Equal(t, []any{"blocking_suspected"}, findingsOf(send(1, 2*ms, now)), "a thousand late ones have not made it normal")
}
