// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const onCores = `
- name: orders
  runtime: {model: tokio, flavor: tokio_per_core, worker_threads: 3}
  arrivals: {process: poisson, rate: 2000}
  connections: {count: 6, exponent: 2}
  operations:
    - {name: order, steps: [compute: 100us, spawn: {name: part, steps: [io: 1ms]}, join, span: {name: render, steps: [compute: 10us]}]}
`

// TestSpansOfCores: each span is of the thread of a core, which the far side knows for one that runs tasks of its own.
func TestSpansOfCores(t *testing.T) {
	f := New(mustParse(t, onCores), 1, sendSpans)
	f.Advance(second)
	runtime := semconv.RuntimeNamed(semconv.RuntimeTokio)
	spans := map[int64]int{}
	each(exported(f), func(resource pcommon.Map, _ string, span ptrace.Span) {
		a := span.Attributes()
		core := value(t, a, semconv.ThreadID).Int() - 2
		name := value(t, a, semconv.ThreadName).Str()
		require.Equal(t, fmt.Sprintf("actix-rt|system:0|arbiter:%d", core), name)
		require.True(t, runtime.Arbiters[0].Matches(name))
		require.Equal(t, semconv.CrateTokio, value(t, resource, semconv.ProcessRuntimeName).Str())
		if worker, task := a.Get(semconv.WorkerIndex); task {
			require.Equal(t, core, worker.Int())
			require.Zero(t, value(t, a, semconv.StealCount).Int())
		}
		spans[core]++
	})
	require.Len(t, spans, 3)
	assert.Greater(t, spans[0], 2*spans[1], "the busiest client is on core 0")
	assert.Greater(t, spans[1], spans[2])
}

// TestMetricsOfCores: the cores are the workers of one runtime, and show how uneven the load is.
func TestMetricsOfCores(t *testing.T) {
	f := newSignals(mustParse(t, onCores), func(c *runtimemetrics.Config) { c.PerWorker = true })
	f.Advance(2 * second)
	busy := map[int64]float64{}
	workers := 0.0
	eachMetric(sentMetrics(f), func(_ pcommon.Map, m pmetric.Metric) {
		switch m.Name() {
		case "async_runtime.worker.count":
			workers = number(m.Sum().DataPoints().At(0))
		case "async_runtime.worker.utilization":
			for _, p := range m.Gauge().DataPoints().All() {
				busy[value(t, p.Attributes(), semconv.Worker).Int()] = number(p)
			}
		case "async_runtime.task.steals":
			for _, p := range m.Sum().DataPoints().All() {
				assert.Zero(t, number(p))
			}
		}
	})
	assert.InDelta(t, 3, workers, 0)
	require.Len(t, busy, 3)
	assert.Greater(t, busy[0], 2*busy[1])
	assert.Greater(t, busy[1], busy[2])
}
