// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
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
	// Process is what the runtime shares with others of its process; nil: a process of its own, with a CPU for each thread.
	// The async-io thread does too little to need a CPU.
	Process *process.Process
	// Costs is what each primitive costs. The zero Profile makes everything free.
	Costs cost.Profile
	// Seed fixes where thieves start looking and how long threads take to wake.
	Seed uint64
}

// Executor is the model of one process: an async_executor::Executor, the threads that run it, and the async-io reactor. It
// implements [scheduler.Runtime] and [sim.Handler].
type Executor struct {
	sim    *sim.Simulation
	target sim.Target
	tasks  *task.Tasks
	costs  cost.Profile
	names  []string

	composition Composition
	backlog     task.Queue // Main: spawned when main's future is polled; ThreadPerTask: waits for a thread
	gone        []int      // runners whose thread has ended
	pinned      []int32    // by task: 1 + the runner whose future it is; 0: none
	delegates   bool

	global  task.Queue
	runners []*runner
	// mayHaveTasks are all runners whose local queues are not empty, and some others.
	mayHaveTasks task.Places
	sleepers     sleepers
	// notified is true when no unnotified runner sleeps, or when a notified one has not acted yet (schedulers.md 2.4).
	notified bool

	reactor reactor
	helper  helper
	pool    *blocking.Pool

	started         sim.Time
	host            *host.Host
	seed            uint64
	threadName      func(int) string
	latency         sim.Rand
	remoteSchedules uint64
}

var (
	_ scheduler.Runtime = (*Executor)(nil)
	_ sim.Handler       = (*Executor)(nil)
)

// The streams drawn from Config.Seed.
const (
	streamLatency = iota
	streamVictims
	streamPool
)

// The kinds of events.
const (
	evRunner      uint8 = iota // Arg: index of the runner that goes on
	evHelper                   // Arg: generation of the helper's sleep
	evEpollReady               // Arg: generation of the sleep in epoll that a timer or socket ends
	evEpollReturn              // Arg: generation of the sleep in epoll that is over
)

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

// New starts an executor on a simulation's clock. Its threads start now, in order. The error says which field of the Config is
// wrong and what is allowed.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) (*Executor, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	threads := max(cfg.Threads, 1)
	e := &Executor{
		sim:      s,
		started:  s.Now(),
		costs:    cfg.Costs,
		sleepers: sleepers{unnotified: make([]*runner, 0, threads)},
		notified: true,

		composition: cfg.Composition,
		delegates:   cfg.Delegates,

		latency: sim.Stream(cfg.Seed, streamLatency),
	}
	e.target = s.Register(e)
	shared := cfg.Process
	if shared == nil {
		shared = &process.Process{}
	}
	e.tasks = task.New(s, e, shared, o)
	e.tasks.Lacks = program.OpsOf(program.BlockInPlace)
	pool := blocking.CrateDefaults()
	pool.Start, pool.Wake = cfg.Costs.ThreadStart, cfg.Costs.WakeLatency
	pool.Seed = cfg.Seed + streamPool
	if cfg.MaxBlockingThreads > 0 {
		pool.Limit = cfg.MaxBlockingThreads
	}
	pool.Host = shared.Host
	pool.Done = e.Wake
	pool.Abandoned = func(w scheduler.Waker) bool { return !e.tasks.Waited(w) }
	p, err := blocking.New(s, pool)
	if err != nil {
		return nil, err
	}
	e.pool = p
	e.tasks.CancelOnDrop = cfg.CancelOnDrop
	e.reactor.timers.tasks, e.reactor.sockets.tasks = e.tasks, e.tasks
	e.host, e.seed, e.threadName = shared.Host, cfg.Seed, cfg.ThreadName
	if cfg.Composition == ThreadPerTask {
		return e, nil
	}
	for range threads {
		e.newRunner().cpu.Wake(0)
	}
	return e, nil
}

func (e *Executor) newRunner() *runner {
	i := len(e.runners)
	r := &runner{
		index: i,
		arg:   uint64(i),
		local: task.NewRing(localCapacity),
	}
	r.rng = sim.Stream(e.seed, streamVictims, r.arg)
	r.cpu = e.host.NewThread(e.sim, e, e.target, evRunner, r.arg)
	r.counters.FallAsleep(e.started) // a place without a thread is asleep
	e.runners = append(e.runners, r)
	if len(e.mayHaveTasks)*64 < len(e.runners) {
		e.mayHaveTasks = append(e.mayHaveTasks, 0)
	}
	name := ""
	if e.threadName != nil {
		name = e.threadName(i)
	}
	e.names = append(e.names, name)
	return r
}

