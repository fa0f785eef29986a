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
	of := host.Stats{Busy: 1500 * ms, Waited: 250 * ms, Throttled: 7 * ms, Periods: 10, ThrottledPeriods: 3}
	all := map[string]float64{
		"process.cpu.time": 1.5, "async_runtime.cpu.wait_time": 0.25, "container.cpu.throttling_data.periods": 10,
		"container.cpu.throttling_data.throttled_periods": 3, "container.cpu.throttling_data.throttled_time": 7e6,
	}
	for machine, names := range map[Machine][]string{
		{}:                        nil,
		{CPUs: true}:              {"process.cpu.time", "async_runtime.cpu.wait_time"},
		{CPUs: true, Quota: true}: {"process.cpu.time", "async_runtime.cpu.wait_time", "container.cpu.throttling_data.periods", "container.cpu.throttling_data.throttled_periods", "container.cpu.throttling_data.throttled_time"},
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
			if _, ok := all[m.Name()]; ok {
				p := m.Sum().DataPoints().At(0)
				got[m.Name()] = p.DoubleValue() + float64(p.IntValue())
			}
		}
		assert.Equal(t, want, got)
	}
}
