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
		steps = g.untimed()
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
