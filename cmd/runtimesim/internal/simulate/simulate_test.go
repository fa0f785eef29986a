// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

func service(t *testing.T, text string) *workload.Service {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
	services, err := spec.Decode([]any{tree})
	require.NoError(t, err)
	return services[0]
}

func TestRunPlaysEveryRequestToItsEnd(t *testing.T) {
	for _, model := range []string{"tokio", "async_std", "smol", "ideal"} {
		t.Run(model, func(t *testing.T) {
			s := Scenario{Service: service(t, `
name: a
runtime: {model: `+model+`, worker_threads: 2}
arrivals: {process: poisson, rate: 5000}
operations:
  - {name: one, steps: [compute: {exponential: {mean: 50us}}]}
  - {name: fan, steps: [spawn: {count: 3, steps: [io: 1ms]}, join: , spawn: {detached: true, steps: [sleep: 30ms, compute: 1us]}]}
`), FleetSeed: 1, Requests: 2000, Warmup: 0.1}
			var requests, tasks, arrivedLast uint64
			var busy, last sim.Time
			r := Run(t.Context(), &s, Watch{
				Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
					tasks++
					if f.Root {
						requests++
					}
					busy += f.Busy
					last = max(last, f.End)
				}},
				Arrived: func(n uint64) { arrivedLast = n },
			})
			assert.False(t, r.Partial)
			assert.Equal(t, uint64(2000), r.Arrived)
			assert.Equal(t, uint64(2000), r.Finished)
			assert.Equal(t, uint64(2000), requests)
			assert.Equal(t, uint64(2000), arrivedLast)
			assert.Equal(t, uint64(1800), r.Latency.Count())
			assert.Equal(t, uint64(1800), r.QueueWait.Count())
			assert.Equal(t, tasks, r.Counters.Finished)
			assert.Equal(t, last, r.Virtual, "detached tasks are waited for")
			assert.GreaterOrEqual(t, r.Total().Busy, busy, "all busy time is counted at the end")
			assert.InEpsilon(t, 2000/r.Virtual.Duration().Seconds(), r.Throughput(), 1e-12)
			assert.InEpsilon(t, float64(r.Total().Busy)/float64(2*r.Virtual), r.Utilization(), 1e-12)
		})
	}
}

func TestRunOfOverloadDrains(t *testing.T) {
	// 1000 requests a second of 10 ms each for one worker: the last one waits almost 9 s, and the run takes 10 s.
	s := Scenario{Service: service(t, `
name: a
runtime: {model: ideal, worker_threads: 1}
arrivals: {process: constant, rate: 1000}
operations: [{name: op, steps: [compute: 10ms]}]
`), Requests: 1000}
	r := Run(t.Context(), &s, Watch{})
	assert.False(t, r.Partial)
	assert.Equal(t, sim.Time(1e6+1000*1e7), r.Virtual)
	assert.Equal(t, int64(999*9e6), r.QueueWait.Max())
	assert.Equal(t, int64(499*9e6), r.QueueWait.Quantile(0.5), "request 500 of 1000, counted from 1, waits for 499 others")
	assert.InDelta(t, 499.5*9e6, r.QueueWait.Mean(), 1)
	assert.InDelta(t, 100, r.Throughput(), 0.1)
}

func TestDrainIsBounded(t *testing.T) {
	s := Scenario{Service: service(t, `
name: a
runtime: {model: ideal, worker_threads: 1}
arrivals: {process: constant, rate: 1000}
operations: [{name: op, steps: [compute: 1h]}]
`), Requests: 1000}
	r := Run(t.Context(), &s, Watch{})
	assert.True(t, r.Partial)
	assert.Equal(t, uint64(1000), r.Arrived)
	assert.Equal(t, uint64(24), r.Finished)
}

func TestInterrupted(t *testing.T) {
	s := Scenario{Service: service(t, `
name: a
runtime: {model: tokio}
arrivals: {process: poisson, rate: 1000}
operations: [{name: op, steps: [compute: 1ms]}]
`), Requests: 1e12, Warmup: 0.5}
	ctx, cancel := context.WithCancel(t.Context())
	r := Run(ctx, &s, Watch{Arrived: func(n uint64) {
		if n > 2*MostWarmup {
			cancel()
		}
	}})
	assert.True(t, r.Partial)
	assert.Greater(t, r.Arrived, uint64(2*MostWarmup))
	assert.InDelta(t, r.Finished-MostWarmup, r.Latency.Count(), 1000, "the warm-up of a long run is bounded")
	assert.InDelta(t, 1000, r.Throughput(), 20)
}

