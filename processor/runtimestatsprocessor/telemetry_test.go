// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadatatest"
)

// newTraces returns the processor as a Collector gets it from the factory.
func newTraces(
	t *testing.T, settings processor.Settings, sink *consumertest.TracesSink, change func(*Config),
) processor.Traces {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	change(cfg)
	traces, err := NewFactory().CreateTraces(t.Context(), settings, cfg, sink)
	require.NoError(t, err)
	return traces
}

func point(value int64, attributes ...attribute.KeyValue) metricdata.DataPoint[int64] {
	return metricdata.DataPoint[int64]{Value: value, Attributes: attribute.NewSet(attributes...)}
}

// A key fills, judges, overflows others and expires; the processor's own telemetry tells all of it.
func TestTelemetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		telemetry := componenttest.NewTelemetry()
		defer func() { assert.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) }()
		settings := processortest.NewNopSettings(metadata.Type)
		settings.TelemetrySettings = telemetry.NewTelemetrySettings()
		sink := new(consumertest.TracesSink)
		p := newTraces(t, settings, sink, func(c *Config) { c.MaxKeys = 1 })
		require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
		send := func(service, operation string, duration time.Duration, n int) {
			traces, spans := newService(service)
			for range n {
				addSpan(spans, operation, duration)
			}
			require.NoError(t, p.ConsumeTraces(t.Context(), traces))
		}

		send("orders", "GET", 10*ms, 100) // warming up
		send("orders", "GET", 10*ms, 7)   // normal
		send("orders", "GET", 19*ms, 4)   // slowest of all, but less than twice the median
		send("orders", "GET", 30*ms, 3)   // outliers
		send("orders", "GET", 90*ms, 2)   // more than four times the slowest
		send("orders", "PUT", 10*ms, 5)   // no window left
		send("orders", "GET", -1*ms, 6)
		require.Equal(t, 127, sink.SpanCount())

		metadatatest.AssertEqualProcessorRuntimeStatsClassifiedSpans(t, telemetry, []metricdata.DataPoint[int64]{
			point(7, attribute.String("class", "normal")),
			point(4, attribute.String("class", "elevated")),
			point(3, attribute.String("class", "outlier")),
			point(2, attribute.String("class", "extreme")),
		}, metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualProcessorRuntimeStatsOverflowSpans(t, telemetry,
			[]metricdata.DataPoint[int64]{point(5)}, metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualProcessorRuntimeStatsInvalidDurationSpans(t, telemetry,
			[]metricdata.DataPoint[int64]{point(6)}, metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualProcessorRuntimeStatsKeys(t, telemetry,
			[]metricdata.DataPoint[int64]{point(1)}, metricdatatest.IgnoreTimestamp())

		// Half an hour without a span.
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		metadatatest.AssertEqualProcessorRuntimeStatsKeys(t, telemetry,
			[]metricdata.DataPoint[int64]{point(0)}, metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualProcessorRuntimeStatsExpiredKeys(t, telemetry,
			[]metricdata.DataPoint[int64]{point(1)}, metricdatatest.IgnoreTimestamp())

		require.NoError(t, p.Shutdown(t.Context()))
		require.NoError(t, p.Shutdown(t.Context()), "twice")
	})
}

// A span that comes a minute after its end is judged by the present, but is no part of it. A recording of last year leaves
// no key behind.
func TestLateSpans(t *testing.T) {
	for _, mode := range []string{ModeDecay, ModeSliding} {
		synctest.Test(t, func(t *testing.T) {
			telemetry := componenttest.NewTelemetry()
			defer func() { assert.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) }()
			settings := processortest.NewNopSettings(metadata.Type)
			settings.TelemetrySettings = telemetry.NewTelemetrySettings()
			sink := new(consumertest.TracesSink)
			p := newTraces(t, settings, sink, func(c *Config) { c.Window.Mode = mode })
			require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
			send := func(operation string, age time.Duration, n int) map[string]any {
				traces, spans := newService("orders")
				for i := range n {
					span := addSpan(spans, operation, 0)
					end := time.Now().Add(-age)
					span.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-time.Duration(i%10+1) * ms)))
					span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
				}
				require.NoError(t, p.ConsumeTraces(t.Context(), traces))
				return spans.At(n - 1).Attributes().AsRaw()
			}

			send("GET", 59*time.Second, 100)
			onTime := send("GET", time.Minute, 10)
			assert.Equal(t, 95.0, onTime["latency.percentile"])
			assert.Equal(t, onTime, send("GET", time.Minute+1, 10))
			send("PUT", 24*365*time.Hour, 1_000)
			assert.Empty(t, send("PUT", 24*365*time.Hour, 1))

			metadatatest.AssertEqualProcessorRuntimeStatsLateSpans(t, telemetry,
				[]metricdata.DataPoint[int64]{point(1_011)}, metricdatatest.IgnoreTimestamp())
			metadatatest.AssertEqualProcessorRuntimeStatsClassifiedSpans(t, telemetry,
				[]metricdata.DataPoint[int64]{point(20, attribute.String("class", "normal"))}, metricdatatest.IgnoreTimestamp())
			metadatatest.AssertEqualProcessorRuntimeStatsKeys(t, telemetry,
				[]metricdata.DataPoint[int64]{point(1)}, metricdatatest.IgnoreTimestamp())
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}

// Eight pipelines at once, while the windows tick.
func TestConcurrentConsume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		p := newTraces(t, processortest.NewNopSettings(metadata.Type), sink, func(c *Config) { c.MaxKeys = 10 })
		require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
		operations := []string{"a", "b", "c", "d", "e", "f"}
		var pipelines sync.WaitGroup
		for range 8 {
			pipelines.Go(func() {
				for batch := range 40 {
					traces, spans := newService([]string{"orders", "stock"}[batch%2])
					for i := range 50 {
						duration := time.Duration(i+1) * ms
						addTracingAttributes(addSpan(spans, operations[i%len(operations)], duration), duration/2, duration/2)
					}
					assert.NoError(t, p.ConsumeTraces(t.Context(), traces))
					time.Sleep(100 * ms)
				}
			})
		}
		pipelines.Wait()
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Equal(t, 8*40*50, sink.SpanCount())

		// After the end the windows stand still, and spans pass.
		traces, spans := newService("orders")
		addSpan(spans, "a", ms)
		require.NoError(t, p.ConsumeTraces(t.Context(), traces))
	})
}
