// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// chain is a service that calls a second, which calls a third with two instances.
const chain = `
- name: front
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 10}
  operations:
    - name: GET /
      steps: [compute: 1ms, call: {service: middle, operation: read, network: 2ms}, compute: 1ms]
- name: middle
  runtime: {model: async_std}
  operations:
    - {name: write, steps: [compute: 500ms]}
    - {name: read, steps: [call: {service: back, operation: get, network: 1ms}, compute: 3ms]}
- name: back
  instances: 2
  runtime: {model: smol}
  operations: [{name: get, steps: [compute: {exponential: {mean: 2ms}}]}]
`

// play plays services for a second and returns what finished, by service and instance.
func playFleet(t *testing.T, yaml string) map[string][]scheduler.Finished {
	t.Helper()
	var s sim.Simulation
	n := NewNetwork(&s)
	finished := map[string][]scheduler.Finished{}
	for _, service := range mustFleet(t, yaml) {
		service.Runtime.Costs = &cost.Zero
		for i := range service.Instances {
			name := service.Name
			if i > 0 {
				name += "-2"
			}
			service.Play(n, 1, i, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
				finished[name] = append(finished[name], *f)
			}}})
		}
	}
	s.Run(sim.Time(time.Second))
	return finished
}

func TestCallsTravelThroughTheFleet(t *testing.T) {
	finished := playFleet(t, chain)
	require.Len(t, finished["front"], 9)
	require.Len(t, finished["middle"], 9)
	assert.Len(t, finished["back"], 5, "the instances take turns")
	assert.Len(t, finished["back-2"], 4)
	for i, f := range finished["front"] {
		middle := finished["middle"][i]
		assert.Equal(t, "read", middle.Program.Name)
		assert.EqualValues(t, 3*time.Millisecond, middle.Spawned-f.Spawned)
		assert.EqualValues(t, 3*time.Millisecond, f.End-middle.End)
		assert.EqualValues(t, 2*time.Millisecond, f.Busy)
		assert.Equal(t, f.Tag, middle.Tag, "one trace")
		assert.EqualValues(t, i, f.Tag)
	}
}

// TestTheCallersWorkDecides: what a called service has to do for a request does not depend on who else calls it when.
func TestTheCallersWorkDecides(t *testing.T) {
	alone := playFleet(t, chain)
	crowd := playFleet(t, chain+`
- name: noise
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 100}
  operations: [{name: o, steps: [call: {service: back, operation: get}]}]
`)
	work := func(finished map[string][]scheduler.Finished) map[sim.Time]bool {
		durations := map[sim.Time]bool{}
		for _, name := range []string{"back", "back-2"} {
			for _, f := range finished[name] {
				durations[f.Busy] = true
			}
		}
		return durations
	}
	amongMany := work(crowd)
	require.Greater(t, len(amongMany), 50)
	for d := range work(alone) {
		assert.Contains(t, amongMany, d)
	}
}

// TestACallerThatGivesUp: the called service works on for nobody.
func TestACallerThatGivesUp(t *testing.T) {
	finished := playFleet(t, `
- name: front
  runtime: {model: smol}
  arrivals: {process: constant, rate: 10}
  operations:
    - {name: GET /, timeout: 5ms, steps: [call: {service: back, operation: get}]}
- name: back
  runtime: {model: smol}
  operations: [{name: get, steps: [compute: 20ms]}]
`)
	require.Len(t, finished["front"], 9)
	require.Len(t, finished["back"], 9)
	for _, f := range finished["front"] {
		assert.Equal(t, scheduler.TimedOut, f.Outcome)
		assert.EqualValues(t, 5*time.Millisecond, f.End-f.Spawned)
	}
}

func TestCallMistakes(t *testing.T) {
	const back = `
- name: back
  runtime: {model: smol}
  operations: [{name: get, steps: [compute: 1ms]}]
`
	front := func(steps string) string {
		return `
- name: front
  runtime: {model: smol}
  arrivals: {process: constant, rate: 10}
  operations: [{name: GET /, steps: ` + steps + `}]
`
	}
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown service": {front("[call: {service: bac, operation: get}]") + back, `services[0].operations[0].steps[0].call.service: "bac" is not in the fleet (did you mean back?); want one of front, back
services[1].arrivals: missing; want a map, since no other service calls this one`},
		"unknown operation": {front("[call: {service: back, operation: put}]") + back, `services[0].operations[0].steps[0].call.operation: service back has no "put"; want get`},
		"no service":        {front("[call: {operation: get}]"), `services[0].operations[0].steps[0].call.service: missing; want the name of a service`},
		"unknown key":       {front("[call: {service: back, operation: get, latency: 1ms}]") + back, `services[0].operations[0].steps[0].call.latency: unknown key; want one of service, operation, network, attributes, errors, links`},
		"itself":            {front("[call: {service: front, operation: GET /}]"), `services[0].operations[0].steps[0].call: service front calls itself in the end; want calls without a circle`},
		"signal":            {front("[signal: 1ms]"), `services[0].operations[0].steps[0].signal: runtime smol has no signal: its crate has no module for signals; want io for a socket that a signal handler writes to`},
		"in place":          {front("[block_in_place: 1ms]"), `services[0].operations[0].steps[0].block_in_place: runtime smol has no block_in_place; want spawn_blocking, or block to hold the worker`},
		"timeout":           {front("[timeout: {steps: [yield]}]"), `services[0].operations[0].steps[0].timeout.after: missing; want a duration or distribution`},
		"empty timeout":     {front("[timeout: {after: 1ms, steps: []}]"), `services[0].operations[0].steps[0].timeout.steps: empty; want at least one of the steps`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fleet(t, tc.yaml)
			require.Error(t, err)
			assert.Equal(t, tc.want, err.Error())
		})
	}
}

func TestRuntimeKeys(t *testing.T) {
	for runtime, want := range map[string]string{
		"{model: smol, executor: main, worker_threads: 2}":                     "services[0].runtime.worker_threads: executor main has no choice of threads; want it left out, or executor global or threads",
		"{model: smol, executor: global, thread_name: x}":                      "services[0].runtime.thread_name: executor global names its threads itself; want it left out, or executor threads or thread_per_task",
		"{model: smol, executor: threads}":                                     "services[0].runtime.thread_name: missing; want the name that the program gives its threads",
		"{model: smol, executor: local}":                                       `services[0].runtime.executor: "local" is not allowed (did you mean global?); want one of global, main, threads, thread_per_task`,
		"{model: tokio, executor: main}":                                       "services[0].runtime.executor: runtime tokio has no executor; want one of model, version, flavor, worker_threads, thread_name, disable_lifo_slot, global_queue_interval, event_interval, max_blocking_threads",
		"{model: async_std, max_blocking_threads: 10001}":                      "services[0].runtime.max_blocking_threads: 10001 is not allowed; want 1 to 10000",
		"{model: smol, executor: threads, thread_name: ex, worker_threads: 3}": "",
		"{model: smol, executor: thread_per_task, thread_name: light}":         "",
		"{model: tokio, max_blocking_threads: 16}":                             "",
	} {
		_, err := fleet(t, service("runtime: "+runtime))
		if want == "" {
			assert.NoError(t, err, runtime)
			continue
		}
		require.Error(t, err, runtime)
		assert.Equal(t, want, err.Error())
	}
}
