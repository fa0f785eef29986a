// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestWrongProgramsAreRefused by each model with an error, when they are spawned; the model goes on as if nothing had been asked.
func TestWrongProgramsAreRefused(t *testing.T) {
	wait := program.Constant(milli)
	for _, m := range models.All() {
		for _, tt := range []struct {
			name  string
			steps []program.Step
			want  string
		}{
			{"span", []program.Step{{Op: program.EndSpan}}, "program: steps[0]: end of span: no span was opened last; want one that it ends"},
			{"timeout", []program.Step{{Op: program.EndTimeout}}, "program: steps[0]: end of timeout: no timeout was opened last; want one that it ends"},
			{"lock", []program.Step{{Op: program.Unlock}}, "program: steps[0]: unlock: the task has not locked mutex 0"},
			{"duration", []program.Step{{Op: program.Compute}}, "program: steps[0]: compute: Duration: missing; want a Sampler"},
			{"child", []program.Step{{Op: program.Spawn, Count: 1}, {Op: program.Join}}, "program: steps[0]: spawn: Child: missing; want a Program"},
			{"capacity", []program.Step{{Op: program.Send}}, "program: steps[0]: send: Count: 0 is not allowed; want a capacity of 1 or more"},
			{"call", []program.Step{{Op: program.Call, Duration: wait}}, "program: a step call, and no Observer.Call that carries the request; want one"},
		} {
			var s sim.Simulation
			rt, err := m.New(&s, m.Config(), scheduler.Observer{})
			require.NoError(t, err)
			_, err = rt.Spawn(&program.Program{Steps: tt.steps}, 0, sim.Stream(1))
			require.EqualError(t, err, tt.want, "%s: %s", m.Name, tt.name)
			_, err = rt.Spawn(nil, 0, sim.Stream(1))
			require.EqualError(t, err, "program: missing; want a Program")
			number, err := rt.Spawn(&program.Program{Steps: []program.Step{compute(milli)}}, 0, sim.Stream(1))
			require.NoError(t, err)
			assert.EqualValues(t, 1, number)
			s.Run(10 * milli)
			assert.Zero(t, rt.Live())
		}
	}
}

// TestStepsThatARuntimeLacksAreRefused: none of the models meets a step in a poll that it does not know.
func TestStepsThatARuntimeLacksAreRefused(t *testing.T) {
	step := program.Step{Op: program.BlockInPlace, Duration: program.Constant(milli)}
	child := &program.Program{Steps: []program.Step{step}}
	p := &program.Program{Steps: []program.Step{{Op: program.Spawn, Count: 1, Child: child, Detached: true}}}
	for _, m := range models.All() {
		for _, flavor := range []string{"", "current_thread"} {
			c := m.Config()
			if flavor != "" {
				c.Flavor = flavor
			}
			var s sim.Simulation
			rt, err := m.New(&s, c, scheduler.Observer{})
			require.NoError(t, err)
			_, err = rt.Spawn(p, 0, sim.Stream(1))
			if m.Name == "tokio" && flavor == "" {
				require.NoError(t, err)
				continue
			}
			require.EqualError(t, err, "program: the runtime has no step block_in_place", m.Name)
		}
	}
}

// TestManyPrograms: a model that is given a new program with each task checks each, and does not keep them all.
func TestManyPrograms(t *testing.T) {
	var s sim.Simulation
	m := models.ByName("ideal")
	rt, err := m.New(&s, m.Config(), scheduler.Observer{})
	require.NoError(t, err)
	for i := range 3000 {
		_, err := rt.Spawn(&program.Program{Steps: []program.Step{compute(1)}}, 0, sim.Stream(1))
		require.NoError(t, err)
		wrong := &program.Program{Steps: []program.Step{{Op: program.EndSpan}}}
		for range 2 {
			_, err = rt.Spawn(wrong, 0, sim.Stream(1))
			require.Error(t, err, "program %d", i)
		}
		s.Run(s.Now() + 1000)
	}
	assert.Zero(t, rt.Live())
	assert.EqualValues(t, 3000, rt.Counters().Finished)
}