func TestArrivalsThatEnd(t *testing.T) {
	// Virtual time ends after 292 years.
	s := Scenario{Service: service(t, `
name: a
runtime: {model: tokio}
arrivals: {process: constant, rate: 1e-9}
operations: [{name: op, steps: [compute: 1ms]}]
`), Requests: 100}
	r := Run(t.Context(), &s, Watch{})
	assert.False(t, r.Partial)
	assert.Equal(t, uint64(9), r.Arrived)
	assert.Equal(t, uint64(9), r.Finished)
}

func TestStagesEndTheRun(t *testing.T) {
	// A flash crowd of about 5000 requests, fewer than asked for. Two workers serve 2000 a second, and take 100 at a time.
	s := Scenario{Service: service(t, `
name: a
runtime: {model: ideal, worker_threads: 2}
arrivals: {process: stages, stages: [{duration: 1s, target: 0}, {duration: 0s, target: 5000}, {duration: 1s, target: 5000}]}
max_in_flight: 100
operations: [{name: op, steps: [compute: 1ms]}]
`), Requests: 100_000}
	r := Run(t.Context(), &s, Watch{})
	assert.False(t, r.Partial, "all that arrives has arrived")
	assert.InDelta(t, 5000, r.Arrived, 4*71)
	assert.Equal(t, r.Arrived, r.Finished+r.Shed)
	assert.InDelta(t, 2000+100, r.Finished, 5)
	assert.InDelta(t, 50*time.Millisecond, r.Latency.Max(), 1e6, "100 requests, two at a time")
}

func TestClosedLoopIsLimited(t *testing.T) {
	s := Scenario{Service: service(t, `
name: a
runtime: {model: tokio}
arrivals: {process: closed, users: 50, think: {exponential: {mean: 10ms}}}
operations: [{name: op, steps: [compute: 1ms]}]
`), Requests: 10_000}
	r := Run(t.Context(), &s, Watch{})
	assert.False(t, r.Partial)
	assert.Equal(t, uint64(10_000), r.Arrived)
	assert.Equal(t, uint64(10_000), r.Finished)
	assert.InEpsilon(t, 4000, r.Throughput(), 0.1, "four workers are what limits 50 users")
}

func TestReplicationsDiffer(t *testing.T) {
	const text = `
name: a
runtime: {model: ideal}
arrivals: {process: poisson, rate: 1000}
operations: [{name: op, steps: [compute: {exponential: {mean: 1ms}}]}]
`
	means := map[float64]bool{}
	for _, seed := range []string{"", "seed: 1"} {
		s := Scenario{Service: service(t, text+seed), FleetSeed: 1, Requests: 1000}
		for i := range uint64(3) {
			replication := s.Replication(i)
			assert.Equal(t, 1+i, replication.Seed())
			means[Run(t.Context(), &replication, Watch{}).Latency.Mean()] = true
		}
		assert.Equal(t, uint64(1), s.Seed(), "unchanged")
	}
	assert.Len(t, means, 6)
}

// TestSlicesDoNotMatter: how a run is cut for its progress to be seen has no influence on what is measured.
func TestSlicesDoNotMatter(t *testing.T) {
	s := Scenario{Service: service(t, `
name: a
seed: 7
runtime: {model: tokio, worker_threads: 4}
arrivals: {process: poisson, rate: 20000}
workload: api_gateway
`)}
	var whole Summary
	var sm sim.Simulation
	in := play.NewNetwork(&sm).Play(s.Service, 0, 0, play.Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
		if f.Parent == 0 {
			whole.Record(int64(f.End - f.Spawned))
		}
	}}})
	sm.Run(sim.Time(900 * time.Millisecond))
	in.Stop()
	sm.Run(sim.Time(2 * time.Second))
	require.Greater(t, in.Arrivals(), uint64(17_000))

	s.Requests = in.Arrivals()
	r := Run(t.Context(), &s, Watch{})
	assert.Equal(t, whole.Mean(), r.Latency.Mean())
	assert.Equal(t, whole.Max(), r.Latency.Max())
}

