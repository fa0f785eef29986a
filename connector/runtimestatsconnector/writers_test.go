// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/connector/runtimestatsconnector/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// written returns the series that a Collector of this resource makes of two spans. Its table has room for one.
func written(t *testing.T, identity map[string]any) []map[string]any {
	t.Helper()
	settings := connectortest.NewNopSettings(metadata.Type)
	settings.Resource = pcommon.NewResource()
	require.NoError(t, settings.Resource.Attributes().FromRaw(identity))
	sink := new(consumertest.MetricsSink)
	cfg := createDefaultConfig().(*Config)
	cfg.MaxKeys = 1
	c := started(t, settings, cfg, sink)
	traces, spans := newTraces("orders")
	addSpan(spans, "one", ms)
	addSpan(spans, "beyond max_keys", ms)
	require.NoError(t, c.ConsumeTraces(t.Context(), traces))
	require.NoError(t, c.Shutdown(t.Context()))
	return identities(sink.AllMetrics()[0])
}

// identities are the series of an export as Prometheus tells them apart: by namespace and name of the service, and by what is on the points.
func identities(metrics pmetric.Metrics) (all []map[string]any) {
	for _, resourceMetrics := range metrics.ResourceMetrics().All() {
		for _, metric := range resourceMetrics.ScopeMetrics().At(0).Metrics().All() {
			for _, point := range metric.ExponentialHistogram().DataPoints().All() {
				identity := point.Attributes().AsRaw()
				identity["metric"] = metric.Name()
				maps.Copy(identity, resourceMetrics.Resource().Attributes().AsRaw())
				all = append(all, identity)
			}
		}
	}
	return all
}

// Two sidecars of one service count different spans: neither writes to a series of the other, the overflow included.
func TestWritersAreToldApart(t *testing.T) {
	one, other := written(t, map[string]any{"service.instance.id": "pod-1"}), written(t, map[string]any{"service.instance.id": "pod-2"})
	require.Len(t, one, 2)
	for _, identity := range one {
		assert.Equal(t, "pod-1", identity["collector.instance.id"])
		assert.NotContains(t, other, identity)
	}
	// What the span_metrics connector reads counts first.
	named := written(t, map[string]any{"service.instance.id": "a UUID", "collector.instance.id": "pod-3"})
	assert.Equal(t, "pod-3", named[0]["collector.instance.id"])
}

// Services of one name in two namespaces or environments, and operations of one name with two routes, are different ones.
func TestServicesAndRoutesAreToldApart(t *testing.T) {
	service := func(resource map[string]any, route string) ptrace.Traces {
		traces, spans := newTraces("orders")
		for name, value := range resource {
			traces.ResourceSpans().At(0).Resource().Attributes().PutStr(name, value.(string))
		}
		addSpan(spans, "request", ms)
		if route != "" {
			spans.At(0).Attributes().PutStr(semconv.HTTPRoute, route)
		}
		return traces
	}
	sink := new(consumertest.MetricsSink)
	c := started(t, connectortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), sink)
	for _, traces := range []ptrace.Traces{
		service(nil, ""),
		service(map[string]any{"service.namespace": "shop"}, ""),
		service(map[string]any{"service.namespace": "shop", "deployment.environment.name": "staging"}, ""),
		service(map[string]any{"service.namespace": "shop"}, "/orders/{id}"),
		service(map[string]any{"service.namespace": "shop"}, "/login"),
	} {
		require.NoError(t, c.ConsumeTraces(t.Context(), traces))
	}
	require.NoError(t, c.Shutdown(t.Context()))
	got := identities(sink.AllMetrics()[0])
	for _, identity := range got {
		assert.Equal(t, "request", identity["span.name"])
		for _, same := range []string{"metric", "span.name", "span.kind", "service.name"} {
			delete(identity, same)
		}
	}
	assert.ElementsMatch(t, []map[string]any{
		{},
		{"service.namespace": "shop"},
		{"service.namespace": "shop", "deployment.environment.name": "staging"},
		{"service.namespace": "shop", "http.route": "/orders/{id}"},
		{"service.namespace": "shop", "http.route": "/login"},
	}, got)
}
