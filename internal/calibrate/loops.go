// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// The loops of reference/primitives/src/loops.rs as programs of the models, and the runtimes that they run on. What a model takes for a
// loop is a sum of its costs, so a loop that was measured is an equation for them; see fit.go.

// loop is a program with two events between which the time counts. The numbers are those of loops.rs.
type loop struct {
	root *program.Program
	// outside are spawned by another thread once the root task is running.
	outside []*program.Program
	per     int // operations between the events
	// fromSpawn: the time begins when another thread spawns the root task, and ends with its only event.
	fromSpawn bool
	// asked is the part of the time that the program asks for.
	asked sim.Time
	// latency: chance decides how long it takes, and it is compared by its median. No cost is fitted to it.
	latency bool
}

const (
	chained  = 200
	tasks    = 200
	laps     = 500
	yielders = 100
	turns    = 20
	many     = 1000
)

var (
	mark    = program.Step{Op: program.Event}
	yield   = program.Step{Op: program.Yield}
	joinAll = program.Step{Op: program.Join}
	sleep   = program.Step{Op: program.Sleep, Duration: program.Constant(asleep)}
	pooled  = program.Step{Op: program.SpawnBlocking, Duration: program.Constant(0)}
	pause   = program.Step{Op: program.Compute, Duration: program.Constant(50 * time.Microsecond)}
	nothing = &program.Program{}
)

// asleep is how long the task of late_1ms sleeps.
const asleep = sim.Time(time.Millisecond)

func steps(lists ...[]program.Step) (all []program.Step) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func times(n int, list ...program.Step) (all []program.Step) {
	for range n {
		all = append(all, list...)
	}
	return all
}

func spawn(n int, child *program.Program) []program.Step {
	return []program.Step{{Op: program.Spawn, Count: n, Child: child}}
}

func send(channel int) program.Step {
	return program.Step{Op: program.Send, Object: channel, Count: 1}
}

func receive(channel int) program.Step {
	return program.Step{Op: program.Receive, Object: channel}
}

func one(s ...program.Step) []program.Step { return s }

// chain spawns a task that spawns the next one, and so on; the last one ends the time.
func chain() *program.Program {
	p := &program.Program{Steps: one(mark)}
	for range chained {
		p = &program.Program{Steps: []program.Step{{Op: program.Spawn, Count: 1, Child: p, Detached: true}}}
	}
	p.Steps = steps(one(mark), p.Steps)
	return p
}

// sendEach sends to tasks that wait for a message each.
func sendEach() *program.Program {
	var start, sends []program.Step
	for i := range yielders {
		start = append(start, spawn(1, &program.Program{Steps: one(receive(i))})...)
		sends = append(sends, send(i))
	}
	return &program.Program{Steps: steps(start, giveWay(), one(mark), sends, one(mark, joinAll))}
}

// giveWay lets all other tasks run.
func giveWay() []program.Step { return times(10, yield) }

func pingPong() *program.Program {
	partner := &program.Program{Steps: times(laps, receive(0), send(1))}
	return &program.Program{Steps: steps(spawn(1, partner), giveWay(), one(mark), times(laps, send(0), receive(1)), one(mark, joinAll))}
}

// drain is a task during which another thread spawns tasks, the last of which ends the time.
func drain() loop {
	l := loop{per: tasks, root: &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: program.Constant(busy)}, mark}}}
	for range tasks - 1 {
		l.outside = append(l.outside, nothing)
	}
	l.outside = append(l.outside, &program.Program{Steps: one(mark)})
	return l
}

// busy is how long the root task of drain runs: long enough for every spawn from outside.
const busy = sim.Time(20 * time.Millisecond)