func BenchmarkRun(b *testing.B) {
	var tree any
	if err := yaml.Unmarshal([]byte(`{name: a, runtime: {model: ideal}, arrivals: {process: poisson, rate: 2800}, `+
		`operations: [{name: op, steps: [compute: {exponential: {mean: 1ms}}]}]}`), &tree); err != nil {
		b.Fatal(err)
	}
	services, err := spec.Decode([]any{tree})
	if err != nil {
		b.Fatal(err)
	}
	services[0].Runtime.Costs = new(cost.Zero)
	const requests = 100_000
	s := Scenario{Service: services[0], Requests: requests}
	for b.Loop() {
		if r := Run(b.Context(), &s, Watch{}); r.Finished != requests {
			b.Fatalf("%d of %d finished", r.Finished, uint64(requests))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/requests, "ns/request")
}

// TestCPUsAreShared: four workers on one CPU carry no more than one.
func TestCPUsAreShared(t *testing.T) {
	utilization := func(cpus string) (busy, throughput float64) {
		s := Scenario{Service: service(t, `
name: a
runtime: {model: tokio}
host: {cpus: `+cpus+`}
arrivals: {process: constant, rate: 20000}
operations: [{name: o, steps: [compute: 100us]}]
`), FleetSeed: 1, Requests: 20_000}
		s.Service.Runtime.Costs = &cost.Zero
		result := Run(t.Context(), &s, Watch{})
		return result.Utilization(), result.Throughput()
	}
	_, four := utilization("4")
	busy, one := utilization("1")
	assert.InDelta(t, 20_000, four, 200)
	assert.InDelta(t, 10_000, one, 200)
	assert.Greater(t, busy, 0.9, "threads that wait for a CPU look busy")
}

// TestCallsTakeTheirTime: a call costs the network twice, and the time of the called service, queue included.
func TestCallsTakeTheirTime(t *testing.T) {
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(`
- name: front
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 100}
  operations: [{name: GET /, steps: [{call: {service: back, operation: reserve, network: 1ms}}]}]
- name: back
  runtime: {model: smol}
  operations: [{name: reserve, steps: [compute: 12ms]}]
`), &tree))
	fleet, err := spec.Decode(tree)
	require.NoError(t, err)
	fleet[0].Runtime.Costs, fleet[1].Runtime.Costs = &cost.Zero, &cost.Zero
	result := Run(t.Context(), &Scenario{Service: fleet[0], FleetSeed: 1, Requests: 50}, Watch{})
	assert.EqualValues(t, 50, result.Finished)
	// One thread takes 12 ms for what comes each 10 ms: request n waits for 2 ms x n.
	assert.EqualValues(t, 14*time.Millisecond, result.Latency.Quantile(0))
	assert.EqualValues(t, (14+2*49)*time.Millisecond, result.Latency.Max())
}

// TestPeriodsOfTheRun: those that end while requests are played count, and no later ones.
func TestPeriodsOfTheRun(t *testing.T) {
	s := Scenario{Service: service(t, `
name: s
runtime: {model: async_std, worker_threads: 64}
host: {cpus: 16, quota: {cpus: 3.7, period: 10ms, burst: 18500us}}
arrivals: {process: poisson, rate: 55500}
operations: [{name: op, steps: [{io: 2ms}, {compute: 100us}, {sleep: 3ms}]}]
`), FleetSeed: 79, Requests: 3000}
	s.Service.Runtime.Costs = &cost.Zero
	r := Run(t.Context(), &s, Watch{})
	ended := uint64(r.Virtual/sim.Time(10*time.Millisecond)) + 1
	assert.LessOrEqual(t, r.Host.Periods, ended)
	assert.GreaterOrEqual(t, r.Host.Periods, ended-1)
	assert.Positive(t, r.Host.ThrottledPeriods)
	assert.LessOrEqual(t, r.CPUUtilization(), 1.6, "the quota, and the burst")
	assert.InDelta(t, 300*time.Millisecond, r.Host.Busy.Duration(), float64(time.Millisecond), "what 3000 requests compute")
	assert.Less(t, r.ThrottledCPUs(), 16.0)

	cut, cancel := context.WithCancel(t.Context())
	cancel()
	assert.LessOrEqual(t, Run(cut, &s, Watch{}).Host.Periods, uint64(1))
}
