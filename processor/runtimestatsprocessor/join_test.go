// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// instanceOf identifies an instance of the service orders.
func instanceOf(attributes pcommon.Map, instance string) {
	attributes.PutStr(semconv.ServiceName, "orders")
	if instance != "" {
		attributes.PutStr(semconv.ServiceInstanceID, instance)
	}
}

// newMetrics returns metrics of one resource with one metric, and the metric.
func newMetrics(instance, name string) (pmetric.Metrics, pmetric.Metric) {
	metrics := pmetric.NewMetrics()
	resource := metrics.ResourceMetrics().AppendEmpty()
	instanceOf(resource.Resource().Attributes(), instance)
	metric := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName(name)
	return metrics, metric
}

// waits returns a point of the histogram of queue waits: so many seconds in so many polls since the epoch.
func waits(instance string, at time.Duration, sum float64, count uint64) pmetric.Metrics {
	metrics, metric := newMetrics(instance, "async_runtime.task.schedule.duration")
	histogram := metric.SetEmptyExponentialHistogram()
	histogram.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	point := histogram.DataPoints().AppendEmpty()
	point.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
	point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at)))
	point.SetSum(sum)
	point.SetCount(count)
	return metrics
}

// workers returns a point of the number of workers.
func workers(instance, name string, at time.Duration, n int64) pmetric.Metrics {
	metrics, metric := newMetrics(instance, name)
	point := metric.SetEmptyGauge().DataPoints().AppendEmpty()
	point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at)))
	if name == "tokio_workers_count" {
		point.SetDoubleValue(float64(n))
	} else {
		point.SetIntValue(n)
	}
	return metrics
}

// asyncSpan returns a span of an instance that starts some time after the epoch.
func asyncSpan(instance string, at time.Duration) ptrace.Traces {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	instanceOf(resource.Resource().Attributes(), instance)
	span := addSpan(resource.ScopeSpans().AppendEmpty().Spans(), "GET", 10*ms)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at + 10*ms)))
	addTracingAttributes(span, 1*ms, 9*ms)
	return traces
}

// pipelines are a pipeline of traces and one of metrics with the same processor in both.
type pipelines struct {
	traces    processor.Traces
	metrics   processor.Metrics
	spans     *consumertest.TracesSink
	telemetry *componenttest.Telemetry
}

func newPipelines(t *testing.T, change func(*Config)) *pipelines {
	t.Helper()
	p := &pipelines{spans: new(consumertest.TracesSink), telemetry: componenttest.NewTelemetry()}
	cfg := createDefaultConfig().(*Config)
	change(cfg)
	require.NoError(t, cfg.Validate())
	settings := processortest.NewNopSettings(metadata.Type)
	settings.TelemetrySettings = p.telemetry.NewTelemetrySettings()
	factory := NewFactory()
	var err error
	p.traces, err = factory.CreateTraces(t.Context(), settings, cfg, p.spans)
	require.NoError(t, err)
	p.metrics, err = factory.CreateMetrics(t.Context(), settings, cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.traces.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, p.metrics.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		assert.NoError(t, p.metrics.Shutdown(ctx))
		assert.NoError(t, p.traces.Shutdown(ctx))
		assert.NoError(t, p.telemetry.Shutdown(ctx))
	})
	return p
}

// joined sends a span and returns its attributes.
func (p *pipelines) joined(t *testing.T, traces ptrace.Traces) map[string]any {
	t.Helper()
	require.NoError(t, p.traces.ConsumeTraces(t.Context(), traces))
	all := p.spans.AllTraces()
	return all[len(all)-1].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
}

func allSpans(c *Config) { c.Join.Spans = joinAll }

