// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// threadTimes are what process_threads sends of a look at a process of the service orders: for how long the threads of each group were on a
// CPU since the epoch, and for how long they waited for one, in seconds.
func threadTimes(pid int64, at time.Duration, groups map[string][2]float64) pmetric.Metrics {
	metrics, metric := newMetrics("", semconv.MetricThreadTime)
	metrics.ResourceMetrics().At(0).Resource().Attributes().PutInt(semconv.ProcessPID, pid)
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	for group, times := range groups {
		for i, state := range []string{semconv.ThreadOnCPU, semconv.ThreadCPUWait} {
			point := sum.DataPoints().AppendEmpty()
			point.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
			point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at)))
			point.SetDoubleValue(times[i])
			if group != "" {
				point.Attributes().PutStr(semconv.ThreadGroupName, group)
			}
			point.Attributes().PutStr(semconv.ThreadState, state)
		}
	}
	return metrics
}

func onThread(traces ptrace.Traces, name string) ptrace.Traces {
	traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr(semconv.ThreadName, name)
	return traces
}

// A span of a thread bears the ratio of that thread's group in the interval of its time. The kernel knows the process by its pid, the spans
// by the service's name.
func TestCPUWaitRatio(t *testing.T) {
	p := newPipelines(t, allSpans)
	span := func(at time.Duration, thread string) any {
		return p.joined(t, onThread(asyncSpan("", at), thread))[semconv.CPUWaitRatio]
	}
	assert.Nil(t, span(time.Second, "tokio-runtime-worker"), "before any metrics")
	p.tell(t, threadTimes(17, 1*time.Second, map[string][2]float64{"tokio-runtime-w": {5, 5}, "rayon": {7, 7}}))
	assert.Nil(t, span(time.Second, "tokio-runtime-worker"), "the first only tells where the counters stand")
	p.tell(t, threadTimes(17, 2*time.Second, map[string][2]float64{"tokio-runtime-w": {5.2, 5.3}, "rayon": {7.3, 7}}))
	assert.Equal(t, 0.6, span(1500*time.Millisecond, "tokio-runtime-worker"))
	assert.Zero(t, span(1500*time.Millisecond, "rayon-3"))
	assert.Equal(t, 0.375, span(1500*time.Millisecond, "main"), "no such group: the whole process")
	assert.Equal(t, 0.375, span(1500*time.Millisecond, ""), "no name")
	assert.Nil(t, span(1995*time.Millisecond, "tokio-runtime-worker"), "it ends after the last look")
	p.tell(t, threadTimes(17, 3*time.Second, map[string][2]float64{"tokio-runtime-w": {5.3, 5.3}, "rayon": {7.3, 7}}))
	assert.Equal(t, 0.5, span(1995*time.Millisecond, "tokio-runtime-worker"), "over two intervals")
	p.tell(t, threadTimes(18, 3*time.Second, map[string][2]float64{"tokio-runtime-w": {5.3, 5.3}}))
	assert.Nil(t, span(1500*time.Millisecond, "tokio-runtime-worker"), "there are two of them")
}

// Where one of the times of a group is missing, nothing is known of the whole process.
func TestCPUWaitRatioOfPartOfTheProcess(t *testing.T) {
	p := newPipelines(t, allSpans)
	for i := range 2 {
		metrics := threadTimes(17, time.Duration(i+1)*time.Second, map[string][2]float64{"tokio-runtime-w": {float64(i) * 0.2, float64(i) * 0.3}, "rayon": {1, 1}})
		metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().RemoveIf(func(point pmetric.NumberDataPoint) bool {
			return valueOf(point.Attributes(), semconv.ThreadGroupName) == "rayon" && valueOf(point.Attributes(), semconv.ThreadState) == semconv.ThreadCPUWait
		})
		p.tell(t, metrics)
	}
	for thread, want := range map[string]any{"tokio-runtime-worker": 0.6, "rayon": nil, "main": nil} {
		assert.Equal(t, want, p.joined(t, onThread(asyncSpan("", 1500*time.Millisecond), thread))[semconv.CPUWaitRatio], thread)
	}
}

