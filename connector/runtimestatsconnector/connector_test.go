// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/runtimelab/otelcol-runtimelab/connector/runtimestatsconnector/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/connector/runtimestatsconnector/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const ms = int64(time.Millisecond)

// newTraces returns traces with one resource and the slice that takes its spans.
func newTraces(name string) (ptrace.Traces, ptrace.SpanSlice) {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, name)
	return traces, resource.ScopeSpans().AppendEmpty().Spans()
}

func addSpan(spans ptrace.SpanSlice, name string, ns int64) pcommon.Map {
	span := spans.AppendEmpty()
	span.SetName(name)
	span.SetKind(ptrace.SpanKindServer)
	span.SetStartTimestamp(1_000_000_000)
	span.SetEndTimestamp(1_000_000_000 + pcommon.Timestamp(ns))
	return span.Attributes()
}

func started(t *testing.T, settings connector.Settings, cfg *Config, next *consumertest.MetricsSink) connector.Traces {
	t.Helper()
	require.NoError(t, cfg.Validate())
	c, err := NewFactory().CreateTracesToMetrics(t.Context(), settings, cfg, next)
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	return c
}

// text returns the value of an attribute, "" if there is none.
func text(attributes pcommon.Map, name string) string {
	if value, ok := attributes.Get(name); ok {
		return value.AsString()
	}
	return ""
}

// points returns the data points of the last export by metric, service and span name.
func points(t *testing.T, sink *consumertest.MetricsSink) map[string]pmetric.ExponentialHistogramDataPoint {
	t.Helper()
	all := map[string]pmetric.ExponentialHistogramDataPoint{}
	last := sink.AllMetrics()[len(sink.AllMetrics())-1]
	for _, resourceMetrics := range last.ResourceMetrics().All() {
		service := text(resourceMetrics.Resource().Attributes(), semconv.ServiceName)
		assert.Equal(t, semconv.SchemaURL, resourceMetrics.ScopeMetrics().At(0).SchemaUrl())
		assert.Empty(t, resourceMetrics.SchemaUrl(), "its attributes are those of the spans' resource")
		for _, metric := range resourceMetrics.ScopeMetrics().At(0).Metrics().All() {
			assert.Equal(t, "ns", metric.Unit())
			assert.Equal(t, pmetric.AggregationTemporalityCumulative, metric.ExponentialHistogram().AggregationTemporality())
			for _, point := range metric.ExponentialHistogram().DataPoints().All() {
				id := strings.TrimPrefix(metric.Name(), "async_runtime.span.") + " " + service + " " + text(point.Attributes(), "span.name")
				require.NotContains(t, all, id)
				all[id] = point
			}
		}
	}
	return all
}

// bucketsOf reads a data point back into the buckets of package histogram.
func bucketsOf(t *testing.T, point pmetric.ExponentialHistogramDataPoint) (counts [histogram.Buckets]uint64) {
	t.Helper()
	require.Equal(t, int32(histogram.Scale), point.Scale())
	counts[0] = point.ZeroCount()
	for i, n := range point.Positive().BucketCounts().All() {
		// OTLP: bucket index k of scale 6 covers (2^(k/64), 2^((k+1)/64)].
		index := float64(point.Positive().Offset()) + float64(i)
		counts[histogram.Index(int64(math.Exp2((index+0.5)/64)))] += n
	}
	return counts
}

// What is exported, read back, is what was recorded: every bucket, at any time, underflow and overflow included.
func TestExportIsLossless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		sink := new(consumertest.MetricsSink)
		c := started(t, connectortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), sink)
		begin := time.Now()
		var want [histogram.Buckets]uint64
		sum, count := 0.0, uint64(0)
		for range 5 {
			traces, spans := newTraces("orders")
			for range 2_000 {
				ns := int64(5e6 * math.Exp(3*random.NormFloat64()))
				switch random.IntN(100) {
				case 0:
					ns = random.Int64N(1_025)
				case 1:
					ns = 1<<37 + random.Int64N(1e12)
				case 2:
					ns = 1 << random.IntN(38)
				}
				addSpan(spans, "GET", ns)
				want[histogram.Index(ns)]++
				sum += float64(ns)
				count++
			}
			require.NoError(t, c.ConsumeTraces(t.Context(), traces))
			time.Sleep(time.Minute)
			synctest.Wait()
			point := points(t, sink)["duration orders GET"]
			assert.Equal(t, want, bucketsOf(t, point))
			assert.Equal(t, count, point.Count())
			assert.InEpsilon(t, sum, point.Sum(), 1e-9)
			assert.Equal(t, 1_024.0, point.ZeroThreshold())
			assert.Equal(t, begin, point.StartTimestamp().AsTime().Local())
			assert.Equal(t, time.Now(), point.Timestamp().AsTime().Local())
		}
		require.NoError(t, c.Shutdown(t.Context()))
		require.NoError(t, c.Shutdown(t.Context()), "twice")
	})
}

