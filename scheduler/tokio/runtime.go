// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// MaxWorkers bounds Config.Workers.
const MaxWorkers = 1024

// Config describes a runtime as tokio::runtime::Builder does.
type Config struct {
	// Workers is worker_threads, 1 to MaxWorkers. A current_thread runtime has no use for it.
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
	// (current_thread).
	GlobalQueueInterval uint32
	// EventInterval is the number of ticks after which a busy worker looks at timers and sockets. Lower values serve these
	// sooner and call epoll_wait more often. 0: 61.
	EventInterval uint32
	// MaxBlockingThreads bounds the threads that run blocking closures and files, beside the workers'. Fewer hold the memory and
	// the number of runnable threads down, and closures wait longer. 0: 512.
	MaxBlockingThreads int
	Host               *host.Host // the machine; nil: there is a CPU for each thread
	Costs              cost.Profile
	Seed               uint64 // of the random choices: steal victims, wake latencies
}

const defaultEventInterval = 61

func (c *Config) eventInterval() uint32 {
	if c.EventInterval == 0 {
		return defaultEventInterval
	}
	return c.EventInterval
}

// Runtime is one multi_thread runtime. It implements [scheduler.Runtime] and [sim.Handler].
type Runtime struct {
	engine
	version       version
	threadName    string
	lifoEnabled   bool // disable_lifo_slot is not set
	eventInterval uint32

	workers []worker
	loose   []loose // tasks that block in place, or did and have no worker

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

// New starts a multi_thread runtime on a simulation: its workers look for work at once, find none, and park. It panics if
// the version is not one of [Versions].
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) *Runtime {
	rt := &Runtime{
		version:       mustVersion(cfg.Version),
		threadName:    cfg.ThreadName,
		lifoEnabled:   !cfg.DisableLIFOSlot,
		eventInterval: cfg.eventInterval(),
		workers:       make([]worker, cfg.Workers),
		unparked:      cfg.Workers,
	}
	rt.init(s, rt, &cfg, cfg.Workers, rt.giveThread, o)
	rt.tasks.Threads = make([]int16, cfg.Workers)
	for i := range rt.workers {
		rt.workers[i] = worker{
			poller:      poller{index: i},
			queue:       scheduler.NewRing(queueCapacity),
			lifoEnabled: rt.lifoEnabled,
			tuning:      newTuning(cfg.GlobalQueueInterval),
			rand:        sim.Stream(cfg.Seed, uint64(i)+1),
		}
		w := &rt.workers[i]
		w.counters.FallAsleep(s.Now())
		rt.runOn(w, rt.pool.StartWorker())
		w.cpu.Wake(0)
	}
	return rt
}

// Spawn implements [scheduler.Runtime]: tokio::spawn from a thread that is no worker, such as main's accept loop.
func (rt *Runtime) Spawn(p *program.Program, tag uint64, work sim.Rand) uint64 {
	rt.scheduleRemote(rt.tasks.New(p, tag, work))
	rt.notifyOne() // the cost falls on the caller's thread, which is not modelled
	return rt.tasks.Spawned()
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
	case eventInPlace:
		rt.resumeInPlace(int(ev.Arg)) //nolint:gosec // G115: an index
	}
}