// What bears the names and tells nothing is of no process. So it is no second one beside the kernel's, whose spans would be joined to neither.
func TestWhatTellsNothingHidesNoProcess(t *testing.T) {
	noValue := func(points pmetric.NumberDataPointSlice) {
		for _, point := range points.All() {
			point.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		}
	}
	for _, tt := range []struct {
		name, instance, metric string
		tell                   func(pmetric.Metric)
	}{
		{"a gauge", "", semconv.MetricThreadTime, func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetDoubleValue(1) }},
		{"a delta", "", semconv.MetricThreadTime, func(m pmetric.Metric) {
			m.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
			m.Sum().SetIsMonotonic(true)
			m.Sum().DataPoints().AppendEmpty().SetDoubleValue(1)
		}},
		{"no value", "", semconv.MetricThreadTime, func(m pmetric.Metric) {
			threadTimes(0, time.Second, map[string][2]float64{"": {1, 1}}).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).CopyTo(m)
			noValue(m.Sum().DataPoints())
		}},
		{"one of the times", "", semconv.MetricThreadTime, func(m pmetric.Metric) {
			threadTimes(0, time.Second, map[string][2]float64{"": {1, 1}}).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).CopyTo(m)
			m.Sum().DataPoints().RemoveIf(func(p pmetric.NumberDataPoint) bool {
				return valueOf(p.Attributes(), semconv.ThreadState) == semconv.ThreadCPUWait
			})
		}},
		{"before it began", "", semconv.MetricThreadTime, func(m pmetric.Metric) {
			threadTimes(0, -time.Second, map[string][2]float64{"": {1, 1}}).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).CopyTo(m)
		}},
		{"a histogram of workers", "b", "async_runtime.worker.count", func(m pmetric.Metric) { m.SetEmptyHistogram().DataPoints().AppendEmpty().SetCount(1) }},
		{"no number of workers", "b", "async_runtime.worker.count", func(m pmetric.Metric) {
			m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(4)
			noValue(m.Gauge().DataPoints())
		}},
		{"no waits", "b", "async_runtime.task.schedule.duration", func(m pmetric.Metric) {
			m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			m.Histogram().DataPoints().AppendEmpty().SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		}},
	} {
		p := newPipelines(t, allSpans)
		for i := range 2 {
			p.tell(t, threadTimes(17, time.Duration(i+1)*time.Second, map[string][2]float64{"": {float64(i), float64(i)}}))
			metrics, metric := newMetrics(tt.instance, tt.metric)
			tt.tell(metric)
			p.tell(t, metrics)
		}
		assert.Equal(t, 0.5, p.joined(t, asyncSpan("", 1500*time.Millisecond))[semconv.CPUWaitRatio], tt.name)
		metadatatest.AssertEqualProcessorRuntimeStatsInstances(t, p.telemetry, []metricdata.DataPoint[int64]{point(2)}, metricdatatest.IgnoreTimestamp())
	}
}

// A point without a value says that there is none at that time, and not that it is 0.
func TestPointsWithoutValue(t *testing.T) {
	none := pmetric.DefaultDataPointFlags.WithNoRecordedValue(true)
	p := newPipelines(t, allSpans)
	for i := range 3 {
		at := time.Duration(i+1) * 10 * time.Second
		times := threadTimes(17, at, map[string][2]float64{"": {float64(i), float64(i)}})
		wait := waits("", at, float64(i), uint64(i)*1_000)
		number := workers("", "tokio.workers", at, 4)
		if i == 1 {
			for _, point := range times.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().All() {
				point.SetFlags(none)
				point.SetDoubleValue(0)
			}
			point := wait.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).ExponentialHistogram().DataPoints().At(0)
			point.SetFlags(none)
			point.SetSum(0)
			point.SetCount(0)
			last := number.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Gauge().DataPoints().At(0)
			last.SetFlags(none)
			last.SetIntValue(0)
		}
		p.tell(t, times)
		p.tell(t, wait)
		p.tell(t, number)
	}
	got := p.joined(t, asyncSpan("", 25*time.Second))
	assert.Equal(t, 0.5, got[semconv.CPUWaitRatio])
	assert.Equal(t, int64(ms), got[semconv.QueueWaitEstimate])
	assert.Equal(t, int64(4), got[semconv.WorkerCount])
}

