// SPDX-License-Identifier: Apache-2.0

package order

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const (
	deepest     = 4
	fewestTasks = 60
)

// untimed is a request whose tasks compute, yield, spawn and join tasks, and use channels and mutexes.
func (g *generator) untimed() []program.Step {
	steps := g.steps(0)
	for g.tasks < fewestTasks {
		steps = append(steps, g.steps(0)...)
	}
	return steps
}

// steps are those of a task at a depth below the request.
func (g *generator) steps(depth int) (steps []program.Step) {
	for range g.between(2, 8) {
		switch g.IntN(10) {
		case 0, 1:
			steps = append(steps, compute())
		case 2:
			for range g.between(1, 5) {
				steps = append(steps, program.Step{Op: program.Yield})
			}
		case 3, 4:
			steps = append(steps, g.spawn(depth, g.between(1, 6))...)
		case 5:
			steps = append(steps, program.Step{Op: program.Join})
		case 6:
			steps = append(steps, g.critical()...)
		case 7, 8:
			steps = append(steps, g.talk(depth)...)
		case 9:
			steps = append(steps, g.market(depth)...)
		}
	}
	return steps
}

func (g *generator) spawn(depth, count int) []program.Step {
	if depth == deepest || g.tasks > mostTasks {
		return []program.Step{compute()}
	}
	before := g.tasks
	g.tasks++
	g.copies *= count
	child := &program.Program{Label: workload.Untraced, Steps: g.steps(depth + 1)}
	g.copies /= count
	g.tasks = before + count*(g.tasks-before)
	return []program.Step{{Op: program.Spawn, Count: count, Child: child, Detached: g.IntN(4) == 0}}
}

// critical is a critical section.
func (g *generator) critical() []program.Step {
	if !g.tokio {
		return []program.Step{{Op: program.Yield}, compute()}
	}
	return g.section()
}

func (g *generator) section() []program.Step {
	mutex := g.IntN(mutexes)
	steps := []program.Step{{Op: program.Lock, Object: mutex}, compute()}
	for range g.IntN(3) {
		steps = append(steps, program.Step{Op: program.Yield})
	}
	return append(steps, program.Step{Op: program.Unlock, Object: mutex})
}

// talk spawns a task that sends messages to the spawner, or receives them from it, over a channel of their own.
func (g *generator) talk(depth int) []program.Step {
	if depth == deepest || g.copies > 1 {
		return []program.Step{compute()}
	}
	channel, messages := g.channels, g.between(1, 12)
	capacity := g.between(1, messages)
	g.channels++
	g.tasks++
	var sends, receives []program.Step
	for range messages {
		sends = append(sends, program.Step{Op: program.Send, Object: channel, Count: capacity})
		receives = append(receives, program.Step{Op: program.Receive, Object: channel})
		switch g.IntN(4) {
		case 0:
			sends = append(sends, compute())
		case 1:
			receives = append(receives, program.Step{Op: program.Yield})
		}
	}
	if g.IntN(2) == 0 {
		sends, receives = receives, sends
	}
	child := &program.Program{Label: workload.Untraced, Steps: sends}
	return append([]program.Step{{Op: program.Spawn, Count: 1, Child: child}}, receives...)
}

// market spawns tasks that send and tasks that receive over one channel.
func (g *generator) market(depth int) []program.Step {
	if depth == deepest || g.copies > 1 {
		return []program.Step{compute()}
	}
	channel, senders, receivers := g.channels, g.between(1, 4), g.between(1, 4)
	rounds := g.between(1, 3)
	capacity := g.between(1, 5)
	g.channels++
	g.tasks += senders + receivers
	side := func(count int, step program.Step, times int) program.Step {
		child := &program.Program{Label: workload.Untraced}
		for range times {
			child.Steps = append(child.Steps, step)
			if g.IntN(4) == 0 {
				child.Steps = append(child.Steps, []program.Step{compute(), {Op: program.Yield}}[g.IntN(2)])
			}
		}
		return program.Step{Op: program.Spawn, Count: count, Child: child}
	}
	sides := []program.Step{
		side(senders, program.Step{Op: program.Send, Object: channel, Count: capacity}, rounds*receivers),
		side(receivers, program.Step{Op: program.Receive, Object: channel}, rounds*senders),
	}
	if g.IntN(2) == 0 {
		sides[0], sides[1] = sides[1], sides[0]
	}
	return sides
}

// brief is a request whose tasks contend for mutexes.
func (g *generator) brief() (steps []program.Step) {
	for range g.between(2, 4) {
		child := &program.Program{Label: workload.Untraced}
		for range g.between(1, 3) {
			child.Steps = append(child.Steps, g.section()...)
			if g.IntN(3) == 0 {
				child.Steps = append(child.Steps, program.Step{Op: program.Yield})
			}
		}
		steps = append(steps, program.Step{Op: program.Spawn, Count: g.between(1, 3), Child: child})
		if g.IntN(2) == 0 {
			steps = append(steps, g.section()...)
		}
	}
	return steps
}
