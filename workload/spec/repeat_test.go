// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestRepeat: a repeat is what it stands for, written out.
func TestRepeat(t *testing.T) {
	for name, tt := range map[string]struct{ repeat, written string }{
		"once":             {"[repeat: {times: 1, steps: [yield]}]", "[yield]"},
		"several":          {"[compute: 1us, repeat: {times: 3, steps: [yield, io: 1ms]}, yield]", "[compute: 1us, yield, io: 1ms, yield, io: 1ms, yield, io: 1ms, yield]"},
		"within another":   {"[repeat: {times: 2, steps: [file: 1us, repeat: {times: 2, steps: [yield]}]}]", "[file: 1us, yield, yield, file: 1us, yield, yield]"},
		"within a task":    {"[spawn: {steps: [repeat: {times: 2, steps: [yield]}]}, join]", "[spawn: {steps: [yield, yield]}, join]"},
		"joined inside":    {"[repeat: {times: 2, steps: [spawn: {steps: [yield]}, join]}]", "[spawn: {steps: [yield]}, join, spawn: {steps: [yield]}, join]"},
		"joined after":     {"[repeat: {times: 2, steps: [spawn: {steps: [yield]}, io: 1ms]}, join]", "[spawn: {steps: [yield]}, io: 1ms, spawn: {steps: [yield]}, io: 1ms, join]"},
		"a lock each time": {"[repeat: {times: 2, steps: [lock: a, yield, unlock: a]}]", "[lock: a, yield, unlock: a, lock: a, yield, unlock: a]"},
		"spans, each its own": {
			"[repeat: {times: 2, steps: [span: {name: s, attributes: {id: {uuid: }}, steps: [event: e]}]}]",
			"[span: {name: s, attributes: {id: {uuid: }}, steps: [event: e]}, span: {name: s, attributes: {id: {uuid: }}, steps: [event: e]}]",
		},
		"under a timeout": {"[timeout: {after: 1s, steps: [repeat: {times: 2, steps: [sleep: 1ms]}]}]", "[timeout: {after: 1s, steps: [sleep: 1ms, sleep: 1ms]}]"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, mustFleet(t, steps(tt.written)), mustFleet(t, steps(tt.repeat)))
		})
	}
}

