// SPDX-License-Identifier: Apache-2.0

package models

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// idealModel is no real runtime: it is the baseline for the others. There are no versions to choose from, and nothing costs
// anything.
func idealModel() *Model {
	const name = "ideal"
	return &Model{
		Name: name, Crate: name, Versions: []Version{{"1.0", "1.0.0"}},
		Threads: Threads{Count: 4},
		Keys:    []Key{workersKey("The number of workers.")},
		NoHost:  "its workers need no CPU",
		lacks:   func(_ *Config, op program.Op) string { return noBlockInPlace(name, op) },
		start: func(s *sim.Simulation, c *Config, _ *cost.Set, o scheduler.Observer) (scheduler.Runtime, error) {
			return erase(ideal.New(s, ideal.Config{Workers: c.Workers, Process: c.Process}, o))
		},
	}
}
