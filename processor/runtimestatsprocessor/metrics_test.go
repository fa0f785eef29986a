// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func (p *pipelines) tell(t *testing.T, metrics pmetric.Metrics) {
	t.Helper()
	require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), metrics))
}

// What a service sent that has the default resource of the Rust SDK: its metrics and its spans belong together.
func TestDefaultResourceJoins(t *testing.T) {
	p := newPipelines(t, allSpans)
	text, err := os.ReadFile(filepath.Join("testdata", "captures", "minimal", "default-resource-metrics.json"))
	require.NoError(t, err)
	metrics, err := new(pmetric.JSONUnmarshaler).UnmarshalMetrics(text)
	require.NoError(t, err)
	p.tell(t, metrics)
	got := p.joined(t, capture(t, filepath.Join("minimal", "default-resource-spans.json"))[0])
	assert.Equal(t, int64(2), got[semconv.WorkerCount])
}

// Any metric of Tokio's own names the runtime of its process, whatever its threads are called.
func TestMetricsNameTheRuntime(t *testing.T) {
	for name, want := range map[string]any{
		"tokio.worker.busy_duration":  semconv.RuntimeTokio,
		"tokio.io_driver.fd_readies":  semconv.RuntimeTokio, // one that is not read
		"tokio_rt_polls_total":        semconv.RuntimeTokio,
		"tokio_instrumented_count":    semconv.RuntimeTokio,
		"async_runtime.worker.count":  nil,
		"http.server.active_requests": nil,
	} {
		p := newPipelines(t, allSpans)
		p.tell(t, workers("a", name, time.Second, 4))
		for instance, want := range map[string]any{"a": want, "b": nil} {
			traces := asyncSpan(instance, time.Second)
			traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr(semconv.ThreadName, "otlp-worker")
			assert.Equal(t, want, p.joined(t, traces)[semconv.RuntimeName], "%s of %s", name, instance)
		}
	}
}

// Two runtimes in a process: no span says which of them ran it.
func TestTwoRuntimesOfAProcess(t *testing.T) {
	for _, key := range []string{semconv.TokioRuntimeID, "runtime.name", "tokio_runtime"} {
		p := newPipelines(t, allSpans)
		for n := range uint64(2) {
			metrics, metric := newMetrics("a", "async_runtime.task.schedule.duration")
			histogram := metric.SetEmptyHistogram()
			histogram.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			for i, sum := range []float64{1, 9} {
				point := histogram.DataPoints().AppendEmpty()
				point.Attributes().PutStr(key, string(rune('1'+i)))
				point.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
				point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(time.Duration(n+1) * 10 * time.Second)))
				point.SetSum(sum * float64(n+1))
				point.SetCount((n + 1) * 1_000)
			}
			p.tell(t, metrics)
		}
		assert.NotContains(t, p.joined(t, asyncSpan("a", 15*time.Second)), semconv.QueueWaitEstimate, key)
	}

	for name, tt := range map[string]struct {
		numbers [2]int64
		want    any
	}{
		"as many":              {[2]int64{1, 1}, int64(1)}, // Actix: a runtime for each thread
		"one has more workers": {[2]int64{2, 8}, nil},
	} {
		together, metric := newMetrics("a", "tokio.workers")
		gauge := metric.SetEmptyGauge()
		scopes := workers("a", "tokio.runtime.workers", 20*time.Second, tt.numbers[0])
		other := workers("a", "tokio.runtime.workers", 20*time.Second, tt.numbers[1])
		other.ResourceMetrics().At(0).ScopeMetrics().At(0).Scope().SetName("second")
		other.ResourceMetrics().At(0).ScopeMetrics().At(0).MoveTo(scopes.ResourceMetrics().At(0).ScopeMetrics().AppendEmpty())
		for i, n := range tt.numbers {
			point := gauge.DataPoints().AppendEmpty()
			point.Attributes().PutInt(semconv.TokioRuntimeID, int64(i))
			point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(20 * time.Second)))
			point.SetIntValue(n)
		}
		for _, metrics := range []pmetric.Metrics{together, scopes} {
			p := newPipelines(t, allSpans)
			p.tell(t, metrics)
			assert.Equal(t, tt.want, p.joined(t, asyncSpan("a", 15*time.Second))[semconv.WorkerCount], name)
		}
	}
}

