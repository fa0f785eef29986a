// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// lines returns the lines of a file, without an unfinished last one.
func lines(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range bytes.Lines(text) {
		if bytes.HasSuffix(line, []byte("\n")) {
			all = append(all, line)
		}
	}
	return all
}

// TestSpansAsMetrics plays a service and exports its spans as they are and as histograms: both tell of the same spans and
// the same times.
func TestSpansAsMetrics(t *testing.T) {
	spansFile, metricsFile := filepath.Join(t.TempDir(), "spans.json"), filepath.Join(t.TempDir(), "metrics.json")
	c := start(t, writeFile(t, fmt.Sprintf(`
receivers:
  synthetic_load:
    duration: 2s
    services:
      - name: orders
        runtime: {model: tokio}
        arrivals: {process: poisson, rate: 500}
        workload: api_gateway
processors: {runtime_stats: }
connectors: {runtime_stats: {interval: 1s}}
exporters:
  file/spans: {path: %q, flush_interval: 100ms}
  file/metrics: {path: %q, flush_interval: 100ms}
service:
  pipelines:
    traces: {receivers: [synthetic_load], processors: [runtime_stats], exporters: [file/spans, runtime_stats]}
    metrics: {receivers: [runtime_stats], exporters: [file/metrics]}
`, spansFile, metricsFile)))
	c.waitFor(t, "The run ended")
	require.Eventually(t, func() bool { return len(lines(t, metricsFile)) > 2 }, patience, 50*time.Millisecond, "an export each second")
	require.NoError(t, c.interrupt(t))

	type total struct {
		count uint64
		ns    float64
	}
	sent, exported := map[string]total{}, map[string]total{}
	add := func(to map[string]total, id string, count uint64, ns float64) {
		to[id] = total{to[id].count + count, to[id].ns + ns}
	}
	for _, line := range lines(t, spansFile) {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		for _, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			a := span.Attributes()
			add(sent, semconv.MetricSpanDuration+" "+span.Name(), 1, float64(span.EndTimestamp()-span.StartTimestamp()))
			if busy, ok := a.Get(semconv.BusyNs); ok {
				add(sent, semconv.MetricSpanBusy+" "+span.Name(), 1, float64(busy.Int()))
			}
			if queueWait, ok := a.Get(semconv.ScheduledNs); ok {
				add(sent, semconv.MetricSpanQueueWait+" "+span.Name(), 1, float64(queueWait.Int()))
			}
		}
	}
	exports := lines(t, metricsFile)
	metrics, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(exports[len(exports)-1])
	require.NoError(t, err)
	require.Equal(t, 1, metrics.ResourceMetrics().Len())
	for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		for _, point := range metric.ExponentialHistogram().DataPoints().All() {
			name, _ := point.Attributes().Get("span.name")
			add(exported, metric.Name()+" "+name.Str(), point.Count(), point.Sum())
		}
	}
	require.NotEmpty(t, sent)
	for id, want := range sent {
		assert.Equal(t, want.count, exported[id].count, id)
		assert.InEpsilon(t, 1+want.ns, 1+exported[id].ns, 1e-9, id)
	}
	assert.Len(t, exported, len(sent))
}
