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
	require.Len(t, services, 2)
	require.Equal(t, 2, services[0].Instances)
	assert.Equal(t, [][]Member{
		{{services[0], 0, 0}, {services[1], 0, 2}},
		{{services[0], 1, 1}, {services[1], 1, 3}},
	}, Groups(services))
	var sm sim.Simulation
	n := NewNetwork(&sm)
	finished := map[string][]scheduler.Finished{}
	instances := map[string][]*Instance{}
	spans := 0
	for _, s := range services {
		s.Runtime.Costs = &cost.Zero
		for i := range s.Instances {
			in := s.Play(n, 1, i, Observer{Observer: scheduler.Observer{
				Finished: func(f *scheduler.Finished) { finished[s.key().String()] = append(finished[s.key().String()], *f) },
				Span:     func(*scheduler.Span) { spans++ },
			}})
			instances[s.key().String()] = append(instances[s.key().String()], in)
		}
	}
	assert.Same(t, instances["app"][1].host, instances["app/small"][1].host, "one machine")
	assert.NotSame(t, instances["app"][0].host, instances["app"][1].host)
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

func TestRunOnMistakes(t *testing.T) {
	app := func(runtimes, steps string) string {
		return "- {name: app, runtime: {model: tokio}, " + runtimes + " arrivals: {process: constant, rate: 1}, operations: [{name: op, steps: [" + steps + "]}]}"
	}
	const small = "runtimes: {small: {model: smol}},"
	for name, tc := range map[string]struct{ yaml, want string }{
		"none":      {app("", "run_on: {runtime: small, steps: [yield]}"), `services[0].operations[0].steps[0].run_on: the process has one runtime; want runtimes: {NAME: {model: ...}} beside the service's runtime`},
		"misspelt":  {app(small, "{run_on: {runtime: smal, steps: [yield]}}, {run_on: {runtime: small, steps: [yield]}}"), `services[0].operations[0].steps[0].run_on.runtime: "smal" is not allowed; want small`},
		"unused":    {app(small, "yield"), `services[0].runtimes.small: no step runs on it; want run_on: {runtime: small, steps: [...]} in an operation`},
		"nested":    {app(small, "run_on: {runtime: small, steps: [run_on: {runtime: small, steps: [yield]}]}"), `services[0].operations[0].steps[0].run_on.steps[0].run_on: inside another run_on; want it beside that`},
		"its lacks": {app(small, "run_on: {runtime: small, steps: [signal: 1ms]}"), `services[0].operations[0].steps[0].run_on.steps[0].signal: runtime smol has no signal: its crate has no module for signals; want io for a socket that a signal handler writes to`},
		"no name":   {app(small, "run_on: {runtime: small, attributes: {a: b}, steps: [yield]}"), `services[0].operations[0].steps[0].run_on.attributes: belongs to a span, and tasks without a name have none; want a name beside it`},
		"empty":     {app("runtimes: {},", "yield"), `services[0].runtimes: empty; want at least one runtime by a name of your choice, for run_on`},
		"model":     {app("runtimes: {small: {model: smoll}},", "run_on: {runtime: small, steps: [yield]}"), `services[0].runtimes.small.model: "smoll" is not allowed (did you mean smol?); want one of tokio, async_std, smol, ideal`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fleet(t, tc.yaml)
			require.Error(t, err)
			assert.Equal(t, tc.want, err.Error())
		})
	}
}