// Spawn implements [scheduler.Runtime]. The thread outside pays what it costs; it is not part of the model.
func (e *Executor) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	id, err := e.tasks.New(p, tag, work)
	if err != nil {
		return 0, err
	}
	switch e.composition {
	case Main:
		e.tellMain(id)
	case ThreadPerTask:
		e.startThread(id)
	default:
		e.schedule(id, nil)
	}
	return e.tasks.Spawned(), nil
}

// Wake implements [scheduler.Runtime]: a thread that does not run the executor makes a waiting task runnable.
func (e *Executor) Wake(w scheduler.Waker) {
	if id, queue := e.tasks.WakeBy(w); queue {
		e.schedule(id, nil)
	}
}

// Answer implements [scheduler.Runtime]: the socket of a task becomes readable.
func (e *Executor) Answer(w scheduler.Waker) {
	if e.tasks.Waited(w) {
		e.addSocket(e.sim.Now(), w)
	}
}

// Workers implements [scheduler.Runtime].
func (e *Executor) Workers() int { return len(e.runners) }

// ThreadName implements [scheduler.Runtime].
func (e *Executor) ThreadName(thread int) string {
	if thread == scheduler.Outside || e.composition == Main {
		return "main"
	}
	return e.names[thread]
}

// Live implements [scheduler.Runtime].
func (e *Executor) Live() int { return e.tasks.Live() }

// Counters implements [scheduler.Runtime]. Every schedule goes to the global queue; those made by a thread of the executor are
// counted as local, those from outside and from the async-io thread as remote.
func (e *Executor) Counters() scheduler.Counters {
	c := scheduler.Counters{
		Workers:         make([]scheduler.WorkerCounters, len(e.runners)),
		Spawned:         e.tasks.Spawned(),
		Finished:        e.tasks.Finished(),
		RemoteSchedules: e.remoteSchedules,
		GlobalQueue:     e.global.Len() + e.backlog.Len(),
		BlockingQueue:   e.pool.Queued(),
		BlockingThreads: e.pool.Threads(),
		BlockingIdle:    e.pool.Idle(),
	}
	for i, r := range e.runners {
		c.Workers[i] = r.counters.Until(e.sim.Now())
		c.Workers[i].LocalQueue = r.local.Len()
		if r.polling() {
			c.Workers[i].Unpublished = max(e.sim.Now()-r.pollStart, 0)
		}
	}
	return c
}

// Handle implements [sim.Handler].
func (e *Executor) Handle(ev sim.Event) {
	switch ev.Kind {
	case evRunner:
		e.resume(e.runners[ev.Arg])
	case evHelper:
		if ev.Arg == e.helper.generation {
			e.resumeHelper()
		}
	case evEpollReady:
		if ev.Arg == e.reactor.generation {
			e.epollReady()
		}
	case evEpollReturn:
		if ev.Arg == e.reactor.generation {
			e.epollReturn()
		}
	}
}

// schedule puts a runnable task at the tail of the global queue and wakes a sleeping runner, by a runner's thread or another
// (nil); or it wakes the runner whose future the task is. It returns what waking costs the caller.
func (e *Executor) schedule(id task.ID, by *runner) sim.Time {
	if by != nil {
		by.counters.LocalSchedules++
	} else {
		e.remoteSchedules++
	}
	if r := e.runnerOf(id); r != nil {
		r.future.ready = true
		return e.unpark(r, by)
	}
	e.global.Push(e.tasks, id)
	return e.notify(by)
}

// notify wakes one sleeping runner unless one was notified and has not acted yet. It returns what that costs the caller.
func (e *Executor) notify(by *runner) sim.Time {
	if e.notified {
		return 0
	}
	e.notified = true
	r := e.sleepers.notify()
	if r == nil {
		return 0
	}
	return e.unpark(r, by)
}

// unpark sets a runner's token and gets its thread out of its sleep. It returns what that costs the caller: a futex wake, an
// eventfd write, or nothing if the thread is awake (schedulers.md 4.3).
func (e *Executor) unpark(r, by *runner) sim.Time {
	if r.token {
		return 0
	}
	r.token = true
	switch {
	case r.phase == parked:
		r.phase = unparked
		r.cpu.Wake(e.costs.WakeLatency.Sample(&e.latency))
		return e.costs.Unpark.Sample(&e.latency)
	case r.ioBlocked && r != by:
		return e.notifyPoller()
	default:
		return 0
	}
}
