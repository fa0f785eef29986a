// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestAQuotaBoundsAllRuntimesOfAProcess: together they use it up and no more, whichever runtime, and each instance has one of its own.
func TestAQuotaBoundsAllRuntimesOfAProcess(t *testing.T) {
	for _, runtime := range []string{"model: tokio, worker_threads: 4", "model: tokio, flavor: tokio_per_core, worker_threads: 4", "model: async_std, worker_threads: 4", "model: smol"} {
		s := mustFleet(t, `
- name: app
  instances: 2
  runtime: {`+runtime+`}
  runtimes: {pool: {model: smol, executor: threads, thread_name: pool, worker_threads: 4}}
  host: {cpus: 4, quota: {cpus: 1.5}}
  arrivals: {process: constant, rate: 1000}
  max_in_flight: 100
  operations:
    - name: GET /
      steps:
        - compute: 1ms
        - spawn_blocking: 1ms
        - run_on: {runtime: pool, name: evaluate, steps: [compute: 2ms]}
`)[0]
		const length = 10 * time.Second
		var sm sim.Simulation
		n := NewNetwork(&sm)
		var instances [2]*Instance
		for i := range instances {
			instances[i] = n.Play(s, 1, i, Observer{})
			for _, other := range s.Callees() {
				n.Play(other, 1, i, Observer{})
			}
		}
		sm.Run(sim.Time(length))
		for _, in := range instances {
			h := in.Host().Stats()
			assert.InEpsilon(t, 1.5*length.Seconds(), h.Busy.Duration().Seconds(), 0.02, runtime)
			assert.InDelta(t, 100, float64(h.Periods), 1, runtime)
			assert.GreaterOrEqual(t, h.ThrottledPeriods, uint64(90), runtime)
			assert.Positive(t, h.Throttled, runtime)
		}
		assert.NotEqual(t, instances[0].Host().Stats(), instances[1].Host().Stats(), "their periods begin at different times")
	}
}

func TestPhasesOfQuotas(t *testing.T) {
	seen := map[sim.Time]bool{}
	for i := range uint64(100) {
		q := inPhase(host.Quota{CPUs: 1}, sim.Stream(1, streamQuota, i))
		require.Less(t, q.Phase, host.DefaultPeriod)
		seen[q.Phase] = true
	}
	assert.Len(t, seen, 100)
	assert.Equal(t, host.Quota{}, inPhase(host.Quota{}, sim.Stream(1, streamQuota, 0)))
}