// A simulated service tells its threads all together, under the resource of its spans.
func TestCPUWaitRatioOfTheWholeProcess(t *testing.T) {
	p := newPipelines(t, func(*Config) {})
	for i := range 2 {
		p.tell(t, threadTimes(1, time.Duration(i+1)*time.Second, map[string][2]float64{"": {float64(i) * 0.1, float64(i) * 0.3}}))
	}
	assert.NotContains(t, p.joined(t, asyncSpan("", 1500*time.Millisecond)), semconv.CPUWaitRatio, "it is no outlier")
	notable := asyncSpan("", 1500*time.Millisecond)
	notable.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutInt(semconv.ScheduledNs, int64(8*ms)) // queue_starved
	got := p.joined(t, notable)
	assert.Contains(t, got, semconv.Finding)
	assert.InDelta(t, 0.75, got[semconv.CPUWaitRatio], 1e-9)
}

// Who wrote it before knew better.
func TestCPUWaitRatioStays(t *testing.T) {
	p := newPipelines(t, allSpans)
	for i := range 2 {
		p.tell(t, threadTimes(1, time.Duration(i+1)*time.Second, map[string][2]float64{"": {float64(i), float64(i)}}))
	}
	traces := asyncSpan("", 1500*time.Millisecond)
	traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutDouble(semconv.CPUWaitRatio, 0.25)
	assert.Equal(t, 0.25, p.joined(t, traces)[semconv.CPUWaitRatio])
}

// What no kernel sends is not believed, and does no harm.
func TestHostileThreadTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e300, math.MaxInt64, math.MaxUint64, 1 << 61, 1e-300}
	for name, change := range map[string]func(*pmetric.NumberDataPoint, int){
		"values": func(point *pmetric.NumberDataPoint, i int) { point.SetDoubleValue(values[i%len(values)]) },
		"numbers": func(point *pmetric.NumberDataPoint, i int) {
			point.SetIntValue([]int64{math.MinInt64, math.MaxInt64, -1}[i%3])
		},
		"no value": func(point *pmetric.NumberDataPoint, _ int) { pmetric.NewNumberDataPoint().CopyTo(*point) },
		"times":    func(point *pmetric.NumberDataPoint, _ int) { point.SetTimestamp(pcommon.Timestamp(random.Uint64())) },
		"start": func(point *pmetric.NumberDataPoint, _ int) {
			point.SetStartTimestamp(pcommon.Timestamp(random.Uint64()))
		},
		"states": func(point *pmetric.NumberDataPoint, i int) {
			point.Attributes().PutStr(semconv.ThreadState, strconv.Itoa(i))
		},
		"one state": func(point *pmetric.NumberDataPoint, _ int) {
			point.Attributes().PutStr(semconv.ThreadState, "cpu_wait")
		},
		"group a list": func(point *pmetric.NumberDataPoint, _ int) { point.Attributes().PutEmptySlice(semconv.ThreadGroupName) },
	} {
		p := newPipelines(t, allSpans)
		for i := range 20 {
			metrics := threadTimes(1, time.Duration(i+1)*time.Second, map[string][2]float64{"tokio": {1, 1}})
			points := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints()
			for n := range points.Len() {
				point := points.At(n)
				change(&point, i+n)
			}
			p.tell(t, metrics)
			ratio, ok := p.joined(t, onThread(asyncSpan("", time.Duration(i)*time.Second+time.Millisecond), "tokio"))[semconv.CPUWaitRatio].(float64)
			require.True(t, !ok || ratio >= 0 && ratio <= 1, "%s: %v", name, ratio)
		}
	}
}

// Other kinds of metrics that bear the names, and other temporalities, tell nothing.
func TestOtherKindsOfThreadTimes(t *testing.T) {
	for name, change := range map[string]func(pmetric.Metric){
		"gauge":         func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetDoubleValue(1) },
		"histogram":     func(m pmetric.Metric) { m.SetEmptyHistogram().DataPoints().AppendEmpty().SetCount(1) },
		"delta":         func(m pmetric.Metric) { m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta) },
		"not monotonic": func(m pmetric.Metric) { m.Sum().SetIsMonotonic(false) },
	} {
		p := newPipelines(t, allSpans)
		for i := range 3 {
			metrics := threadTimes(1, time.Duration(i+1)*time.Second, map[string][2]float64{"": {float64(i), float64(i)}})
			change(metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0))
			p.tell(t, metrics)
		}
		assert.NotContains(t, p.joined(t, asyncSpan("", 1500*time.Millisecond)), semconv.CPUWaitRatio, name)
	}
}