// loops are all loops by their names.
func loops() map[string]loop {
	simple := func(per int, s ...[]program.Step) loop {
		return loop{root: &program.Program{Steps: steps(s...)}, per: per}
	}
	yielder := &program.Program{Steps: times(turns, yield)}
	return map[string]loop{
		"chain":      {root: chain(), per: chained},
		"spawn":      simple(tasks, one(mark), spawn(tasks, nothing), one(mark, joinAll)),
		"join":       simple(tasks, spawn(tasks, nothing), one(mark, joinAll, mark)),
		"joined":     simple(tasks, spawn(tasks, nothing), giveWay(), one(mark, joinAll, mark)),
		"yield":      simple(laps, one(mark), times(laps, yield), one(mark)),
		"yields":     simple(yielders*turns, spawn(yielders, yielder), one(mark, joinAll, mark)),
		"channel":    simple(laps, one(mark), times(laps, send(0), receive(0)), one(mark)),
		"send":       {root: sendEach(), per: yielders},
		"ping_pong":  {root: pingPong(), per: laps},
		"lock":       simple(laps, one(mark), times(laps, program.Step{Op: program.Lock}, program.Step{Op: program.Unlock}), one(mark)),
		"drain":      drain(),
		"first_poll": {root: &program.Program{Steps: one(mark)}, per: 1, fromSpawn: true, latency: true},
		"late_1ms":   {root: &program.Program{Steps: one(mark, sleep, mark)}, per: 1, asked: asleep, latency: true},
		"pool_round": {root: &program.Program{Steps: one(pooled, pause, mark, pooled, mark)}, per: 1, latency: true},
		"spawn_join": simple(many, one(mark), spawn(many, nothing), one(joinAll, mark)),
		"yields2":    simple(yielders*turns, one(mark), spawn(yielders, yielder), one(joinAll, mark)),
	}
}

// bench is a runtime that loops run on, as reference/primitives sets it up.
type bench struct {
	name   string // before the slash of a measurement's name
	config models.Config
	two    bool // workers
}

func benches() []bench {
	return []bench{
		{"tokio", models.Config{Model: "tokio", Workers: 1}, false},
		{"current_thread", models.Config{Model: "tokio", Flavor: "current_thread", Workers: 1}, false},
		{"executor", models.Config{Model: "smol", Executor: "threads", Workers: 1}, false},
		{"smol", models.Config{Model: "smol", Executor: "global", Workers: 1}, false},
		{"async_std", models.Config{Model: "async_std", Workers: 1}, false},
		{"tokio2", models.Config{Model: "tokio", Workers: 2}, true},
		{"executor2", models.Config{Model: "smol", Executor: "threads", Workers: 2}, true},
	}
}

// begins is when a loop begins: the workers have fallen asleep by then.
const begins = sim.Time(100 * time.Millisecond)

// napped is when the task of first_poll is spawned after the one before: that one wakes the workers out of a deep sleep, and they fall asleep again.
const napped = sim.Time(250 * time.Microsecond)

// run plays a loop, and returns the nanoseconds for each operation.
func (b *bench) run(l loop, costs *cost.Set, seed uint64) (float64, error) {
	m := models.ByName(b.config.Model)
	c := m.Config()
	c.Flavor, c.Executor, c.Workers = b.config.Flavor, b.config.Executor, b.config.Workers
	c.Costs, c.Seed = costs, seed
	var s sim.Simulation
	var marks []sim.Time
	rt, err := m.New(&s, c, scheduler.Observer{Event: func(e *scheduler.Event) { marks = append(marks, e.At) }})
	if err != nil {
		return 0, err
	}
	s.Run(begins)
	if l.fromSpawn {
		if _, err := rt.Spawn(nothing, 0, sim.Stream(seed)); err != nil {
			return 0, err
		}
		s.Run(begins + napped)
		marks = append(marks, s.Now())
	}
	if _, err := rt.Spawn(l.root, 0, sim.Stream(seed)); err != nil {
		return 0, err
	}
	if len(l.outside) > 0 {
		s.Run(begins + busy/2)
	}
	for _, p := range l.outside {
		if _, err := rt.Spawn(p, 0, sim.Stream(seed)); err != nil {
			return 0, err
		}
	}
	s.Run(begins + sim.Time(10*time.Second))
	if len(marks) != 2 || rt.Live() > 0 {
		return 0, fmt.Errorf("a loop passed %d marks and left %d tasks; want 2 and 0", len(marks), rt.Live())
	}
	return float64(marks[1]-marks[0]-l.asked) / float64(l.per), nil
}
