// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestWorkersOfAQuota: runtimes start as many workers as Rust's available_parallelism says, which rounds a quota down, unless the number is set.
func TestWorkersOfAQuota(t *testing.T) {
	for _, c := range []struct {
		runtime, host string
		workers       int
	}{
		{"model: tokio", "cpus: 8", 4},
		{"model: tokio", "cpus: 8, quota: {cpus: 2.9}", 2},
		{"model: tokio", "cpus: 8, quota: {cpus: 0.5}", 1},
		{"model: tokio", "cpus: 2, quota: {cpus: 64}", 2},
		{"model: tokio, worker_threads: 8", "cpus: 8, quota: {cpus: 2.9}", 8},
		{"model: tokio, worker_threads: 4", "cpus: 8, quota: {cpus: 2.9}", 4},
		{"model: tokio, flavor: current_thread", "cpus: 8, quota: {cpus: 3}", 1},
		{"model: tokio, flavor: tokio_per_core", "cpus: 8, quota: {cpus: 3}", 3},
		{"model: async_std", "cpus: 8, quota: {cpus: 3}", 3},
		{"model: smol", "cpus: 8, quota: {cpus: 3}", 1},
	} {
		fleet := mustFleet(t, `
- name: a
  runtime: {`+c.runtime+`}
  runtimes: {other: {model: async_std}}
  host: {`+c.host+`}
  arrivals: {process: poisson, rate: 1}
  operations: [{name: o, steps: [{run_on: {runtime: other, steps: [{compute: 1ms}]}}]}]
`)
		of := fleet[0].Runtime
		assert.Equal(t, c.workers, of.Workers, "%s, %s", c.runtime, c.host)
		if of.Quota.CPUs > 0 {
			assert.Equal(t, of.AvailableParallelism(), fleet[0].Parts[0].Runtime.Workers, "%s, %s", c.runtime, c.host)
		}
		requireRoundTrip(t, fleet)
	}
}

func TestQuota(t *testing.T) {
	fleet := mustFleet(t, `
- name: a
  runtime: {model: tokio}
  host: {cpus: 2, quota: {cpus: 1.5, period: 20ms, burst: 0}}
  arrivals: {process: poisson, rate: 1}
  operations: [{name: o, steps: [{compute: 1ms}]}]
`)
	assert.Equal(t, 2, fleet[0].Runtime.CPUs)
	assert.Equal(t, host.Quota{CPUs: 1.5, Period: sim.Time(20 * time.Millisecond)}, fleet[0].Runtime.Quota)
}