func TestSpansAreSeenInTheLightOfMetrics(t *testing.T) {
	p := newPipelines(t, allSpans)
	send := func(metrics pmetric.Metrics) { require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), metrics)) }

	assert.NotContains(t, p.joined(t, asyncSpan("a", 5*time.Second)), semconv.QueueWaitEstimate, "before any metrics")

	send(waits("a", 10*time.Second, 100, 1_000))
	send(waits("a", 20*time.Second, 100.5, 1_250))
	send(workers("a", "async_runtime.worker.count", 20*time.Second, 4))
	got := p.joined(t, asyncSpan("a", 15*time.Second))
	assert.Equal(t, int64(2*ms), got[semconv.QueueWaitEstimate])
	assert.Equal(t, "histogram_mean", got[semconv.QueueWaitSource])
	assert.Equal(t, int64(4), got[semconv.WorkerCount])
	assert.NotContains(t, got, semconv.QueueWaitNs)

	got = p.joined(t, asyncSpan("a", 38*time.Second))
	assert.Equal(t, int64(2*ms), got[semconv.QueueWaitEstimate], "the interval before has to do")
	got = p.joined(t, asyncSpan("a", 41*time.Second))
	assert.NotContains(t, got, semconv.QueueWaitEstimate, "more than two intervals ago")

	assert.NotContains(t, p.joined(t, asyncSpan("b", 15*time.Second)), semconv.QueueWaitEstimate, "another instance")
	assert.NotContains(t, p.joined(t, asyncSpan("", 15*time.Second)), semconv.QueueWaitEstimate, "of no instance")

	measured := asyncSpan("a", 15*time.Second)
	addTaskFields(measured.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0), 3*ms)
	got = p.joined(t, measured)
	assert.Equal(t, int64(3*ms), got[semconv.QueueWaitNs])
	assert.Equal(t, "measured", got[semconv.QueueWaitSource])
	assert.NotContains(t, got, semconv.QueueWaitEstimate)
	assert.Equal(t, int64(4), got[semconv.WorkerCount])

	metadatatest.AssertEqualProcessorRuntimeStatsJoinedSpans(t, p.telemetry, []metricdata.DataPoint[int64]{
		point(4, attribute.String("outcome", "hit")), // the worker count of 20 s holds until 140
		point(3, attribute.String("outcome", "miss")),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorRuntimeStatsQueueWaitSpans(t, p.telemetry, []metricdata.DataPoint[int64]{
		point(1, attribute.String("source", "measured")),
		point(2, attribute.String("source", "histogram_mean")),
		point(4, attribute.String("source", "none")),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorRuntimeStatsInstances(t, p.telemetry,
		[]metricdata.DataPoint[int64]{point(3)}, metricdatatest.IgnoreTimestamp())
}

// By default only spans that somebody will look at carry the context.
func TestOrdinarySpansAreNotJoined(t *testing.T) {
	p := newPipelines(t, func(c *Config) { c.MinCount = 1 })
	require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), workers("a", "tokio.workers", time.Second, 4)))
	for range 20 {
		assert.NotContains(t, p.joined(t, asyncSpan("a", time.Second)), semconv.WorkerCount)
	}
	slow := asyncSpan("a", time.Second)
	slow.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(2 * time.Second)))
	got := p.joined(t, slow)
	assert.Equal(t, true, got[semconv.LatencyOutlier])
	assert.Equal(t, int64(4), got[semconv.WorkerCount])
	assert.Equal(t, "none", got[semconv.QueueWaitSource])
}

func TestAllNamings(t *testing.T) {
	for _, name := range []string{
		"async_runtime.worker.count", "tokio.workers", "tokio_workers_count", "tokio.runtime.workers", "tokio_rt_workers",
	} {
		p := newPipelines(t, allSpans)
		require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), workers("a", name, time.Second, 4)))
		assert.Equal(t, int64(4), p.joined(t, asyncSpan("a", time.Second))[semconv.WorkerCount], name)
	}
}

// Histograms with explicit buckets and deltas, of two kinds of tasks.
func TestKindsOfHistograms(t *testing.T) {
	p := newPipelines(t, allSpans)
	metrics, metric := newMetrics("a", "async_runtime.task.schedule.duration")
	histogram := metric.SetEmptyHistogram()
	histogram.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	for i, sum := range []float64{0.002, 0.004} {
		point := histogram.DataPoints().AppendEmpty()
		point.Attributes().PutInt("kind", int64(i))
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
		point.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(10 * time.Second)))
		point.SetSum(sum)
		point.SetCount(10)
	}
	require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), metrics))
	assert.Equal(t, int64(300_000), p.joined(t, asyncSpan("a", 5*time.Second))[semconv.QueueWaitEstimate])
}

