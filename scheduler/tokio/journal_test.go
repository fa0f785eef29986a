// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	us = sim.Time(time.Microsecond)
	ms = sim.Time(time.Millisecond)
)

// journal is what happened on a simulation.
type journal struct {
	sim      sim.Simulation
	polls    []scheduler.Poll
	finished []scheduler.Finished
}

func (j *journal) observer() scheduler.Observer {
	return scheduler.Observer{
		Poll:     func(p *scheduler.Poll) { j.polls = append(j.polls, *p) },
		Finished: func(f *scheduler.Finished) { j.finished = append(j.finished, *f) },
	}
}

// order is the sequence of polls, by task number.
func (j *journal) order() []uint64 {
	var order []uint64
	for _, p := range j.polls {
		order = append(order, p.Task)
	}
	return order
}

// pollsOf are the polls of a task.
func (j *journal) pollsOf(task uint64) []scheduler.Poll {
	var polls []scheduler.Poll
	for _, p := range j.polls {
		if p.Task == task {
			polls = append(polls, p)
		}
	}
	return polls
}

// position is the index of a task's nth poll among all polls, or -1.
func (j *journal) position(task uint64, nth int) int {
	for i, p := range j.polls {
		if p.Task == task {
			nth--
			if nth == 0 {
				return i
			}
		}
	}
	return -1
}

func (j *journal) finish(task uint64) *scheduler.Finished {
	for i := range j.finished {
		if j.finished[i].Task == task {
			return &j.finished[i]
		}
	}
	return &scheduler.Finished{}
}

// bench is a multi_thread runtime with a journal.
type bench struct {
	*Runtime
	journal
}

func start(t *testing.T, workers int, costs cost.Profile) *bench {
	t.Helper()
	return startWith(t, Config{Workers: workers, Costs: costs})
}

func startWith(t *testing.T, cfg Config) *bench {
	t.Helper()
	cfg.Seed = 1
	b := &bench{}
	b.Runtime = check.Must(New(&b.sim, cfg, b.observer()))
	return b
}

func (b *bench) spawn(s ...program.Step) { check.Must(b.Spawn(steps(s...), 0, sim.Stream(1))) }

// single is a current_thread runtime with a journal.
type single struct {
	*CurrentThread
	journal
}

func startSingle(t *testing.T, cfg Config) *single {
	t.Helper()
	cfg.Seed = 1
	b := &single{}
	b.CurrentThread = check.Must(NewCurrentThread(&b.sim, cfg, b.observer()))
	return b
}

func (b *single) spawn(s ...program.Step) { check.Must(b.Spawn(steps(s...), 0, sim.Stream(1))) }

// Programs.

func steps(s ...program.Step) *program.Program { return &program.Program{Steps: s} }

func compute(d sim.Time) program.Step {
	return program.Step{Op: program.Compute, Duration: program.Constant(d)}
}

func sleep(d sim.Time) program.Step {
	return program.Step{Op: program.Sleep, Duration: program.Constant(d)}
}

func socket(d sim.Time) program.Step {
	return program.Step{Op: program.IO, Duration: program.Constant(d)}
}

func spawn(n int, s ...program.Step) program.Step {
	return program.Step{Op: program.Spawn, Child: steps(s...), Count: n}
}

func detach(s program.Step) program.Step { s.Detached = true; return s }

// times repeats a step.
func times(n int, s program.Step) []program.Step {
	list := make([]program.Step, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// concat joins lists of steps.
func concat(lists ...[]program.Step) []program.Step {
	var all []program.Step
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func one(s program.Step) []program.Step { return []program.Step{s} }

var (
	join  = program.Step{Op: program.Join}
	yield = program.Step{Op: program.Yield}
)
