// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestMetricsOfTheMachine: a process whose CPUs are limited tells of them, and one with a quota of its throttling.
func TestMetricsOfTheMachine(t *testing.T) {
	const ms = sim.Time(time.Millisecond)
	of := host.Stats{Busy: 1500 * ms, Waited: 250 * ms, Throttled: 5 * ms, Stopped: 7 * ms, Periods: 10, ThrottledPeriods: 3}
	onCPU, waits := "async_runtime.thread.time on_cpu", "async_runtime.thread.time cpu_wait"
	all := map[string]float64{
		"process.cpu.time": 1.5, onCPU: 1.5, waits: 0.257, "async_runtime.cpu_quota.periods": 10,
		"async_runtime.cpu_quota.throttled.periods": 3, "async_runtime.cpu_quota.throttled.time": 0.005,
	}
	for machine, names := range map[Machine][]string{
		{}:           nil,
		{CPUs: true}: {"process.cpu.time", onCPU, waits},
		{CPUs: true, Quota: true}: {
			"process.cpu.time", onCPU, waits, "async_runtime.cpu_quota.periods", "async_runtime.cpu_quota.throttled.periods", "async_runtime.cpu_quota.throttled.time",
		},
	} {
		c := DefaultConfig()
		s := New(&c, semconv.CrateSmol, machine, nil, 0)
		s.Sample(20*ms, scheduler.Counters{}, of)
		scope := pmetric.NewScopeMetrics()
		s.Samples(0, 1000).Build(scope, func(at sim.Time) pcommon.Timestamp { return pcommon.Timestamp(at) })
		want, got := map[string]float64{}, map[string]float64{}
		for _, name := range names {
			want[name] = all[name]
		}
		for _, m := range scope.Metrics().All() {
			if m.Type() != pmetric.MetricTypeSum {
				continue
			}
			for _, p := range m.Sum().DataPoints().All() {
				name := m.Name()
				if state, ok := p.Attributes().Get(semconv.ThreadState); ok {
					name += " " + state.Str()
				}
				if _, ok := all[name]; ok {
					got[name] = p.DoubleValue() + float64(p.IntValue())
				}
			}
		}
		assert.Equal(t, want, got)
	}
}
