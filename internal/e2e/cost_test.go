// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// costlyLoad is a service whose runtime costs what a profile says.
func costlyLoad(t *testing.T, profile string) (config, spans string) {
	t.Helper()
	spans = filepath.Join(t.TempDir(), "spans.json")
	return writeFile(t, fmt.Sprintf(`
receivers:
  synthetic_load:
    clock: unpaced
    duration: 2s
    runtime_cost: %q
    services:
      - name: orders
        runtime: {model: tokio, worker_threads: 2}
        arrivals: {process: poisson, rate: 500}
        workload: api_gateway
exporters: {file: {path: %q}}
service: {pipelines: {traces: {receivers: [synthetic_load], exporters: [file]}}}
`, profile, spans)), spans
}

// queueWait plays a load and adds up how long its tasks waited for a worker.
func queueWait(t *testing.T, profile string) (spans int, ns int64) {
	t.Helper()
	config, file := costlyLoad(t, profile)
	c := start(t, config)
	c.waitFor(t, "The run ended")
	require.NoError(t, c.interrupt(t))
	for _, line := range lines(t, file) {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		for _, rs := range traces.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					spans++
					if wait, ok := span.Attributes().Get(semconv.ScheduledNs); ok {
						ns += wait.Int()
					}
				}
			}
		}
	}
	return spans, ns
}

// TestRuntimeCost: the same requests wait longer for a worker where scheduling is dear.
func TestRuntimeCost(t *testing.T) {
	dear := writeFile(t, "tokio.wake_latency.median: 200us\ntokio.wake_driver_latency.median: 200us\ntokio.poll: 20us\n")
	spans, free := queueWait(t, "zero")
	require.Positive(t, spans)
	again, usual := queueWait(t, "default")
	third, most := queueWait(t, dear)
	assert.Equal(t, spans, again)
	assert.Equal(t, spans, third)
	assert.Greater(t, usual, free)
	assert.Greater(t, most, 3*usual)

	mistaken := writeFile(t, "tokio.pol: 1us\n")
	config, _ := costlyLoad(t, mistaken)
	code, out := run(t, "validate", "--config", config)
	assert.NotZero(t, code)
	assert.Contains(t, out, "runtime_cost: "+mistaken+": line 1: tokio.pol: unknown key; want tokio. and one of poll")
	config, _ = costlyLoad(t, "cheap")
	code, out = run(t, "validate", "--config", config)
	assert.NotZero(t, code)
	assert.Contains(t, out, `runtime_cost: "cheap" is not default, seed or zero, and no file`)
}
