package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// MaxThreads bounds Config.Threads.
const MaxThreads = 1024

// Config says which threads run an executor and what they pay.
type Config struct {
	// Threads is the number of threads that run the executor, all from the start: at most MaxThreads; 0 means 1.
	Threads int
	// ThreadName names thread i, counted from 0. Nil: the threads have no name.
	ThreadName func(i int) string
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
	tasks  *scheduler.Tasks
	costs  cost.Profile
	names  []string

	global   scheduler.Queue
	runners  []runner
	sleepers sleepers
	// notified is true when no unnotified runner sleeps, or when a notified one has not acted yet (schedulers.md 2.4).
	notified bool

	reactor reactor
	helper  helper
	pool    *blocking.Pool

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

// New starts an executor on a simulation's clock. Its threads start now, in order.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) *Executor {
	threads := max(cfg.Threads, 1)
	e := &Executor{
		sim:      s,
		tasks:    scheduler.NewTasks(s, o),
		costs:    cfg.Costs,
		names:    make([]string, threads),
		runners:  make([]runner, threads),
		sleepers: sleepers{unnotified: make([]*runner, 0, threads)},
		notified: true,
		latency:  sim.Stream(cfg.Seed, streamLatency),
	}
	e.target = s.Register(e)
	pool := blocking.CrateDefaults()
	pool.Start, pool.Wake = cfg.Costs.ThreadStart, cfg.Costs.WakeLatency
	pool.Seed = cfg.Seed + streamPool
	e.pool = blocking.New(s, pool, e.wakeFromOutside)
	arg := uint64(0)
	for i := range e.runners {
		if cfg.ThreadName != nil {
			e.names[i] = cfg.ThreadName(i)
		}
		e.runners[i] = runner{
			index: i,
			arg:   arg,
			local: scheduler.NewRing(localCapacity),
			rng:   sim.Stream(cfg.Seed, streamVictims, arg),
		}
		s.Schedule(s.Now(), e.target, evRunner, arg)
		arg++
	}
	return e
}

// Spawn implements [scheduler.Runtime]. The thread outside pays what it costs; it is not part of the model.
func (e *Executor) Spawn(p *program.Program, tag uint64, work sim.Rand) {
	e.push(e.tasks.New(p, tag, work), nil)
	e.notify(nil)
}

// wakeFromOutside makes a waiting task runnable by a thread that does not run the executor.
func (e *Executor) wakeFromOutside(id scheduler.TaskID) {
	e.tasks.Wake(id)
	e.push(id, nil)
	e.notify(nil)
}

// Workers implements [scheduler.Runtime].
func (e *Executor) Workers() int { return len(e.runners) }

// ThreadName implements [scheduler.Runtime].
func (e *Executor) ThreadName(worker int) string {
	if worker == scheduler.Outside {
		return "main"
	}
	return e.names[worker]
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
	}
	for i := range e.runners {
		c.Workers[i] = e.runners[i].counters
	}
	return c
}

// Handle implements [sim.Handler].
func (e *Executor) Handle(ev sim.Event) {
	switch ev.Kind {
	case evRunner:
		e.resume(&e.runners[ev.Arg])
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

// push puts a runnable task at the tail of the global queue, by a runner's thread or another (nil). Whoever pushes calls notify.
func (e *Executor) push(id scheduler.TaskID, by *runner) {
	if by != nil {
		by.counters.LocalSchedules++
	} else {
		e.remoteSchedules++
	}
	e.global.Push(e.tasks, id)
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
		e.sim.Schedule(e.sim.Now()+e.costs.WakeLatency.Sample(&e.latency), e.target, evRunner, r.arg)
		return e.costs.Unpark
	case r.ioBlocked && r != by:
		return e.notifyPoller()
	default:
		return 0
	}
}
