// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
