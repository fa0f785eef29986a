// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestQuota: runs are taken together, so a long one counts for more.
func TestQuota(t *testing.T) {
	one := Quota{Periods: 10, Throttled: 4, Time: 50, Waited: 70, Wall: 1000}
	two := Quota{Periods: 30, Throttled: 4, Time: 150, Waited: 30, Wall: 3000}
	for i := range 60 {
		one.Latencies = append(one.Latencies, sim.Time(1+i))
	}
	for i := range 40 {
		two.Latencies = append(two.Latencies, sim.Time(61+i))
	}
	one.Add(&two)
	for name, want := range map[string]float64{
		"throttled_share": 0.2, "throttled_time": 0.05, "cpu_wait": 0.025, "latency_mean": 50.5, "latency_p50": 50, "latency_p99": 99,
	} {
		assert.InDelta(t, want, one.Of(name), 1e-9, name)
	}
	assert.Len(t, Warm(make([]Request, 100)), 95)
	assert.Panics(t, func() { one.Of("polls") })
}
