// SPDX-License-Identifier: Apache-2.0

package program

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	some := Constant(1)
	child := &Program{Steps: []Step{{Op: Compute, Duration: some}}}
	endless := &Program{}
	endless.Steps = []Step{{Op: Spawn, Count: 1, Child: endless}}
	for _, tt := range []struct {
		name  string
		steps []Step
		want  string
	}{
		{"sound", []Step{
			{Op: Span},
			{Op: Lock, Object: 3},
			{Op: Timeout, Duration: some},
			{Op: Lock, Object: 4},
			{Op: IO, Duration: some},
			{Op: Unlock, Object: 4},
			{Op: EndTimeout},
			{Op: EndSpan},
			{Op: Spawn, Count: 2, Child: child},
			{Op: Spawn, Count: 1, Child: child}, // twice the same is no circle
			{Op: Join},
			{Op: Unlock, Object: 3},
			{Op: Send, Count: 1},
			{Op: Receive},
			{Op: Event},
			{Op: Yield},
			{Op: Cancel},
		}, ""},
		{"nothing to do", nil, ""},
		{"kind", []Step{{Op: Op(len(names))}}, fmt.Sprintf("steps[0]: Op: %d is not allowed; want one of the kinds of steps", len(names))},
		{"no duration", []Step{{Op: Compute}}, "steps[0]: compute: Duration: missing; want a Sampler"},
		{"no time until a timeout", []Step{{Op: Timeout}, {Op: EndTimeout}}, "steps[0]: timeout: Duration: missing; want a Sampler"},
		{"negative duration", []Step{{Op: Sleep, Duration: Constant(-1)}}, "steps[0]: sleep: Duration: -1 is not allowed; want 0 or more nanoseconds"},
		{"no child", []Step{{Op: Spawn, Count: 1}}, "steps[0]: spawn: Child: missing; want a Program"},
		{"no task", []Step{{Op: Spawn, Child: child}}, "steps[0]: spawn: Count: 0 is not allowed; want 1 to 2147483647 tasks"},
		{"child", []Step{{Op: Spawn, Count: 1, Child: &Program{Steps: []Step{{Op: EndSpan}}}}}, "steps[0]: spawn: Child: steps[0]: end of span: no span was opened last; want one that it ends"},
		{"circle", []Step{{Op: Spawn, Count: 1, Child: endless}}, "steps[0]: spawn: Child: steps[0]: spawn: Child: a task of the program spawns one of the same program, and so on for ever"},
		{"child in block_on", []Step{{Op: Spawn, Count: 1, Child: &Program{BlockOn: true}}}, "steps[0]: spawn: Child: BlockOn is not allowed; want it of a task that is spawned from outside"},
		{"capacity", []Step{{Op: Send}}, "steps[0]: send: Count: 0 is not allowed; want a capacity of 1 or more"},
		{"object below", []Step{{Op: Receive, Object: -1}}, "steps[0]: receive: Object: -1 is not allowed; want 0 to 1048575"},
		{"object above", []Step{{Op: Receive, Object: MaxObjects}}, "steps[0]: receive: Object: 1048576 is not allowed; want 0 to 1048575"},
		{"label", []Step{{Op: Event, Label: -1}}, "steps[0]: event: Label: -1 is not allowed; want 0 or more"},
		{"span without opener", []Step{{Op: EndSpan}}, "steps[0]: end of span: no span was opened last; want one that it ends"},
		{"timeout without opener", []Step{{Op: EndTimeout}}, "steps[0]: end of timeout: no timeout was opened last; want one that it ends"},
		{"crossed", []Step{{Op: Span}, {Op: Timeout, Duration: some}, {Op: EndSpan}, {Op: EndTimeout}, {Op: EndSpan}}, "steps[2]: end of span: no span was opened last; want one that it ends"},
		{"span not ended", []Step{{Op: Span}}, "a span is never ended"},
		{"unlock without lock", []Step{{Op: Unlock}}, "steps[0]: unlock: the task has not locked mutex 0"},
		{"lock twice", []Step{{Op: Lock}, {Op: Lock}, {Op: Unlock}}, "steps[1]: lock: the task has locked mutex 0 already, and would wait for itself for ever"},
		{"never unlocked", []Step{{Op: Lock, Object: 2}, {Op: Lock, Object: 1}}, "mutex 1 is never unlocked"},
		{"unlock inside of a timeout", []Step{{Op: Lock}, {Op: Timeout, Duration: some}, {Op: Unlock}, {Op: EndTimeout}}, "steps[2]: unlock: mutex 0 is locked outside of the timeout; want its unlock outside too"},
		{"lock inside of a timeout", []Step{{Op: Timeout, Duration: some}, {Op: Lock}, {Op: EndTimeout}}, "steps[2]: end of timeout: mutex 0 is locked inside of the timeout; want its unlock inside too"},
		{"two mistakes", []Step{{Op: Compute}, {Op: Send}}, "steps[0]: compute: Duration: missing; want a Sampler\nsteps[1]: send: Count: 0 is not allowed; want a capacity of 1 or more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Check(&Program{Steps: tt.steps})
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			assert.EqualError(t, err, tt.want)
		})
	}
	assert.EqualError(t, Check(nil), "missing; want a Program")
}

func TestUses(t *testing.T) {
	child := &Program{Steps: []Step{{Op: Yield}, {Op: Event}}}
	p := &Program{Steps: []Step{{Op: Spawn, Count: 1, Child: child}, {Op: Spawn, Count: 1, Child: child}, {Op: Join}}}
	assert.Equal(t, OpsOf(Spawn, Join, Yield, Event), p.Uses())
	assert.True(t, p.Uses().Has(Event))
	assert.False(t, p.Uses().Has(Compute))
	assert.Equal(t, Yield, p.Uses().First())
}

// TestOpsHoldEveryKind: the set is as wide as the kinds are many.
func TestOpsHoldEveryKind(t *testing.T) {
	for op := range Op(len(names)) {
		assert.True(t, OpsOf(op).Has(op))
		assert.Equal(t, op, OpsOf(op).First())
	}
}
