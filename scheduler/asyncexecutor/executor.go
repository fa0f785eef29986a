// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

var (
	_ scheduler.Runtime = (*Executor)(nil)
	_ sim.Handler       = (*Executor)(nil)
)

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
	e.tasks.Crate = process.SmolRS
	e.outside = task.NewOutside(s, e.tasks, e.priceOutside, e.queueOutside)
	pool, err := blocking.CrateDefaults(cfg.BlockingVersion)
	if err != nil {
		return nil, fmt.Errorf("asyncexecutor: BlockingVersion: %w", err)
	}
	pool.Costs = cfg.Costs
	pool.Seed = cfg.Seed + streamPool
	if cfg.MaxBlockingThreads > 0 {
		pool.Limit = cfg.MaxBlockingThreads
	}
	pool.Host = shared.Host
	pool.Done = e.Wake
	pool.Job = blocking.Tell(s, o.Job)
	pool.Abandoned = func(w scheduler.Waker) bool { return !e.tasks.Waited(w) }
	p, err := blocking.New(s, pool)
	if err != nil {
		return nil, err
	}
	e.pool = p
	e.tasks.SetHops(cfg.Costs.Hop)
	e.tasks.CancelOnDrop, e.tasks.Migration = cfg.CancelOnDrop, cfg.Costs.Migration
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

// Spawn implements [scheduler.Runtime].
func (e *Executor) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	id, err := e.tasks.New(p, tag, work)
	if err != nil {
		return 0, err
	}
	if p.BlockOn && e.composition == Pool {
		e.blockOnMain(id)
	} else {
		e.outside.Spawn(id)
	}
	return e.tasks.Spawned(), nil
}

// queueOutside takes a task from the thread outside, and returns what that costs the thread.
func (e *Executor) queueOutside(id task.ID) sim.Time {
	switch e.composition {
	case Main:
		return e.tellMain(id)
	case ThreadPerTask:
		return e.startThread(id)
	default:
		return e.schedule(id, nil)
	}
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

// Counters implements [scheduler.Runtime]. Every schedule goes to the global queue; schedules by a thread of the executor are
// counted as local, schedules from outside and from the async-io thread as remote.
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
	case evMain:
		e.resume(e.main)
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

// epollReturn lets the thread that was in epoll go on.
func (e *Executor) epollReturn() {
	re := &e.reactor
	re.asleep, re.waking = false, false
	if r := re.holder; r != nil {
		if r.cpu.WakeNow() {
			e.resume(r)
		}
		return
	}
	e.resumeHelper()
}
