// SPDX-License-Identifier: Apache-2.0

package models

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
)

// every is a Config for each choice that a model leaves, with its defaults for the rest.
func every(m *Model) (all []Config) {
	all = append(all, m.Config())
	for _, k := range m.Keys {
		for _, choice := range k.Choices {
			c := m.Config()
			*k.Text(&c) = choice
			m.Settle(&c, func(key string) bool { return key == k.Name })
			all = append(all, c)
		}
	}
	return all
}

// TestModelsStart: each model runs a task with the defaults, whatever is chosen.
func TestModelsStart(t *testing.T) {
	for _, m := range All() {
		for _, c := range every(m) {
			var s sim.Simulation
			rt, err := m.New(&s, c, scheduler.Observer{})
			require.NoError(t, err, "%+v", c)
			if c.Executor != "thread_per_task" { // which has none before the first task
				assert.Equal(t, c.Workers, rt.Workers(), "%+v", c)
			}
			p := &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: program.Constant(1000)}}}
			_, err = rt.Spawn(p, 0, sim.Stream(1))
			require.NoError(t, err)
			s.Run(1_000_000_000)
			assert.Zero(t, rt.Live(), "%+v", c)
		}
	}
}

// TestKeysReachTheirFields: no two keys of a model write the same field, and each field is bounded when the runtime starts.
func TestKeysReachTheirFields(t *testing.T) {
	for _, m := range All() {
		seen := map[any]string{}
		var c Config
		for _, k := range m.Keys {
			var field any
			switch k.Kind {
			case Whole:
				field = k.Int(&c)
				wrong := m.Config()
				*k.Int(&wrong) = k.Most + 1
				_, err := m.New(&sim.Simulation{}, wrong, scheduler.Observer{})
				assert.ErrorContains(t, err, k.Name+": ")
			case Bool:
				field = k.Bool(&c)
			case Choice:
				field = k.Text(&c)
				wrong := m.Config()
				*k.Text(&wrong) = "none of them"
				_, err := m.New(&sim.Simulation{}, wrong, scheduler.Observer{})
				assert.ErrorContains(t, err, k.Name+`: "none of them" is not allowed`)
			case Text:
				field = k.Text(&c)
			}
			assert.Empty(t, seen[field], "%s.%s", m.Name, k.Name)
			seen[field] = k.Name
			assert.NotEmpty(t, k.Doc)
		}
	}
}

func TestVersionsAreTheModels(t *testing.T) {
	var names []string
	for _, v := range ByName("tokio").Versions {
		names = append([]string{v.Name}, names...)
	}
	assert.Equal(t, tokio.Versions(), names)
	assert.Equal(t, tokio.DefaultVersion, ByName("tokio").Versions[0].Name)
	assert.Equal(t, "1.53.1", ByName("tokio").CrateVersion("1.53"))
	assert.Empty(t, ByName("tokio").CrateVersion("1.0"))
	assert.Nil(t, ByName("glommio"))
	assert.Equal(t, "tokio", ByFlavor("tokio_per_core").Name)
	assert.Nil(t, ByFlavor("tokio"))
}

// TestSettings: what one setting decides about others.
func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		model  string
		change func(*Config)
		set    map[string]bool
		want   []Mistake
	}{
		{"tokio", func(*Config) {}, map[string]bool{"worker_threads": true, "thread_name": true}, nil},
		{"tokio", func(c *Config) { c.Flavor = "current_thread" }, map[string]bool{"worker_threads": true}, []Mistake{
			{"worker_threads", "flavor current_thread has none; want it left out, or flavor multi_thread"},
		}},
		{"tokio", func(c *Config) { c.Flavor = "tokio_per_core" }, map[string]bool{"worker_threads": true, "disable_lifo_slot": true}, []Mistake{
			{"disable_lifo_slot", "flavor tokio_per_core has none; want it left out, or flavor multi_thread"},
		}},
		{"smol", func(c *Config) { c.Executor = "threads" }, nil, []Mistake{
			{"thread_name", "missing; want the name that the program gives its threads"},
		}},
		{"smol", func(c *Config) { c.Executor = "main" }, map[string]bool{"worker_threads": true, "thread_name": true}, []Mistake{
			{"worker_threads", "executor main has no choice of threads; want it left out, or executor global or threads"},
			{"thread_name", "executor main names its threads itself; want it left out, or executor threads or thread_per_task"},
		}},
		{"ideal", func(*Config) {}, map[string]bool{"worker_threads": true}, nil},
	} {
		m := ByName(tt.model)
		c := m.Config()
		tt.change(&c)
		assert.Equal(t, tt.want, m.Settle(&c, func(key string) bool { return tt.set[key] }), "%+v", c)
	}
	c := ByName("tokio").Config()
	assert.Equal(t, 4, c.Workers)
	c.Flavor = "current_thread"
	ByName("tokio").Settle(&c, func(string) bool { return false })
	assert.Equal(t, 1, c.Workers)
}

func TestLacks(t *testing.T) {
	for name, lacks := range map[string][]program.Op{
		"tokio": nil, "async_std": {program.BlockInPlace}, "smol": {program.Signal, program.BlockInPlace}, "ideal": {program.BlockInPlace},
	} {
		m := ByName(name)
		c := m.Config()
		for op := program.Compute; op <= program.Event; op++ {
			has := m.Lacks(&c, op) == ""
			wanted := true
			for _, l := range lacks {
				wanted = wanted && l != op
			}
			assert.Equal(t, wanted, has, "%s: %s", name, op)
		}
	}
	for _, flavor := range []string{"current_thread", "tokio_per_core"} {
		c := Config{Flavor: flavor}
		assert.Contains(t, ByName("tokio").Lacks(&c, program.BlockInPlace), "flavor "+flavor+" has no block_in_place")
	}
}
