// SPDX-License-Identifier: Apache-2.0

// Package models lists the runtimes that can be simulated. The list is the only one: who reads settings, makes a schema, prints a
// table or starts a runtime by its name asks here, and knows no model by its package.
//
//	settings --Key--> Config --Settle--> Config --New--> scheduler.Runtime
//
// A [Model] describes its settings as data: a [Key] has a name, a kind, bounds, and a way to the field of [Config] that holds the
// setting. A reader of YAML goes through the keys, a writer too, and neither says "tokio" anywhere. Package workload is built on
// this package; this package is built on the models' own packages (tokio, asyncstd, smol, ideal).
//
// Adding a runtime is a package of its own, a file here with its Model, and a line in [All].
package models

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Model describes a runtime.
type Model struct {
	// Name is the value of runtime.model in YAML and of async_runtime.name in telemetry, such as async_std.
	Name string
	// Crate is the value of process.runtime.name, such as async-std.
	Crate string
	// Versions are the versions that can be simulated, the default first, which is the newest.
	Versions []Version
	// Threads are the executor threads unless a setting says otherwise.
	Threads Threads
	// Keys are the settings of the model, in the order in which messages list them.
	Keys []Key
	// NoHost says why the model has no use for a machine with a number of CPUs; empty: the model has.
	NoHost string
	// SimpleExport: the runtime's OpenTelemetry examples export each span by itself, when it ends. Others collect spans in batches.
	SimpleExport bool

	lacks  func(c *Config, op program.Op) string
	settle func(c *Config, set func(key string) bool) []Mistake
	start  func(s *sim.Simulation, c *Config, costs *cost.Set, o scheduler.Observer) (scheduler.Runtime, error)
}

// Version is a version of a model.
type Version struct {
	Name  string // as settings say it, such as 1.53
	Crate string // the release that it models, such as 1.53.1: process.runtime.version
}

// Threads describes executor threads.
type Threads struct {
	Count int
	// Available: there are as many as available_parallelism says, where something limits the process.
	Available bool
	Name      string // empty: the runtime names its threads itself
}

// Config is a runtime with its settings. Which fields mean something to a model, the model's Keys say. [Model.Config] gives one
// with the model's defaults. The zero value of Process, Costs and Seed is a default too.
type Config struct {
	Model              string
	Version            string
	Flavor             string
	Executor           string
	ThreadName         string
	Workers            int
	MaxBlockingThreads int // 0: the runtime's own
	BlockingVersion    string
	DisableLIFOSlot    bool
	// GlobalQueueInterval and EventInterval are ticks; 0: the runtime's own.
	GlobalQueueInterval int
	EventInterval       int

	Process *process.Process // what the runtime shares with others; nil: a process of its own, with a CPU for each thread
	Costs   *cost.Set        // what the primitives cost; nil: cost.Default
	Seed    uint64           // of the random choices of the runtime
}

// Kind is what the value of a setting is.
type Kind uint8

// The kinds of settings.
const (
	// Whole is a whole number from 1 to Most, in the field Int.
	Whole Kind = iota
	// Bool is true or false, in the field Bool.
	Bool
	// Text is text that is not empty, in the field Text.
	Text
	// Choice is one of Choices, in the field Text.
	Choice
)

// Key is a setting of a model. Of Int, Bool and Text, the one that the Kind names is set: it gives the field of a Config, to write
// and to read.
type Key struct {
	Name    string // in YAML, such as worker_threads
	Doc     string // what the setting does, in a sentence
	Kind    Kind
	Most    int      // of Whole
	Choices []string // of Choice; the first is the default
	Int     func(*Config) *int
	Bool    func(*Config) *bool
	Text    func(*Config) *string
}

// Mistake is a setting that another one excludes.
type Mistake struct {
	Key     string
	Message string // the rest of an error that begins with the key
}

// ConfigWithin is Config in a process whose available_parallelism is limited; 0: it is not.
func (m *Model) ConfigWithin(parallelism int) Config {
	c := m.Config()
	if m.Threads.Available && parallelism > 0 {
		c.Workers = parallelism
	}
	return c
}

// Config is the model with the default of each setting.
func (m *Model) Config() Config {
	c := Config{Model: m.Name, Version: m.Versions[0].Name, Workers: m.Threads.Count, ThreadName: m.Threads.Name}
	for _, k := range m.Keys {
		if k.Kind == Choice {
			*k.Text(&c) = k.Choices[0]
		}
	}
	return c
}

// KeyNames are the names of Keys.
func (m *Model) KeyNames() []string {
	var names []string
	for _, k := range m.Keys {
		names = append(names, k.Name)
	}
	return names
}

// CrateVersion is the release that a version models; empty if there is no such version.
func (m *Model) CrateVersion(version string) string {
	for _, v := range m.Versions {
		if v.Name == version {
			return v.Crate
		}
	}
	return ""
}

// Settle completes a Config that has been read: it sets what one setting decides about others, and returns the settings that
// exclude each other. Set reports whether a key was given.
func (m *Model) Settle(c *Config, set func(key string) bool) []Mistake {
	if m.settle == nil {
		return nil
	}
	return m.settle(c, set)
}

// Lacks says why a runtime does not have a step, and what to take instead; empty: it has the step.
func (m *Model) Lacks(c *Config, op program.Op) string {
	if m.lacks == nil {
		return ""
	}
	return m.lacks(c, op)
}

// Check says which setting is out of bounds, and what is allowed.
func (m *Model) Check(c *Config) error {
	for _, k := range m.Keys {
		if err := k.check(c); err != nil {
			return fmt.Errorf("%s: %s: %w", m.Name, k.Name, err)
		}
	}
	return nil
}

// New starts a runtime on a simulation, now. The error says which field of the Config is wrong and what is allowed.
func (m *Model) New(s *sim.Simulation, c Config, o scheduler.Observer) (scheduler.Runtime, error) {
	if err := m.Check(&c); err != nil {
		return nil, err
	}
	costs := c.Costs
	if costs == nil {
		costs = new(cost.Default())
	}
	return m.start(s, &c, costs, o)
}

// check refuses values outside of the bounds; 0 and "" stand for a runtime's own value.
func (k *Key) check(c *Config) error {
	switch k.Kind {
	case Whole:
		if v := *k.Int(c); v < 0 || v > k.Most {
			return fmt.Errorf("%d is not allowed; want 1 to %d, or 0 for the default", v, k.Most)
		}
	case Choice:
		if v := *k.Text(c); v != "" && !slices.Contains(k.Choices, v) {
			return fmt.Errorf("%q is not allowed; want one of %v", v, k.Choices)
		}
	case Bool, Text:
	}
	return nil
}

// erase keeps a nil pointer beside an error from becoming a Runtime that is not nil.
func erase[T scheduler.Runtime](rt T, err error) (scheduler.Runtime, error) {
	if err != nil {
		return nil, err
	}
	return rt, nil
}
