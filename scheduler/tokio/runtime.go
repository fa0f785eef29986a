// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
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

// Runtime is one multi_thread runtime. It implements [scheduler.Runtime] and [sim.Handler].
type Runtime struct {
	engine
	version       version
	threadName    string
	lifoEnabled   bool // disable_lifo_slot is not set
	eventInterval uint32

	workers      []worker
	mayHaveTasks task.Places // all workers whose run queues are not empty, and some others
	skipping     []*worker   // searchers that pass empty queues; see skip
	skipsEmpty   bool
	ranks        ranks
	loose        []loose // tasks that block in place, or did and have no worker

	// The three fields of Tokio's idle state (schedulers.md 1.7). Invariants: searching <= unparked;
	// unparked + len(sleepers) = len(workers).
	sleepers  []*worker // parked workers, the most recent last
	searching int
	unparked  int
}

var (
	_ scheduler.Runtime = (*Runtime)(nil)
	_ sim.Handler       = (*Runtime)(nil)
	_ flavor            = (*Runtime)(nil)
)

// New starts a multi_thread runtime on a simulation: its workers look for work at once, find none, and park. The error says
// which field of the Config is wrong and what is allowed.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) (*Runtime, error) {
	settled, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	rt := &Runtime{
		version:       settled.version,
		threadName:    cfg.ThreadName,
		lifoEnabled:   !cfg.DisableLIFOSlot,
		eventInterval: settled.eventInterval,
		workers:       make([]worker, settled.workers),
		unparked:      settled.workers,
	}
	if err := rt.init(s, rt, &cfg, settled.workers, rt.giveThread, o); err != nil {
		return nil, err
	}
	rt.mayHaveTasks = task.NewPlaces(settled.workers)
	rt.skipsEmpty = rt.host == nil && cfg.Costs.StealAttempt > 0 && !settled.version.lifoStealable
	rt.tasks.Threads = make([]int32, settled.workers)
	for i := range rt.workers {
		rt.workers[i] = worker{
			poller:      poller{index: i},
			queue:       task.NewRing(queueCapacity),
			lifoEnabled: rt.lifoEnabled,
			tuning:      newTuning(settled.globalQueueInterval),
			rand:        sim.Stream(cfg.Seed, uint64(i)+1),
		}
		w := &rt.workers[i]
		w.counters.FallAsleep(s.Now())
		rt.runOn(w, rt.pool.StartWorker())
		w.cpu.Wake(0)
	}
	return rt, nil
}

// Spawn implements [scheduler.Runtime]: tokio::spawn from a thread that is no worker, such as main's accept loop.
func (rt *Runtime) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	id, err := rt.tasks.New(p, tag, work)
	if err != nil {
		return 0, err
	}
	rt.scheduleRemote(id)
	rt.notifyOne() // the cost falls on the caller's thread, which is not modelled
	return rt.tasks.Spawned(), nil
}

// thread implements flavor.
func (rt *Runtime) thread(worker int) *host.Thread { return rt.workers[worker].cpu }

// notify implements flavor.
func (rt *Runtime) notify() { rt.notifyOne() }

// Workers implements [scheduler.Runtime].
func (rt *Runtime) Workers() int { return len(rt.workers) }

// ThreadName implements [scheduler.Runtime].
func (rt *Runtime) ThreadName(thread int) string {
	if thread == scheduler.Outside {
		return mainThread
	}
	return rt.threadName
}

// Counters implements [scheduler.Runtime]. Like Tokio's, the busy time of a worker is published when its batch ends: at a park or
// every 61 ticks.
func (rt *Runtime) Counters() scheduler.Counters {
	c := rt.count(len(rt.workers))
	for i := range rt.workers {
		w := &rt.workers[i]
		c.Workers[i] = w.counters.Until(rt.sim.Now())
		c.Workers[i].LocalQueue = w.queue.Len()
		if w.phase == phaseTick || w.phase == phasePoll || w.phase == phaseNextLIFO {
			c.Workers[i].Unpublished = max(rt.sim.Now()-w.tuning.batchStart, 0)
		}
	}
	return c
}

// Handle implements [sim.Handler].
func (rt *Runtime) Handle(ev sim.Event) {
	switch ev.Kind {
	case eventResume:
		rt.resume(&rt.workers[ev.Arg])
	case eventIO:
		rt.Answer(scheduler.Waker(ev.Arg))
	case eventTimeout:
		rt.driver.timeout(ev.Arg)
	case eventSkipped:
		rt.skipped(ev.Arg)
	case eventInPlace:
		rt.resumeInPlace(narrow.Int(ev.Arg))
	}
}
