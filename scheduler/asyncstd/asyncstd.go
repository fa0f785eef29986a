// SPDX-License-Identifier: Apache-2.0

// Package asyncstd is the model of async-std 1.13: the executor of smol (package asyncexecutor tells how it schedules) on a pool
// of threads that share one name, each with the loop
//
//	block_on(or(LOCAL.run(shutdown), GLOBAL.run(pending)))
//
// async-std adds to a spawn (a task id, a wrapper with the task's name and locals) and to a poll (a thread-local pointer to
// the current task, swapped in and out); its cost profile says how much. Its spawn_blocking, and all that does files by it, is two
// tasks: the caller awaits one that awaits the blocking pool (schedulers.md 3). Left out: the thread-local
// executors, which only spawn_local uses.
//
// Package asyncstd is a thin layer over package asyncexecutor, to which it gives async-std's threads and costs. Package models starts it by
// name.
package asyncstd

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Config is what a service that runs on async-std can choose.
type Config struct {
	// Threads is ASYNC_STD_THREAD_COUNT; async-std's default is the number of the host's CPUs. 0 means 1.
	Threads int
	// MaxBlockingThreads is BLOCKING_MAX_THREADS; 0: 500.
	MaxBlockingThreads int
	// BlockingVersion is the version of the crate blocking, one of blocking.CrateVersions; empty: the newest.
	BlockingVersion string
	// Process is what the runtime shares with others of its process; nil: a process of its own, with a CPU for each thread.
	Process *process.Process
	// Costs is what each primitive costs, the AsyncStd of a cost.Set: the executor's costs and async-std's own. The zero
	// Profile makes everything free.
	Costs cost.Profile
	// Seed fixes where thieves start looking and how long threads take to wake.
	Seed uint64
}

// New starts async-std's pool, all of its threads named `async-std/runtime`. The error says which field of the Config is wrong
// and what is allowed.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) (*asyncexecutor.Executor, error) {
	return asyncexecutor.New(s, asyncexecutor.Config{
		Threads:            cfg.Threads,
		ThreadName:         func(int) string { return "async-std/runtime" },
		Delegates:          true,
		MaxBlockingThreads: cfg.MaxBlockingThreads,
		BlockingVersion:    cfg.BlockingVersion,
		Process:            cfg.Process,
		Costs:              cfg.Costs,
		Seed:               cfg.Seed,
	}, o)
}
