// SPDX-License-Identifier: Apache-2.0

package order

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// slot is how far apart things end. Tokio's timers are up to 2 ms late, and a busy machine is so by more.
const slot = sim.Time(20_000_000)

const mostSlots = 30

// timed is a request whose tasks wait for different times, and then do something short.
func (g *generator) timed() (steps []program.Step) {
	for range g.between(6, 12) {
		child := &program.Program{Label: workload.Untraced, Steps: g.waits()}
		steps = append(steps, program.Step{Op: program.Spawn, Count: 1, Child: child})
		if g.IntN(4) == 0 {
			steps = append(steps, compute(), program.Step{Op: program.Yield})
		}
	}
	if g.IntN(2) == 0 { // cancel some of them midway
		steps = append(steps, program.Step{Op: program.Sleep, Duration: g.later()}, program.Step{Op: program.Cancel})
	}
	return steps
}

// later is a time that no other wait of the program ends at.
func (g *generator) later() program.Constant {
	g.slots += 1 + g.IntN(2)
	return program.Constant(slot * sim.Time(g.slots))
}

func (g *generator) waits() (steps []program.Step) {
	wait := func() program.Step {
		ops := []program.Op{program.Sleep, program.IO, program.File}
		return program.Step{Op: ops[g.IntN(len(ops))], Duration: g.later()}
	}
	steps = append(steps, compute())
	switch g.IntN(4) {
	case 0: // in time, or late: the two slots are different
		limit, inside := program.Step{Op: program.Timeout, Duration: g.later()}, wait()
		if g.IntN(2) == 0 {
			limit.Duration, inside.Duration = inside.Duration, limit.Duration
		}
		steps = append(steps, limit, inside, program.Step{Op: program.EndTimeout})
	case 1:
		steps = append(append(steps, wait()), g.critical()...)
	default:
		steps = append(steps, wait())
	}
	if g.slots < mostSlots && g.IntN(2) == 0 {
		before := g.tasks
		g.tasks = mostTasks // no deep trees after a wait
		steps = append(steps, program.Step{Op: program.Spawn, Count: g.between(1, 3), Child: &program.Program{
			Label: workload.Untraced, Steps: append(g.critical(), program.Step{Op: program.Yield}, compute()),
		}}, program.Step{Op: program.Join})
		g.tasks = before
	}
	return steps
}