// monitored returns what a TaskMonitor of tokio-metrics counts, as a counter of the time and one of the number of waits.
func monitored(at time.Duration, micros, count int64) (metrics pmetric.Metrics, durations, counts pmetric.Metric) {
	metrics, _ = newMetrics("a", "tokio_total_scheduled_duration")
	list := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	list.AppendEmpty().SetName("tokio_total_scheduled_count")
	durations, counts = list.At(0), list.At(1)
	for metric, n := range map[pmetric.Metric]int64{durations: micros, counts: count} {
		sum := metric.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		point := sum.DataPoints().AppendEmpty()
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
		point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at)))
		point.SetIntValue(n)
	}
	return metrics, durations, counts
}

func TestWaitsOfTaskMonitors(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(durations, counts pmetric.Metric)
		want   any
	}{
		"microseconds":       {func(_, _ pmetric.Metric) {}, int64(2 * ms)},
		"the unit is said":   {func(durations, _ pmetric.Metric) { durations.SetUnit("ns") }, int64(2_000)},
		"two monitors":       {func(d, c pmetric.Metric) { onceMore(d); onceMore(c) }, int64(2 * ms)},
		"another has no sum": {func(_, c pmetric.Metric) { onceMore(c) }, nil},
		"no number":          {func(_, c pmetric.Metric) { c.Sum().DataPoints().At(0).SetIntValue(-1) }, nil},
		"of something else":  {func(_, c pmetric.Metric) { c.Sum().DataPoints().At(0).Attributes().PutStr("task", "other") }, nil},
		// As the reporter of tokio-metrics has it: of its last interval, whatever that was.
		"a gauge of the number": {func(_, c pmetric.Metric) {
			n := c.Sum().DataPoints().At(0).IntValue()
			c.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(n)
		}, nil},
	} {
		p := newPipelines(t, allSpans)
		for n := range int64(2) {
			metrics, durations, counts := monitored(time.Duration(n+1)*10*time.Second, (n+1)*2_000_000, (n+1)*1_000)
			tt.change(durations, counts)
			p.tell(t, metrics)
		}
		got := p.joined(t, asyncSpan("a", 15*time.Second))
		assert.Equal(t, tt.want, got[semconv.QueueWaitEstimate], name)
		assert.Equal(t, semconv.RuntimeTokio, got[semconv.RuntimeName], name)
	}
}

// onceMore adds the point of a metric for another task.
func onceMore(metric pmetric.Metric) {
	points := metric.Sum().DataPoints()
	point := points.AppendEmpty()
	points.At(0).CopyTo(point)
	point.Attributes().PutStr("task", "other")
}

// A batch may hold several points of the same stream: each is a point of its own.
func TestSeveralPointsInABatch(t *testing.T) {
	p := newPipelines(t, allSpans)
	metrics := waits("a", 10*time.Second, 100, 1_000)
	points := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).ExponentialHistogram().DataPoints()
	waits("a", 20*time.Second, 100.5, 1_250).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).
		ExponentialHistogram().DataPoints().MoveAndAppendTo(points)
	p.tell(t, metrics)
	assert.Equal(t, int64(2*ms), p.joined(t, asyncSpan("a", 15*time.Second))[semconv.QueueWaitEstimate])
}

// Names and values of points come from outside: however deep or many they are, a batch is read in one go.
func TestHostilePoints(t *testing.T) {
	p := newPipelines(t, allSpans)
	metrics, metric := newMetrics("a", "tokio.workers")
	points := metric.SetEmptyGauge().DataPoints()
	for i := range 20_000 {
		point := points.AppendEmpty()
		point.SetIntValue(4)
		point.SetTimestamp(pcommon.NewTimestampFromTime(epoch))
		point.Attributes().PutInt("n", int64(i))
	}
	value := points.AppendEmpty().Attributes().PutEmpty("deep")
	for range 100_000 {
		value = value.SetEmptySlice().AppendEmpty()
	}
	p.tell(t, metrics)
	assert.NotContains(t, p.joined(t, asyncSpan("a", time.Second)), semconv.WorkerCount, "the last point has none")
}
