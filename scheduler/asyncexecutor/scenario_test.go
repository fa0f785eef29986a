// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	us = sim.Time(time.Microsecond)
	ms = sim.Time(time.Millisecond)
)

// scenario is an executor with an event log and arrivals at given times.
type scenario struct {
	*Executor
	sim      sim.Simulation
	self     sim.Target
	arrivals []*program.Program
	check.Log
}

func start(t *testing.T, threads int, costs cost.Profile) *scenario {
	t.Helper()
	return startWith(t, Config{Threads: threads, Costs: costs}, 0)
}

// startWith starts an executor on a machine with a number of CPUs; 0: no limit.
func startWith(t *testing.T, cfg Config, cpus int) *scenario {
	t.Helper()
	sc := &scenario{}
	sc.self = sc.sim.Register(arrivals{sc})
	cfg.Seed = 1
	if cpus > 0 {
		cfg.Process = &process.Process{Host: host.New(&sc.sim, host.Config{CPUs: cpus, Slice: 100 * us})}
	}
	sc.Executor = check.Must(New(&sc.sim, cfg, sc.Observer()))
	return sc
}

type arrivals struct{ *scenario }

func (a arrivals) Handle(ev sim.Event) {
	check.Must(a.Spawn(a.arrivals[ev.Arg], ev.Arg, sim.Stream(7, ev.Arg)))
}

// spawnAt spawns a task from outside at a time.
func (sc *scenario) spawnAt(at sim.Time, s ...program.Step) {
	sc.sim.Schedule(at, sc.self, 0, uint64(len(sc.arrivals)))
	sc.arrivals = append(sc.arrivals, steps(s...))
}

// pollsOf lists the polls of one task.
func (sc *scenario) pollsOf(task uint64) []scheduler.Poll {
	var polls []scheduler.Poll
	for _, p := range sc.Polls {
		if p.Task == task {
			polls = append(polls, p)
		}
	}
	return polls
}

// asleep lists the unnotified sleepers, the one to be woken first last.
func (sc *scenario) asleep() []int {
	var asleep []int
	for _, r := range sc.sleepers.unnotified {
		asleep = append(asleep, r.index)
	}
	return asleep
}

func steps(s ...program.Step) *program.Program { return &program.Program{Steps: s} }

func compute(d sim.Time) program.Step {
	return program.Step{Op: program.Compute, Duration: program.Constant(d)}
}

func sleep(d sim.Time) program.Step {
	return program.Step{Op: program.Sleep, Duration: program.Constant(d)}
}

func io(d sim.Time) program.Step {
	return program.Step{Op: program.IO, Duration: program.Constant(d)}
}

func spawn(n int, s ...program.Step) program.Step {
	return program.Step{Op: program.Spawn, Child: steps(s...), Count: n}
}

var (
	yield = program.Step{Op: program.Yield}
	join  = program.Step{Op: program.Join}
)
