// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// sharing is a service whose operations share a mutex and a channel by name.
const sharing = `
- name: a
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 1}
  operations:
    - name: one
      steps:
        - lock: cache
        - block: 1ms
        - unlock: cache
        - file: 2ms
        - spawn_blocking: 3ms
        - channel: {send: jobs, capacity: 8}
    - name: two
      steps:
        - lock: other
        - lock: cache
        - unlock: cache
        - unlock: other
        - spawn: {steps: [{channel: {receive: jobs}}, {channel: {send: results}}]}
        - join
        - channel: {send: jobs}
        - channel: {receive: results}
`

func TestStepsOnSharedObjects(t *testing.T) {
	service := mustFleet(t, sharing)[0]
	constant := func(d time.Duration) program.Sampler { return program.Constant(sim.Time(d)) }
	assert.Equal(t, []program.Step{
		{Op: program.Lock, Object: 0},
		{Op: program.Block, Duration: constant(time.Millisecond)},
		{Op: program.Unlock, Object: 0},
		{Op: program.File, Duration: constant(2 * time.Millisecond)},
		{Op: program.SpawnBlocking, Duration: constant(3 * time.Millisecond)},
		{Op: program.Send, Object: 0, Count: 8},
	}, service.Operations[0].Program.Steps)
	two := service.Operations[1].Program.Steps
	assert.Equal(t, []program.Step{
		{Op: program.Lock, Object: 1},
		{Op: program.Lock, Object: 0},
		{Op: program.Unlock, Object: 0},
		{Op: program.Unlock, Object: 1},
	}, two[:4])
	assert.Equal(t, []program.Step{
		{Op: program.Receive, Object: 0}, {Op: program.Send, Object: 1, Count: defaultCapacity},
	}, two[4].Child.Steps)
	assert.Equal(t, []program.Step{
		{Op: program.Send, Object: 0, Count: 8}, // the capacity it was given before
		{Op: program.Receive, Object: 1},
	}, two[6:])
}

func TestSpansAndEventsInsideATask(t *testing.T) {
	service := mustFleet(t, `
- name: a
  runtime: {model: smol}
  arrivals: {process: constant, rate: 10}
  operations:
    - name: GET /
      steps:
        - span:
            name: render
            kind: client
            attributes: {template: index}
            steps:
              - event: cache miss
              - span: {name: inner, steps: [{compute: 1ms}]}
        - event: {name: done, attributes: {bytes: 17}}
`)[0]
	assert.Equal(t, []program.Step{
		{Op: program.Span, Label: 1},
		{Op: program.Event, Label: 0},
		{Op: program.Span, Label: 2},
		{Op: program.Compute, Duration: program.Constant(sim.Time(time.Millisecond))},
		{Op: program.EndSpan},
		{Op: program.EndSpan},
		{Op: program.Event, Label: 1},
	}, service.Operations[0].Program.Steps)
	assert.Equal(t, []workload.Span{
		{Name: "GET /", Kind: workload.Server},
		{Name: "render", Kind: workload.Client, Attributes: []workload.Attribute{{"template", "index"}}},
		{Name: "inner", Kind: workload.Internal},
	}, service.Spans)
	assert.Equal(t, []workload.Event{{Name: "cache miss"}, {Name: "done", Attributes: []workload.Attribute{{"bytes", int64(17)}}}}, service.Events)
	assert.InDelta(t, 30, service.SpanRate(), 1e-9)
}

func TestMistakesInStepsOnSharedObjects(t *testing.T) {
	const at = "services[0].operations[0].steps"
	for _, tc := range []struct{ name, steps, want string }{
		{"never unlocked", "[lock: a]", at + "[0].lock: never unlocked; add an unlock after it"},
		{"never locked", "[unlock: a]", at + "[0].unlock: not locked by a step before it in this list"},
		{"locked twice", "[lock: a, lock: a, unlock: a]", at + "[1].lock: locked already; a task that waits for itself waits for ever"},
		{"locked in a span too", "[lock: a, span: {name: s, steps: [lock: a, unlock: a]}, unlock: a]", at + "[1].span.steps[0].lock: locked already; a task that waits for itself waits for ever"},
		{"locked in a timeout too", "[lock: a, timeout: {after: 1s, steps: [lock: a, unlock: a]}, unlock: a]", at + "[1].timeout.steps[0].lock: locked already; a task that waits for itself waits for ever"},
		{"a lock without name", "[lock, yield]", at + "[0].lock: null is not allowed; want text\n" + at + "[0].lock: never unlocked; add an unlock after it"},
		{"neither send nor receive", "[channel: {capacity: 3}]", at + "[0].channel: want one of send and receive, with the channel's name"},
		{"send and receive", "[channel: {send: a, receive: a}]", at + "[0].channel: want one of send and receive, with the channel's name"},
		{"no capacity", "[channel: {send: a, capacity: 0}]", at + "[0].channel.capacity: 0 is not allowed; want 1 to 1000000"},
		{"capacity of a receive", "[channel: {receive: a, capacity: 3}]", at + "[0].channel.capacity: belongs to send"},
		{
			"two capacities", "[channel: {send: a, capacity: 3}, channel: {send: a, capacity: 4}]",
			at + `[1].channel.capacity: 4 differs from the 3 of a send before; want one capacity for channel "a"`,
		},
		{"a span without name", "[span: {steps: [yield]}]", at + "[0].span.name: missing; want text"},
		{"a span without steps", "[span: {name: a}]", at + "[0].span.steps: missing; want a list of steps"},
		{"a mistake inside a span", "[span: {name: a, steps: [lock: x]}]", at + "[0].span.steps[0].lock: never unlocked; add an unlock after it"},
		{"an event without name", "[event]", at + "[0].event: null is not allowed; want a map"},
		{"an event with more", "[event: {name: a, kind: b}]", at + "[0].event.kind: unknown key; want one of name, attributes, severity, body"},
		{"a block without duration", "[block]", at + "[0].block: null is not allowed; want a duration from 0s to 1h, such as 80us"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := fleet(t, "[{name: a, runtime: {model: tokio}, arrivals: {process: constant, rate: 1}, operations: [{name: o, steps: "+tc.steps+"}]}]")
			require.EqualError(t, err, tc.want)
		})
	}
}

// TestATaskOfItsOwnMayLock: what a spawned task locks, the task that spawned it may hold: it waits for that one, not for itself.
func TestATaskOfItsOwnMayLock(t *testing.T) {
	mustFleet(t, steps("[lock: a, spawn: {detached: true, steps: [lock: a, unlock: a]}, unlock: a, lock: a, unlock: a]"))
	mustFleet(t, steps("[span: {name: s, steps: [lock: a, unlock: a]}, lock: a, unlock: a]"))
}
