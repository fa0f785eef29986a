// SPDX-License-Identifier: Apache-2.0

package models

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/smol"
)

// executor is a way to run tasks on smol, and what it leaves to choose about threads.
type executor struct {
	name        string
	composition asyncexecutor.Composition
	threads     bool // worker_threads
	named       bool // thread_name
}

// executors are the ways to run tasks on smol; smol::spawn's first.
func executors() []executor {
	return []executor{
		{"global", asyncexecutor.Pool, true, false},
		{"main", asyncexecutor.Main, false, false},
		{"threads", asyncexecutor.Pool, true, true},
		{"thread_per_task", asyncexecutor.ThreadPerTask, false, true},
	}
}

// executorOf is the executor of a Config.
func executorOf(c *Config) executor {
	all := executors()
	for _, e := range all {
		if e.name == c.Executor {
			return e
		}
	}
	return all[0]
}

func smolModel() *Model {
	const name = "smol"
	versions := []Version{{"2.0", "2.0.2"}}
	var names []string
	for _, e := range executors() {
		names = append(names, e.name)
	}
	return &Model{
		Name: name, Crate: name, Versions: versions,
		Threads: Threads{Count: 1},
		Keys: []Key{
			versionKey(versions),
			{
				Name: "executor", Kind: Choice, Choices: names,
				Doc:  "Who runs tasks: smol's global executor, the main thread alone, threads of the program, or a thread for each request.",
				Text: func(c *Config) *string { return &c.Executor },
			},
			workersKey("The number of executor threads (SMOL_THREADS)."),
			threadNameKey("The name that the program gives its threads."),
			blockingKey("The most threads for blocking code (BLOCKING_MAX_THREADS): fewer take less memory, and closures wait longer. Without the setting 500."),
			blockingVersionKey(),
		},
		SimpleExport: true,

		settle: settleSmol,
		lacks: func(_ *Config, op program.Op) string {
			if op == program.Signal {
				return "runtime smol has no signal: its crate has no module for signals; want io for a socket that a signal handler writes to"
			}
			return noBlockInPlace(name, op)
		},
		start: func(s *sim.Simulation, c *Config, costs *cost.Set, o scheduler.Observer) (scheduler.Runtime, error) {
			return erase(smol.New(s, smol.Config{
				Composition: executorOf(c).composition, Threads: c.Workers, ThreadName: c.ThreadName,
				MaxBlockingThreads: c.MaxBlockingThreads, BlockingVersion: c.BlockingVersion, Process: c.Process, Costs: costs.Smol, Seed: c.Seed,
			}, o))
		},
	}
}

// settleSmol: the executor decides which choices of threads there are.
func settleSmol(c *Config, set func(key string) bool) (mistakes []Mistake) {
	chosen := executorOf(c)
	if !chosen.threads && set("worker_threads") {
		mistakes = append(mistakes, Mistake{
			"worker_threads", "executor " + chosen.name + " has no choice of threads; want it left out, or executor global or threads",
		})
	}
	switch {
	case !chosen.named && set("thread_name"):
		mistakes = append(mistakes, Mistake{
			"thread_name", "executor " + chosen.name + " names its threads itself; want it left out, or executor threads or thread_per_task",
		})
	case chosen.name == "threads" && !set("thread_name"):
		mistakes = append(mistakes, Mistake{"thread_name", "missing; want the name that the program gives its threads"})
	}
	return mistakes
}