// TestMistakesInARepeat: each is told once, whatever the number of times.
func TestMistakesInARepeat(t *testing.T) {
	const at = "services[0].operations[0].steps"
	deep := strings.Repeat("[repeat: {times: 1, steps: ", 17) + "[yield]" + strings.Repeat("}]", 17)
	for name, tt := range map[string]struct{ steps, want string }{
		"no times":          {"[repeat: {steps: [yield]}]", at + "[0].repeat.times: missing; want how often"},
		"no steps":          {"[repeat: {times: 3}]", at + "[0].repeat.steps: missing; want a list of steps"},
		"steps of none":     {"[repeat: {times: 3, steps: []}]", at + "[0].repeat.steps: empty; want at least one of the steps"},
		"never":             {"[repeat: {times: 0, steps: [yield]}]", at + "[0].repeat.times: 0 is not allowed; want 1 to 500000"},
		"half a time":       {"[repeat: {times: 1.5, steps: [yield]}]", at + "[0].repeat.times: 1.5 is not allowed; want a whole number from 1 to 500000"},
		"no map":            {"[repeat: 3]", at + "[0].repeat: 3 is not allowed; want a map"},
		"another key":       {"[repeat: {time: 3, times: 3, steps: [yield]}]", at + "[0].repeat.time: unknown key (did you mean times?); want one of times, steps"},
		"a step":            {"[repeat: {times: 9, steps: [yiel]}]", at + "[0].repeat.steps[0].yiel: unknown step (did you mean yield?); want one of " + strings.Join(stepNames(stepKinds()), ", ")},
		"two mistakes":      {"[repeat: {times: 0, steps: [sleep: 1]}]", at + "[0].repeat.times: 0 is not allowed; want 1 to 500000\n" + at + "[0].repeat.steps[0].sleep: 1 is not allowed; want a duration from 0s to 1h, such as 80us"},
		"never joined":      {"[repeat: {times: 9, steps: [spawn: {steps: [yield]}]}]", at + "[0].repeat.steps[0].spawn: its tasks are never joined; add a join or cancel after it or set detached: true"},
		"no such operation": {"[repeat: {times: 9, steps: [span: {name: s, links: {operation: lost}, steps: [yield]}]}]", at + `[0].repeat.steps[0].span.links.operation: "lost" is no span of this service; want one of o, s`},
		"never unlocked": {
			"[repeat: {times: 9, steps: [lock: a]}]",
			at + "[0].repeat.steps[0].lock: locked already; a task that waits for itself waits for ever\n" + at + "[0].repeat.steps[0].lock: never unlocked; add an unlock after it",
		},
		"too deep": {deep, at + strings.Repeat("[0].repeat.steps", 16) + "[0].repeat: a repeat inside 16 others; want at most 15"},
		"too many": {
			"[yield, repeat: {times: 400000, steps: [yield, compute: 1us]}]",
			at + "[1].repeat.times: 400000 is not allowed; 250000 times already make more than 500000 steps of all services, those of their workloads included; want fewer\n" +
				"services: more than 500000 steps in all services, those of their workloads included; want at most that many",
		},
		"too many of many": {
			"[repeat: {times: 500000, steps: [repeat: {times: 500000, steps: [repeat: {times: 500000, steps: [yield]}]}]}]",
			at + "[0].repeat.steps[0].repeat.steps[0].repeat.times: 500000 is not allowed; 499998 times already make more than 500000 steps of all services, those of their workloads included; want fewer\n" +
				"services: more than 500000 steps in all services, those of their workloads included; want at most that many",
		},
		"too many tasks": {
			"[repeat: {times: 11, steps: [spawn: {count: 100000, steps: [yield]}, join]}]",
			at + ": more than 1000000 tasks spawned for one request; want at most that many",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fleet(t, "[{name: a, runtime: {model: tokio}, arrivals: {process: constant, rate: 1}, operations: [{name: o, steps: "+tt.steps+"}]}]")
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestRepeatsAreWritten: what stands there three times or more is written as a repeat, and read as it was.
func TestRepeatsAreWritten(t *testing.T) {
	for name, tt := range map[string]struct{ steps, want string }{
		"twice":          {"[yield, yield, io: 1ms, io: 1ms]", "[yield, yield, {io: 1ms}, {io: 1ms}]"},
		"a thousand":     {"[repeat: {times: 1000, steps: [yield]}]", "[{repeat: {times: 1000, steps: [yield]}}]"},
		"in the middle":  {"[compute: 1us, repeat: {times: 3, steps: [yield, io: 1ms]}, yield]", "[{compute: 1us}, {repeat: {times: 3, steps: [yield, {io: 1ms}]}}, yield]"},
		"within another": {"[repeat: {times: 4, steps: [repeat: {times: 3, steps: [yield]}, io: 1ms]}]", "[{repeat: {times: 4, steps: [{repeat: {times: 3, steps: [yield]}}, {io: 1ms}]}}]"},
		"spans":          {"[repeat: {times: 3, steps: [span: {name: s, steps: [yield]}]}]", "[{repeat: {times: 3, steps: [{span: {name: s, steps: [yield]}}]}}]"},
		"hand over hand": {
			"[lock: a, lock: b, unlock: a, lock: a, unlock: b, lock: b, unlock: a, lock: a, unlock: b, lock: b, unlock: a, lock: a, unlock: b, unlock: a]",
			"[{lock: a}, {repeat: {times: 3, steps: [{lock: b}, {unlock: a}, {lock: a}, {unlock: b}]}}, {unlock: a}]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			fleet := mustFleet(t, steps(tt.steps))
			requireRoundTrip(t, fleet)
			node, err := Encode(fleet)
			require.NoError(t, err)
			var tree []map[string]any
			require.NoError(t, node.Decode(&tree))
			var want any
			require.NoError(t, yaml.Unmarshal([]byte(tt.want), &want))
			assert.Equal(t, want, tree[0]["operations"].([]any)[0].(map[string]any)["steps"])
		})
	}
}

// TestRepeatedCalls: a call in a repeat that leads nowhere is told once.
func TestRepeatedCalls(t *testing.T) {
	_, err := fleet(t, "[{name: a, runtime: {model: tokio}, arrivals: {process: constant, rate: 1}, operations: [{name: o, steps: [repeat: {times: 9, steps: [call: {service: b, operation: x}]}]}]}]")
	require.Error(t, err)
	assert.Equal(t, 1, strings.Count(err.Error(), "\n")+1, err.Error())
	assert.Contains(t, err.Error(), "services[0].operations[0].steps[0].repeat.steps[0].call.service: ")
}