func TestMeasures(t *testing.T) {
	sink := new(consumertest.MetricsSink)
	c := started(t, connectortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), sink)
	traces, spans := newTraces("orders")
	addSpan(spans, "plain", 10*ms)
	addSpan(spans, "zero", 0)
	tracing := addSpan(spans, "tracing", 10*ms)
	tracing.PutInt(semconv.BusyNs, 2*ms)
	task := addSpan(spans, "task", 10*ms)
	task.PutInt(semconv.ScheduledNs, 3*ms)
	task.PutInt(semconv.BusyNs, 2*ms)
	derived := addSpan(spans, "derived", 10*ms)
	derived.PutInt(semconv.TaskBusyNs, 4*ms)
	derived.PutInt(semconv.BusyNs, 2*ms)
	derived.PutInt(semconv.ScheduledNs, 1*ms)
	derived.PutInt(semconv.QueueWaitNs, 5*ms)
	wrong := addSpan(spans, "wrong", 10*ms)
	wrong.PutInt(semconv.BusyNs, -1)
	wrong.PutStr(semconv.ScheduledNs, "1ms")
	require.NoError(t, c.ConsumeTraces(t.Context(), traces))
	require.NoError(t, c.Shutdown(t.Context()))

	got := map[string]float64{}
	for id, point := range points(t, sink) {
		assert.Equal(t, uint64(1), point.Count())
		assert.Equal(t, "SPAN_KIND_SERVER", text(point.Attributes(), "span.kind"))
		got[id] = point.Sum() / float64(ms)
	}
	assert.Equal(t, map[string]float64{
		"duration orders plain":              10,
		"duration orders zero":               0,
		"duration orders tracing":            10,
		"duration orders task":               10,
		"duration orders derived":            10,
		"duration orders wrong":              10,
		"busy.duration orders tracing":       2,
		"busy.duration orders task":          2,
		"busy.duration orders derived":       4,
		"queue_wait.duration orders task":    3,
		"queue_wait.duration orders derived": 5,
	}, got)
}

// Keys fill the table, overflow it, fall silent and make room.
func TestKeysAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		telemetry := componenttest.NewTelemetry()
		defer func() { assert.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) }()
		settings := connectortest.NewNopSettings(metadata.Type)
		settings.TelemetrySettings = telemetry.NewTelemetrySettings()
		sink := new(consumertest.MetricsSink)
		c := started(t, settings, &Config{Interval: time.Minute, MaxKeys: 2}, sink)
		send := func(service, operation string, n int) {
			traces, spans := newTraces(service)
			for range n {
				addSpan(spans, operation, ms)
			}
			require.NoError(t, c.ConsumeTraces(t.Context(), traces))
		}
		send("orders", "GET", 3)
		send("stock", strings.Repeat("x", 1<<20), 2)
		for i := range 1_000 {
			send("orders", strconv.Itoa(i), 1)
		}
		traces, spans := newTraces("orders")
		addSpan(spans, "GET", -1)
		require.NoError(t, c.ConsumeTraces(t.Context(), traces))

		time.Sleep(time.Minute)
		synctest.Wait()
		got := points(t, sink)
		assert.Len(t, got, 3)
		assert.Equal(t, uint64(3), got["duration orders GET"].Count())
		assert.Equal(t, uint64(2), got["duration stock "+strings.Repeat("x", untrusted.Limit)].Count())
		overflow := got["duration  "]
		assert.Equal(t, uint64(1_000), overflow.Count())
		assert.Equal(t, map[string]any{"otel.metric.overflow": true}, overflow.Attributes().AsRaw())
		one := func(n int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: n}} }
		metadatatest.AssertEqualConnectorRuntimeStatsOverflowSpans(t, telemetry, one(1_000), metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualConnectorRuntimeStatsInvalidDurationSpans(t, telemetry, one(1), metricdatatest.IgnoreTimestamp())

		// One goes on, one falls silent; a new one takes its place.
		for range 16 {
			send("orders", "GET", 1)
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		send("billing", "PUT", 1)
		require.NoError(t, c.Shutdown(t.Context()))
		got = points(t, sink)
		assert.Equal(t, uint64(19), got["duration orders GET"].Count())
		assert.Equal(t, uint64(1), got["duration billing PUT"].Count())
		assert.Len(t, got, 3)
	})
}

