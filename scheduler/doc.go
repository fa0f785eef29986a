// SPDX-License-Identifier: Apache-2.0

// Package scheduler holds models of Rust's async runtimes: Tokio, async-std and smol. The models run in virtual time, one event at a
// time, and follow the queue disciplines of the real ones: who runs next, who steals from whom, who is woken, who polls timers and
// sockets. What a model leaves out, its package says.
//
// # Usage
//
// A program says what a task does; a simulation is a clock; a runtime runs tasks on it and tells an [Observer] what happens:
//
//	p := &program.Program{Name: "request", Steps: []program.Step{
//		{Op: program.Compute, Duration: program.Constant(200_000)}, // ns
//		{Op: program.IO, Duration: program.Constant(1_000_000)},
//	}}
//	var s sim.Simulation
//	rt, err := tokio.New(&s, tokio.Config{Workers: 4, Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{
//		Finished: func(f *scheduler.Finished) { fmt.Println((f.End - f.Spawned).Duration()) },
//	})
//	...
//	_, err = rt.Spawn(p, 0, sim.Stream(1))
//	...
//	s.Run(sim.Time(time.Second))
//
// The examples run this. To choose a runtime by its name, and to read its settings, take package models.
//
// What the caller owes: a simulation and all that is on it belong to one goroutine. Nothing blocks, nothing reads the wall clock, and
// the same calls with the same seeds give the same result. A Config and a program that are wrong are errors of New and Spawn; a
// program must not change once it is spawned. Times are nanoseconds of virtual time since the simulation began ([sim.Time]). An
// Observer's functions are called in the middle of an event: they may read and note, and spawn on other runtimes, but must not run the
// simulation. The pointers that they get are valid during the call only.
//
// # How the packages work together
//
//	models                     the list of runtimes, with their settings as data
//	  tokio  smol  asyncstd  ideal
//	           asyncexecutor   smol and async-std are compositions of one executor
//	    internal/task          live tasks: states, steps, accounts; what every model is built on
//	    blocking  process      the pools of blocking threads; what the runtimes of a process share
//	      scheduler            this package: what a runtime is, and what it reports
//	      host  cost           CPUs; what each primitive costs
//	        program  sim       what a task does; clock, events, random streams
//
// This package is the face of the models: the interface [Runtime], the reports that an Observer gets, and the [Counters]. It knows no
// model. Package workload, the receiver and the commands play services on it.
//
// # Words
//
// To wake a task is to make it runnable; its [Waker] does that. To notify a worker is to tell it that there is work for it, and to
// unpark its thread is to end the thread's sleep. These are the words of the real runtimes too.
//
// # Stability
//
// The interface Runtime, the reports and package program only grow. The models follow their originals: a better model changes times and
// orders, and the changelog says so.
package scheduler
