// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// dated sets the times of a span.
func dated(span ptrace.Span, start, end time.Time) ptrace.Span {
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	return span
}

// moved moves a span in time.
func moved(span ptrace.Span, by time.Duration) {
	dated(span, span.StartTimestamp().AsTime().Add(by), span.EndTimestamp().AsTime().Add(by))
}

// A healthy service of four workers gets no finding, whatever the date of one span in each batch.
func TestSpansOfAnyDateAccuseNobody(t *testing.T) {
	for name, odd := range map[string]func(ptrace.Span){
		"none":          func(ptrace.Span) {},
		"a day ahead":   func(s ptrace.Span) { moved(s, 24*time.Hour) },
		"a day ago":     func(s ptrace.Span) { moved(s, -24*time.Hour) },
		"no start":      func(s ptrace.Span) { s.SetStartTimestamp(0) },
		"no end":        func(s ptrace.Span) { s.SetEndTimestamp(0) },
		"no time":       func(s ptrace.Span) { s.SetStartTimestamp(0); s.SetEndTimestamp(0) },
		"wrapped":       func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() - 191_305) },
		"equal":         func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp()) },
		"all ones":      func(s ptrace.Span) { s.SetEndTimestamp(math.MaxUint64) },
		"beyond signed": func(s ptrace.Span) { s.SetStartTimestamp(1 << 63); s.SetEndTimestamp(1<<63 + 1e7) },
		"since 1970":    func(s ptrace.Span) { s.SetStartTimestamp(1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPipelines(t, allSpans)
				for second := range 120 {
					traces, spans := newService("orders")
					traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, "a")
					for worker := range int64(4) {
						span := dated(addTask(spans, "GET", 300*ms, 50*ms, ms, 100, 40*ms), time.Now().Add(-300*ms), time.Now())
						span.Attributes().PutInt(semconv.WorkerIndex, worker)
					}
					strange := dated(addTask(spans, "PUT", 10*ms, 2*ms, ms, 100, 0), time.Now().Add(-10*ms), time.Now())
					strange.Attributes().PutInt(semconv.WorkerIndex, 0)
					odd(strange)
					require.NoError(t, p.traces.ConsumeTraces(t.Context(), traces))
					for i, span := range spans.All() {
						for _, finding := range findingsOf(span) {
							if i == 4 && name == "since 1970" {
								assert.Equal(t, semconv.FindingHeld, finding, "so it says")
							} else if finding != semconv.FindingStarved { // of all alike, which is right
								assert.Fail(t, "accused", "second %d, span %d: %v", second, i, finding)
							}
						}
					}
					time.Sleep(time.Second)
				}
			})
		})
	}
}

// A batch of which one span is dated a day ahead, every time, does not hide that a worker does it all.
func TestSpansDatedAheadHideNoSkew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTestProcessor(t, nil)
		var waited ptrace.Span
		for range 50 {
			time.Sleep(time.Second)
			traces, spans := newService("orders")
			traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, "a")
			for worker := range int64(4) {
				busy := 20 * ms
				if worker%2 == 1 {
					busy = 450 * ms
				}
				waited = dated(addTask(spans, "GET", 1000*ms, busy, ms, 900, 100*ms), time.Now().Add(-time.Second), time.Now())
				waited.Attributes().PutInt(semconv.WorkerIndex, worker%2)
			}
			ahead := dated(addTask(spans, "PUT", 10*ms, 2*ms, ms, 2, 0), time.Now().Add(24*time.Hour), time.Now().Add(24*time.Hour+10*ms))
			ahead.Attributes().PutInt(semconv.WorkerIndex, 2)
			process(t, p, traces)
		}
		assert.Contains(t, findingsOf(waited), semconv.FindingWorkerSkew)
	})
}

// Children with impossible busy times explain too much, never too little.
func TestBusyTimesOfChildrenDoNotWrap(t *testing.T) {
	traces, spans := newService("orders")
	parent := addSpan(spans, "GET", 20*ms)
	parent.Attributes().PutInt(semconv.BusyNs, int64(19*ms))
	parent.Attributes().PutInt(semconv.IdleNs, int64(1*ms))
	for range 3 {
		child := addSpan(spans, "SELECT", 19*ms)
		child.SetParentSpanID(parent.SpanID())
		child.Attributes().PutInt(semconv.BusyNs, math.MaxInt64)
	}
	process(t, newTestProcessor(t, nil), traces)
	assert.NotContains(t, findingsOf(parent), semconv.FindingBlocking)
}

// A histogram of queue waits that cannot be, or a mean that is longer than the span was idle, estimates nothing.
func TestImpossibleMeans(t *testing.T) {
	for name, second := range map[string]func(pmetric.ExponentialHistogramDataPoint){
		"not a number":             func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(math.NaN()) },
		"negative":                 func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(-5) },
		"infinite":                 func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(math.Inf(1)) },
		"infinite in ns":           func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(1e308) },
		"all polls there are":      func(p pmetric.ExponentialHistogramDataPoint) { p.SetCount(math.MaxUint64) },
		"no sum":                   func(p pmetric.ExponentialHistogramDataPoint) { p.RemoveSum() },
		"less than before":         func(p pmetric.ExponentialHistogramDataPoint) { p.SetCount(10); p.SetSum(5) },
		"longer than the span":     func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(1 + 10_000*0.011) },
		"longer than it was idle":  func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(1 + 10_000*0.0095) },
		"from the future":          func(p pmetric.ExponentialHistogramDataPoint) { p.SetTimestamp(p.Timestamp() + 3600e9) },
		"from the end of all time": func(p pmetric.ExponentialHistogramDataPoint) { p.SetTimestamp(math.MaxUint64) },
		"without time":             func(p pmetric.ExponentialHistogramDataPoint) { p.SetTimestamp(0) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipelines(t, allSpans)
			require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), waits("a", 10*time.Second, 1, 1_000)))
			bad := waits("a", 20*time.Second, 31, 11_000)
			point := bad.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).ExponentialHistogram().DataPoints().At(0)
			assert.Equal(t, uint64(11_000), point.Count())
			second(point)
			require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), bad))
			assert.NotContains(t, p.joined(t, asyncSpan("a", 15*time.Second)), semconv.QueueWaitEstimate)

			// The points after it make a mean again.
			require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), waits("a", 30*time.Second, 200, 20_000)))
			require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), waits("a", 40*time.Second, 220, 30_000)))
			got := p.joined(t, asyncSpan("a", 35*time.Second))
			assert.Equal(t, int64(2*ms), got[semconv.QueueWaitEstimate])
		})
	}
}