// refusing is a consumer that fails until told otherwise.
type refusing struct {
	*consumertest.MetricsSink
	err error
}

func (r *refusing) ConsumeMetrics(ctx context.Context, metrics pmetric.Metrics) error {
	if r.err != nil {
		return r.err
	}
	return r.MetricsSink.ConsumeMetrics(ctx, metrics)
}

// A backend that is down loses data points, but no counts.
func TestRefusedExports(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { assert.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) }()
	core, logs := observer.New(zap.WarnLevel)
	settings := telemetry.NewTelemetrySettings()
	settings.Logger = zap.New(core)
	next := &refusing{MetricsSink: new(consumertest.MetricsSink), err: errors.New("unavailable")}
	c, err := newStatsConnector(createDefaultConfig().(*Config), settings, next)
	require.NoError(t, err)
	traces, spans := newTraces("orders")
	addSpan(spans, "GET", ms).PutInt(semconv.BusyNs, ms)
	for range 3 {
		require.NoError(t, c.ConsumeTraces(t.Context(), traces))
		c.export(t.Context(), time.Now())
	}
	assert.Equal(t, 1, logs.Len())
	metadatatest.AssertEqualConnectorRuntimeStatsDroppedDatapoints(t, telemetry,
		[]metricdata.DataPoint[int64]{{Value: 6}}, metricdatatest.IgnoreTimestamp())
	next.err = nil
	c.export(t.Context(), time.Now())
	assert.Equal(t, uint64(3), points(t, next.MetricsSink)["duration orders GET"].Count())
}

// Eight pipelines at once, while metrics are exported.
func TestConcurrentConsume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(consumertest.MetricsSink)
		c := started(t, connectortest.NewNopSettings(metadata.Type), &Config{Interval: time.Second, MaxKeys: 3}, sink)
		var pipelines sync.WaitGroup
		for range 8 {
			pipelines.Go(func() {
				for range 40 {
					traces, spans := newTraces("orders")
					for i := range 50 {
						addSpan(spans, strconv.Itoa(i%5), int64(i+1)*ms).PutInt(semconv.BusyNs, ms)
					}
					assert.NoError(t, c.ConsumeTraces(t.Context(), traces))
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		pipelines.Wait()
		require.NoError(t, c.Shutdown(t.Context()))
		var durations, busies uint64
		for id, point := range points(t, sink) {
			if strings.HasPrefix(id, "busy") {
				busies += point.Count()
			} else {
				durations += point.Count()
			}
		}
		assert.Equal(t, uint64(8*40*50), durations)
		assert.Equal(t, uint64(8*40*50), busies)
	})
}

func TestConfig(t *testing.T) {
	require.NoError(t, createDefaultConfig().(*Config).Validate())
	require.EqualError(t, (&Config{Interval: time.Millisecond}).Validate(),
		"interval: 1ms is not allowed; want 1s to 24h\nmax_keys: 0 is not allowed; want 1 to 100000")
	require.EqualError(t, (&Config{Interval: 25 * time.Hour, MaxKeys: 100_001}).Validate(),
		"interval: 25h0m0s is not allowed; want 1s to 24h\nmax_keys: 100001 is not allowed; want 1 to 100000")
}

// One batch of 1,000 spans of ten operations.
func BenchmarkConsume(b *testing.B) {
	c, err := newStatsConnector(createDefaultConfig().(*Config), componenttest.NewNopTelemetrySettings(), consumertest.NewNop())
	require.NoError(b, err)
	traces, spans := newTraces("orders")
	for i := range 1_000 {
		attributes := addSpan(spans, "GET /orders/"+strconv.Itoa(i%10), int64(i+1)*ms/10)
		for k := range 8 {
			attributes.PutStr("attribute."+strconv.Itoa(k), "value")
		}
		attributes.PutInt(semconv.BusyNs, ms/10)
		attributes.PutInt(semconv.ScheduledNs, ms/10)
	}
	b.ReportAllocs()
	batches := uint64(0)
	for b.Loop() {
		require.NoError(b, c.ConsumeTraces(b.Context(), traces))
		batches++
	}
	found := c.table.series[key{origin: origin{service: "orders"}, span: "GET /orders/0", kind: ptrace.SpanKindServer}]
	require.Equal(b, 100*batches, found.times[queueWait].histogram.Count())
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1_000, "ns/span")
}
