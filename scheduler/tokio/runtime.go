package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// MaxWorkers bounds Config.Workers.
const MaxWorkers = 1024

// Config describes a runtime as tokio::runtime::Builder does.
type Config struct {
	Workers    int    // worker_threads, 1 to MaxWorkers
	ThreadName string // of every worker
	Costs      cost.Profile
	Seed       uint64 // of the random choices: steal victims, wake latencies
}

// Runtime is one multi_thread runtime. It implements [scheduler.Runtime] and [sim.Handler].
type Runtime struct {
	sim        *sim.Simulation
	target     sim.Target
	tasks      *scheduler.Tasks
	costs      cost.Profile
	threadName string
	latencies  sim.Rand // of thread wake-ups

	workers []worker
	inject  scheduler.Queue
	driver  driver

	// The three fields of Tokio's idle state (schedulers.md 1.7). Invariants: searching <= unparked;
	// unparked + len(sleepers) = len(workers).
	sleepers  []*worker // parked workers, the most recent last
	searching int
	unparked  int

	remoteSchedules uint64
	forcedYields    uint64
}

var (
	_ scheduler.Runtime = (*Runtime)(nil)
	_ sim.Handler       = (*Runtime)(nil)
)

// Kinds of events.
const (
	eventResume  uint8 = iota // Arg: worker
	eventIO                   // Arg: task whose socket became ready
	eventTimeout              // Arg: generation of the epoll_wait that times out
)

// New starts a runtime on a simulation: its workers look for work at once, find none, and park.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) *Runtime {
	rt := &Runtime{
		sim:        s,
		tasks:      scheduler.NewTasks(s, o),
		costs:      cfg.Costs,
		threadName: cfg.ThreadName,
		latencies:  sim.Stream(cfg.Seed, 0),
		workers:    make([]worker, cfg.Workers),
		driver:     newDriver(),
		unparked:   cfg.Workers,
	}
	rt.target = s.Register(rt)
	for i := range rt.workers {
		rt.workers[i] = newWorker(i, sim.Stream(cfg.Seed, uint64(i)+1))
		rt.resumeAfter(&rt.workers[i], 0)
	}
	return rt
}

// Spawn implements [scheduler.Runtime]: tokio::spawn from a thread that is no worker, such as main's accept loop.
func (rt *Runtime) Spawn(p *program.Program, tag uint64, work sim.Rand) {
	rt.scheduleRemote(rt.tasks.New(p, tag, work))
	rt.notifyOne() // the cost falls on the caller's thread, which is not modelled
}

// Workers implements [scheduler.Runtime].
func (rt *Runtime) Workers() int { return len(rt.workers) }

// ThreadName implements [scheduler.Runtime].
func (rt *Runtime) ThreadName(worker int) string {
	if worker == scheduler.Outside {
		return "main"
	}
	return rt.threadName
}

// Live implements [scheduler.Runtime].
func (rt *Runtime) Live() int { return rt.tasks.Live() }

// Counters implements [scheduler.Runtime]. Like Tokio's, the busy time of a worker is published when its batch ends: at a park or
// every 61 ticks.
func (rt *Runtime) Counters() scheduler.Counters {
	c := scheduler.Counters{
		Workers:         make([]scheduler.WorkerCounters, len(rt.workers)),
		Spawned:         rt.tasks.Spawned(),
		Finished:        rt.tasks.Finished(),
		RemoteSchedules: rt.remoteSchedules,
		ForcedYields:    rt.forcedYields,
	}
	for i := range rt.workers {
		c.Workers[i] = rt.workers[i].counters
	}
	return c
}

// Handle implements [sim.Handler].
func (rt *Runtime) Handle(ev sim.Event) {
	switch ev.Kind {
	case eventResume:
		rt.resume(&rt.workers[ev.Arg])
	case eventIO:
		rt.ioReady(scheduler.TaskID(ev.Arg)) //nolint:gosec // G115: was a TaskID
	case eventTimeout:
		rt.driverTimeout(ev.Arg)
	}
}

func (rt *Runtime) resumeAfter(w *worker, d sim.Time) {
	rt.sim.Schedule(rt.sim.Now()+d, rt.target, eventResume, uint64(w.index)) //nolint:gosec // G115: an index
}

// scheduleRemote queues a runnable task from outside the workers (schedulers.md 1.6).
func (rt *Runtime) scheduleRemote(id scheduler.TaskID) {
	rt.inject.Push(rt.tasks, id)
	rt.remoteSchedules++
}

// notifyOne wakes the most recently parked worker, unless one searches already (schedulers.md 1.7). It returns what the
// waker pays.
func (rt *Runtime) notifyOne() sim.Time {
	if rt.searching > 0 || rt.unparked == len(rt.workers) {
		return 0
	}
	rt.searching++
	rt.unparked++
	w := rt.sleepers[len(rt.sleepers)-1]
	rt.sleepers = rt.sleepers[:len(rt.sleepers)-1]
	return rt.unpark(w)
}

// unpark delivers a worker's park token: the worker leaves the place where it sleeps, or will not fall asleep next time.
func (rt *Runtime) unpark(w *worker) sim.Time {
	already := w.token
	w.token = true
	switch {
	case already:
		return 0
	case w.sleep == onCondvar:
		w.sleep, w.token = awake, false // consumed on waking
		w.phase = phaseAwake
		rt.resumeAfter(w, rt.costs.WakeLatency.Sample(&rt.latencies))
		return rt.costs.Unpark
	case w.sleep == inDriver:
		rt.pokeDriver()
		return rt.costs.UnparkDriver
	default:
		return 0
	}
}

// notifyIfWorkPending is the last searcher's look back before it sleeps (schedulers.md 1.8, step 3).
func (rt *Runtime) notifyIfWorkPending() sim.Time {
	pending := rt.inject.Len() > 0
	for i := range rt.workers {
		pending = pending || rt.workers[i].queue.Len() > 0
	}
	if !pending {
		return 0
	}
	return rt.notifyOne()
}
