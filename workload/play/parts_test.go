// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const twoRuntimes = `
- name: app
  instances: 2
  runtime: {model: tokio, worker_threads: 2}
  runtimes: {small: {model: smol, executor: thread_per_task, thread_name: light}}
  host: {cpus: 2}
  arrivals: {process: constant, rate: 100}
  operations:
    - name: GET /
      steps:
        - compute: 1ms
        - run_on: {runtime: small, name: index, steps: [{compute: 2ms}, {span: {name: write, steps: [{compute: 1ms}]}}]}
        - compute: 1ms
`

// TestRunOn: the steps run on the other runtime of the same instance, under the request's tag, while the task waits.
func TestRunOn(t *testing.T) {
	services := mustFleet(t, twoRuntimes)
	require.Len(t, services, 1)
	services = workload.Runtimes(services)
	require.Len(t, services, 2)
	require.Equal(t, 2, services[0].Instances)
	assert.Equal(t, [][]workload.Member{
		{{Service: services[0], Instance: 0, Number: 0}, {Service: services[1], Instance: 0, Number: 2}},
		{{Service: services[0], Instance: 1, Number: 1}, {Service: services[1], Instance: 1, Number: 3}},
	}, workload.Groups(services[:1]))
	var sm sim.Simulation
	n := NewNetwork(&sm)
	finished := map[string][]scheduler.Finished{}
	spans := 0
	for _, s := range services {
		s.Runtime.Costs = &cost.Zero
		for i := range s.Instances {
			n.Play(s, 1, i, Observer{Observer: scheduler.Observer{
				Finished: func(f *scheduler.Finished) { finished[s.FullName()] = append(finished[s.FullName()], *f) },
				Span:     func(*scheduler.Span) { spans++ },
			}})
		}
	}
	require.Len(t, n.processes, 2, "the runtimes of an instance share a machine")
	assert.NotSame(t, n.processes[processKey{"app", 0}], n.processes[processKey{"app", 1}])
	sm.Run(sim.Time(time.Second))
	require.Len(t, finished["app"], 2*99)
	require.Len(t, finished["app/small"], 2*99)
	assert.Equal(t, 2*99, spans)
	tags := map[uint64]scheduler.Finished{}
	for _, f := range finished["app/small"] {
		tags[f.Tag] = f
	}
	for _, f := range finished["app"] {
		there, ok := tags[f.Tag]
		require.True(t, ok)
		assert.EqualValues(t, 2*time.Millisecond, f.Busy)
		assert.EqualValues(t, 3*time.Millisecond, there.Busy)
		assert.GreaterOrEqual(t, there.Spawned-f.Spawned, sim.Time(time.Millisecond))
		assert.EqualValues(t, time.Millisecond, f.End-there.End, "woken at once, without costs")
	}
	instance, arrival := Origin(finished["app"][len(finished["app"])-1].Tag)
	assert.Equal(t, 1, instance)
	assert.EqualValues(t, 98, arrival)
}

// TestAChannelJoinsRuntimes: what a task of one runtime sends, a task of another one of the process receives.
func TestAChannelJoinsRuntimes(t *testing.T) {
	live, finished := playProcess(t, `
        - channel: {send: jobs, capacity: 2}
        - run_on: {runtime: other, name: r, steps: [{channel: {receive: jobs}}, {compute: 1ms}]}`)
	assert.Zero(t, live)
	assert.Equal(t, 99, finished)
}

// TestALockIsTheProcesss: a task that holds a lock and awaits another runtime's task, which wants it too, waits for ever.
func TestALockIsTheProcesss(t *testing.T) {
	live, finished := playProcess(t, `
        - lock: cache
        - run_on: {runtime: other, name: r, steps: [{lock: cache}, {compute: 1ms}, {unlock: cache}]}
        - unlock: cache`)
	assert.Equal(t, 99, live)
	assert.Zero(t, finished)
}

// playProcess plays 99 requests of some steps on a process of Tokio and smol. It returns what is left of them a minute later.
func playProcess(t *testing.T, steps string) (live, finished int) {
	t.Helper()
	services := mustFleet(t, `
- name: app
  runtime: {model: tokio, worker_threads: 2}
  runtimes: {other: {model: smol}}
  arrivals: {process: constant, rate: 100}
  operations:
    - name: both
      steps:`+steps+"\n")
	var sm sim.Simulation
	n := NewNetwork(&sm)
	var first *Instance
	for i, s := range workload.Runtimes(services) {
		in := n.Play(s, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(*scheduler.Finished) {
			if i == 0 {
				finished++
			}
		}}})
		if i == 0 {
			first = in
			in.Limit(99)
		}
	}
	sm.Run(sim.Time(time.Minute))
	return first.Runtime().Live(), finished
}
