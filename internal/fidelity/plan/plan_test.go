// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/model"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
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

// TestDrawsOfTheModel: where nothing costs anything and nothing waits for anything else, a request takes as long as the plan says.
func TestDrawsOfTheModel(t *testing.T) {
	const requests = 200
	s := service(t, `
name: orders
seed: 3
runtime: {model: ideal, worker_threads: 8}
arrivals: {process: poisson, rate: 10}
operations:
  - name: long
    weight: 3
    steps:
      - compute: {exponential: {mean: 1ms}}
      - span: {name: inside, steps: [io: {lognormal: {median: 2ms, sigma: 0.5}}]}
      - spawn: {count: 2, steps: [sleep: {uniform: {min: 1ms, max: 9ms}}, compute: {exponential: {mean: 1ms}}]}
      - join
      - timeout: {after: {uniform: {min: 1s, max: 2s}}, steps: [sleep: {exponential: {mean: 1ms}}]}
      - block: {exponential: {mean: 1ms}}
  - name: short
    steps: [yield, compute: {exponential: {mean: 1ms}}]
`)
	p, err := plan.Make(s, 0, requests, plan.Options{})
	require.NoError(t, err)
	require.Len(t, p.Requests, requests)
	var arrivals []sim.Time
	for _, r := range p.Requests {
		arrivals = append(arrivals, r.At)
	}
	result, err := model.Play(s, 0, arrivals, model.Setup{CPUs: 8, Costs: &cost.Zero})
	require.NoError(t, err)
	for i, r := range result.Requests {
		assert.Equal(t, length(t, p.Requests[i].Steps), r.End-r.Spawned, "request %d", i)
	}
}

// length is how long the steps take if nothing else is going on. A join comes right after the spawns in this test.
func length(t *testing.T, steps []any) (sum sim.Time) {
	t.Helper()
	longest := sim.Time(0)
	for _, st := range steps {
		step, _ := st.([]any)
		switch step[0] {
		case "compute", "io", "sleep", "block":
			sum += step[1].(sim.Time)
		case "spawn":
			longest = max(longest, length(t, step[3].([]any)))
		case "timeout":
			sum += length(t, step[2].([]any))
		case "join":
			sum += longest
		}
	}
	return sum
}

func TestLines(t *testing.T) {
	s := service(t, `
name: jobs
runtime: {model: tokio, flavor: current_thread, max_blocking_threads: 3}
arrivals: {process: constant, rate: 1000}
operations:
  - name: job
    steps:
      - spawn: {count: 3, steps: [compute: 1us, channel: {send: done, capacity: 4}]}
      - spawn: {detached: true, steps: [lock: m, yield, unlock: m]}
      - channel: {receive: done}
      - timeout: {after: 1ms, steps: [file: 2us]}
      - cancel
`)
	p, err := plan.Make(s, 0, 1, plan.Options{Record: true})
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, p.Write(&text))
	assert.Equal(t, strings.TrimLeft(`
{"runtime":"current_thread","workers":1,"disable_lifo_slot":false,"global_queue_interval":0,"event_interval":0,"max_blocking_threads":3,"channels":[4],"mutexes":1,"block_on":false,"record":true,"polls":false}
{"at":1000000,"steps":[["spawn",3,false,[["compute",1000],["send",0]]],["spawn",1,true,[["lock",0],["yield"],["unlock",0]]],["receive",0],["timeout",1000000,[["file",2000]]],["cancel"]]}
`, "\n"), text.String())
}

// TestPinned: a request of a pinned service says its core, which is that of its connection in the models too.
func TestPinned(t *testing.T) {
	const requests, cores = 300, 3
	s := service(t, `
name: orders
seed: 3
runtime: {model: tokio, flavor: tokio_per_core, worker_threads: 3}
connections: {count: 7, exponent: 1}
arrivals: {process: poisson, rate: 1000}
operations: [{name: order, steps: [compute: 100us]}]
`)
	p, err := plan.Make(s, 0, requests, plan.Options{})
	require.NoError(t, err)
	assert.Equal(t, "tokio_per_core", p.Runtime)
	assert.Equal(t, cores, p.Workers)
	var arrivals []sim.Time
	for _, r := range p.Requests {
		arrivals = append(arrivals, r.At)
	}
	var polled [requests]int
	_, err = model.Play(s, 0, arrivals, model.Setup{CPUs: cores, Watch: scheduler.Observer{
		Poll: func(p *scheduler.Poll) { polled[p.Tag] = p.Worker },
	}})
	require.NoError(t, err)
	of := [cores]int{}
	for i, r := range p.Requests {
		assert.Equal(t, polled[i], r.Core, "request %d", i)
		of[r.Core]++
	}
	assert.Greater(t, of[0], of[1]) // with connections 1, 4 and 7; the others with two each
	assert.Greater(t, of[1], of[2])
	assert.Positive(t, of[2])

	s.Connections = workload.Connections{} // one for each request, in turn
	p, err = plan.Make(s, 0, requests, plan.Options{})
	require.NoError(t, err)
	for i, r := range p.Requests {
		assert.Equal(t, i%cores, r.Core)
	}
}

func TestRefusals(t *testing.T) {
	closed := service(t, `{name: a, runtime: {model: tokio}, arrivals: {process: closed, users: 1, think: 1s}, operations: [{name: o, steps: [yield]}]}`)
	_, err := plan.Make(closed, 0, 1, plan.Options{})
	require.EqualError(t, err, "service a: its arrivals have no times; want an open process")
	process := service(t, `{name: a, runtime: {model: tokio}, arrivals: {process: constant, rate: 1}, operations: [{name: o, steps: [process: 1ms]}]}`)
	_, err = plan.Make(process, 0, 1, plan.Options{})
	require.EqualError(t, err, "service a: operation 0: the rig has no step process")
}
