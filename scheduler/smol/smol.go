// SPDX-License-Identifier: Apache-2.0

// Package smol is the model of smol 2.0: an async-executor that smol::spawn starts on threads of its own, one unless SMOL_THREADS
// says otherwise, each with the loop
//
//	block_on(GLOBAL.run(pending))
//
// How tasks are queued, stolen and woken is told in package asyncexecutor. With one thread, smol's default, the order is exactly
// first in, first out. A program may also bring an executor and threads of its own ([Config].Composition): the main thread
// alone, threads with names of its choice, or a thread for each lightweight task. Dropping the handle of a task cancels it.
// Left out: the task of async_process::driver, which the first spawn starts and which then only waits.
//
// Package smol is a thin layer over package asyncexecutor, to which it gives smol's threads and costs. Package models starts it by name.
package smol

import (
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Config is what a service that runs on smol can choose.
type Config struct {
	// Threads is SMOL_THREADS, at most asyncexecutor.MaxThreads; 0 means 1, smol's default (schedulers.md 2.6).
	Threads int
	// Composition: Pool with ThreadName empty is smol::spawn's.
	Composition asyncexecutor.Composition
	// ThreadName of threads that the program started itself; empty: `smol-1` to `smol-n` for Pool, and no name for
	// ThreadPerTask.
	ThreadName string
	// MaxBlockingThreads is BLOCKING_MAX_THREADS; 0: 500.
	MaxBlockingThreads int
	// BlockingVersion is the version of the crate blocking, one of blocking.CrateVersions; empty: the newest.
	BlockingVersion string
	// Process is what the runtime shares with others of its process; nil: a process of its own, with a CPU for each thread.
	Process *process.Process
	// Costs is what each primitive costs, the AsyncExecutor of a cost.Set. The zero Profile makes everything free.
	Costs cost.Profile
	// Seed fixes where thieves start looking and how long threads take to wake.
	Seed uint64
}

// New starts smol's global executor on threads `smol-1` to `smol-n`, or the program's own. The error says which field of the
// Config is wrong and what is allowed.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) (*asyncexecutor.Executor, error) {
	name := func(int) string { return cfg.ThreadName }
	if cfg.ThreadName == "" && cfg.Composition == asyncexecutor.Pool {
		name = func(i int) string { return "smol-" + strconv.Itoa(i+1) }
	}
	return asyncexecutor.New(s, asyncexecutor.Config{
		Composition:        cfg.Composition,
		Threads:            cfg.Threads,
		ThreadName:         name,
		CancelOnDrop:       true,
		MaxBlockingThreads: cfg.MaxBlockingThreads,
		BlockingVersion:    cfg.BlockingVersion,
		Process:            cfg.Process,
		Costs:              cfg.Costs,
		Seed:               cfg.Seed,
	}, o)
}