func TestTooManyInstances(t *testing.T) {
	p := newPipelines(t, func(c *Config) { c.Join.MaxInstances, c.Join.Spans = 1, joinAll })
	for _, instance := range []string{"a", "b", "b", ""} {
		require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), workers(instance, "tokio.workers", time.Second, 4)))
	}
	assert.Contains(t, p.joined(t, asyncSpan("a", time.Second)), semconv.WorkerCount)
	assert.NotContains(t, p.joined(t, asyncSpan("b", time.Second)), semconv.WorkerCount)
	metadatatest.AssertEqualProcessorRuntimeStatsRejectedInstances(t, p.telemetry,
		[]metricdata.DataPoint[int64]{point(4)}, metricdatatest.IgnoreTimestamp()) // three batches of metrics, one of spans
}

func keyOf(ctx context.Context, attributes pcommon.Map) instances.Identity {
	who := identityOf(ctx, attributes)
	return who.Key()
}

// Who cannot be told from others by service.instance.id is by host and process.
func TestInstanceKeys(t *testing.T) {
	attributes := pcommon.NewMap()
	attributes.PutStr(semconv.ServiceName, "orders")
	alone := keyOf(t.Context(), attributes)
	from := client.NewContext(t.Context(), client.Info{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 4711}})
	there := keyOf(from, attributes)
	again := client.NewContext(t.Context(), client.Info{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 4712}})
	assert.Equal(t, there, keyOf(again, attributes), "another connection")
	attributes.PutInt(semconv.ProcessPID, 1)
	assert.Equal(t, keyOf(t.Context(), attributes), keyOf(from, attributes), "it says who it is")
	process := keyOf(t.Context(), attributes)
	attributes.PutStr(semconv.HostName, "host")
	onHost := keyOf(t.Context(), attributes)
	attributes.PutStr(semconv.ServiceInstanceID, "id")
	byID := keyOf(t.Context(), attributes)
	attributes.PutStr(semconv.ServiceNamespace, "shop")
	keys := []instances.Identity{alone, there, process, onHost, byID, keyOf(t.Context(), attributes)}
	for i, key := range keys {
		assert.NotEmpty(t, key)
		assert.NotContains(t, keys[:i], key)
	}
}

// Metrics leave as they came, whatever is in them.
func TestMetricsPassUnchanged(t *testing.T) {
	sink := new(consumertest.MetricsSink)
	p, err := NewFactory().CreateMetrics(t.Context(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	assert.False(t, p.Capabilities().MutatesData)

	metrics := pmetric.NewMetrics()
	for _, batch := range []pmetric.Metrics{
		waits("a", time.Second, -1, 5), // nonsense
		workers("a", "tokio.workers", time.Second, -4),
		workers("a", "http.server.active_requests", time.Second, 4),
	} {
		batch.ResourceMetrics().MoveAndAppendTo(metrics.ResourceMetrics())
	}
	_, summary := newMetrics("a", "tokio.workers")
	summary.SetEmptySummary().DataPoints().AppendEmpty()
	_, empty := newMetrics("a", "tokio.workers")
	list := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	summary.MoveTo(list.AppendEmpty())
	empty.MoveTo(list.AppendEmpty())

	want := pmetric.NewMetrics()
	metrics.CopyTo(want)
	metrics.MarkReadOnly()
	require.NoError(t, p.ConsumeMetrics(t.Context(), metrics))
	var marshaler pmetric.ProtoMarshaler
	before, err := marshaler.MarshalMetrics(want)
	require.NoError(t, err)
	after, err := marshaler.MarshalMetrics(sink.AllMetrics()[0])
	require.NoError(t, err)
	assert.Equal(t, before, after)
	require.NoError(t, p.Shutdown(t.Context()))
	require.NoError(t, p.Shutdown(t.Context()), "twice")
}
