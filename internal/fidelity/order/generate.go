// SPDX-License-Identifier: Apache-2.0

// Package order makes random programs, and compares in which order the models and the real runtimes poll their tasks.
//
// On one worker the order of polls follows from the rules of the runtime alone, as long as nothing depends on how long something takes.
// So a program either has no step that takes a time beside short computations; or its timers, sockets, jobs and timeouts end so far
// apart that the machine's hiccups do not change their order.
//
// On several workers the order is forced if one task at a time is runnable ([Trace.Chained]).
package order

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// Kind is what random programs are made of.
type Kind int

// The kinds.
const (
	// Untimed programs compute, yield, spawn and join tasks, and use channels and mutexes.
	Untimed Kind = iota
	// Timed programs have sleeps, sockets, jobs of the blocking pool, timeouts and cancellation too.
	Timed
	// Brief programs are untimed, and end before a lock operation of async-lock has waited for half a millisecond. From then on its mutex
	// has other rules. So Untimed programs have mutexes on Tokio only.
	Brief
	// Conducted programs let tasks contend for mutexes and channels, with timeouts around what they do.
	Conducted
)

// Generate makes the service of a random program, with one request.
func Generate(kind Kind, seed uint64, runtime workload.RuntimeSpec) *workload.Service {
	g := &generator{Rand: sim.Stream(seed), tasks: 1, copies: 1, tokio: runtime.Model == "tokio"}
	var steps []program.Step
	switch kind {
	case Timed:
		steps = g.timed()
	case Brief:
		steps = g.brief()
	case Conducted:
		steps = g.conducted()
	default:
		steps = g.steps(0)
		for g.tasks < fewestTasks {
			steps = append(steps, g.steps(0)...)
		}
	}
	steps = append(steps, program.Step{Op: program.Join})
	return &workload.Service{
		Name: fmt.Sprintf("random %d", seed), Instances: 1, Seed: &seed, Runtime: runtime,
		Arrivals:   &arrive.Replay{Gaps: []sim.Time{0}},
		Operations: []workload.Operation{{Weight: 1, Program: &program.Program{Label: workload.Untraced, Steps: steps}}},
		Mutexes:    make([]string, mutexes),
		Channels:   make([]string, g.channels),
	}
}

const (
	mutexes     = 3
	deepest     = 4
	fewestTasks = 60
	mostTasks   = 3000
)

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

func compute() program.Step {
	return program.Step{Op: program.Compute, Duration: program.Constant(200)}
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
