// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
)

// MaxThreads bounds Config.Threads.
const MaxThreads = 1024

// Config says which threads run an executor and what they pay.
type Config struct {
	// Composition says what the threads do beside running tasks.
	Composition Composition
	// Threads is the number of threads that run the executor, all from the start: at most MaxThreads; 0 means 1. Only Pool has a
	// choice.
	Threads int
	// ThreadName names thread i, counted from 0. Nil: the threads have no name.
	ThreadName func(i int) string
	// CancelOnDrop: a join handle that is dropped cancels its task, as async-task's does. Otherwise the task is detached.
	CancelOnDrop bool
	// Delegates: a task that gives the blocking pool a job spawns a second task that awaits it (async-std's spawn_blocking).
	Delegates bool
	// MaxBlockingThreads bounds the blocking pool (BLOCKING_MAX_THREADS); 0: 500.
	MaxBlockingThreads int
	// BlockingVersion is the version of the crate blocking, one of blocking.CrateVersions; empty: the newest.
	BlockingVersion string
	// Process is what the runtime shares with others of its process; nil: a process of its own, with a CPU for each thread.
	// The async-io thread does too little to need a CPU.
	Process *process.Process
	// Costs is what each primitive costs. The zero Profile makes everything free.
	Costs cost.Profile
	// Seed fixes where thieves start looking and how long threads take to wake.
	Seed uint64
}

// check says which field of a Config is wrong.
func (c *Config) check() error {
	switch {
	case c.Composition > ThreadPerTask:
		return fmt.Errorf("asyncexecutor: Composition: %d is not allowed; want Pool, Main or ThreadPerTask", c.Composition)
	case c.Threads < 0 || c.Threads > MaxThreads:
		return fmt.Errorf("asyncexecutor: Threads: %d is not allowed; want 1 to %d, or 0 for 1", c.Threads, MaxThreads)
	case c.Threads > 1 && c.Composition != Pool:
		return fmt.Errorf("asyncexecutor: Threads: %d is not allowed; want 0: only Pool has a choice", c.Threads)
	case c.MaxBlockingThreads < 0 || c.MaxBlockingThreads > blocking.MaxThreads:
		return fmt.Errorf("asyncexecutor: MaxBlockingThreads: %d is not allowed; want 1 to %d, or 0 for 500", c.MaxBlockingThreads, blocking.MaxThreads)
	}
	if err := c.Costs.Check(); err != nil {
		return fmt.Errorf("asyncexecutor: Costs: %w", err)
	}
	return nil
}

// Composition is how a program puts threads and executor together (schedulers.md 2.6).
type Composition uint8

// The compositions.
const (
	// Pool: threads that only run the executor, block_on(executor.run(pending)). Whoever spawns is another thread.
	Pool Composition = iota
	// Main: the main thread alone runs the executor, block_on(executor.run(main)), and main, which spawns what comes to it by a
	// channel from another thread, is polled first in each round.
	Main
	// ThreadPerTask: each task spawned from outside gets a thread of its own, block_on(executor.run(task)), which also runs
	// what the tasks of all such threads spawn, and ends with its task. Left over tasks wait for the next thread.
	ThreadPerTask
)

// MaxThreadsPerTask bounds the threads of ThreadPerTask at a time, as an operating system does. Beyond it tasks wait.
const MaxThreadsPerTask = 10_000
