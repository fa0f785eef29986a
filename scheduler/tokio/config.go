// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
)

const (
	// MaxWorkers bounds Config.Workers.
	MaxWorkers = 1024
	// LongestInterval bounds the intervals of a Config, in ticks: beyond it a queue or the driver would be as good as never looked at.
	LongestInterval = 1_000_000

	defaultEventInterval = 61
)

// Config describes a runtime as tokio::runtime::Builder does.
type Config struct {
	// Workers is worker_threads, at most MaxWorkers; 0 means 1. A current_thread runtime has no use for it.
	Workers int
	// ThreadName is the name of every thread of a multi_thread runtime, workers and blocking ones alike.
	ThreadName string
	// Version is one of [Versions]; empty: DefaultVersion. The versions differ in multi_thread only.
	Version string
	// DisableLIFOSlot queues whatever a worker makes runnable behind the rest of its run queue. Messages between two tasks
	// take longer, and no task waits for a worker that has long polls: others can steal it. current_thread has no LIFO slot.
	DisableLIFOSlot bool
	// GlobalQueueInterval is the number of ticks after which a worker looks at the inject queue before its own. Lower values serve
	// tasks from outside sooner and lock the queue more often. 0: tuned by the mean time of polls (multi_thread), 31
	// (current_thread). At most LongestInterval.
	GlobalQueueInterval int
	// EventInterval is the number of ticks after which a busy worker looks at timers and sockets. Lower values serve these
	// sooner and call epoll_wait more often. 0: 61. At most LongestInterval.
	EventInterval int
	// MaxBlockingThreads bounds the threads that run blocking closures and files, beside the workers'. Fewer hold the memory and
	// the number of runnable threads down, and closures wait longer. 0: 512. At most blocking.MaxThreads.
	MaxBlockingThreads int
	// Process is what the runtime shares with others of its process; nil: a process of its own, with a CPU for each thread.
	Process *process.Process
	// Costs is what each primitive costs. The zero Profile makes everything free.
	Costs cost.Profile
	// Seed fixes the random choices: where thieves start looking and how long threads take to wake.
	Seed uint64
}

// settled is what a Config says about the loop, after the check.
type settled struct {
	version             version
	workers             int
	globalQueueInterval uint32 // ticks; 0: tuned, or the flavor's own
	eventInterval       uint32 // ticks
}

// settle checks a Config and puts defaults in.
func (c *Config) settle() (settled, error) {
	v, err := findVersion(c.Version)
	if err != nil {
		return settled{}, err
	}
	switch {
	case c.Workers < 0 || c.Workers > MaxWorkers:
		return settled{}, fmt.Errorf("tokio: Workers: %d is not allowed; want 1 to %d, or 0 for 1", c.Workers, MaxWorkers)
	case c.MaxBlockingThreads < 0 || c.MaxBlockingThreads > blocking.MaxThreads:
		return settled{}, fmt.Errorf("tokio: MaxBlockingThreads: %d is not allowed; want 1 to %d, or 0 for 512", c.MaxBlockingThreads, blocking.MaxThreads)
	}
	global, err := ticks("GlobalQueueInterval", c.GlobalQueueInterval)
	if err != nil {
		return settled{}, err
	}
	event, err := ticks("EventInterval", c.EventInterval)
	if err != nil {
		return settled{}, err
	}
	if event == 0 {
		event = defaultEventInterval
	}
	if err := c.Costs.Check(); err != nil {
		return settled{}, fmt.Errorf("tokio: Costs: %w", err)
	}
	return settled{version: v, workers: max(c.Workers, 1), globalQueueInterval: global, eventInterval: event}, nil
}

// ticks is an interval of a Config.
func ticks(field string, n int) (uint32, error) {
	if n < 0 || n > LongestInterval {
		return 0, fmt.Errorf("tokio: %s: %d is not allowed; want 1 to %d ticks, or 0 for the default", field, n, LongestInterval)
	}
	return uint32(n), nil
}
