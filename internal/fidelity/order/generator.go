// SPDX-License-Identifier: Apache-2.0

package order

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	mutexes   = 3
	markets   = 2 // channels that all tasks of a conducted program use
	mostTasks = 3000
)

// generator is what the parts of a random program have in common.
type generator struct {
	sim.Rand

	tasks    int
	tokio    bool
	channels int
	slots    int // of time that timed steps have taken
	copies   int // of the task that is being made

	capacities [markets]int
}

func (g *generator) between(least, most int) int { return least + g.IntN(most-least+1) }

func compute() program.Step {
	return program.Step{Op: program.Compute, Duration: program.Constant(200)}
}
