// SPDX-License-Identifier: Apache-2.0

// Package ideal is a scheduler that no real runtime has: one queue, first in, first out, for any number of workers, and
// nothing costs anything. The ideal scheduler is the baseline that real runtimes are compared with, and the subject of exact tests: what
// queueing theory says of a G/G/c queue holds for it to the nanosecond.
//
//	spawn, wake --> FIFO --> the worker that has been idle longest
//
// A task that becomes runnable goes to the tail of the queue. An idle worker takes the head at once; of several, the one
// that has been idle longest (all are idle from the start, in the order of their indices). A worker that ends a poll
// takes the head at once too, and is idle if there is none. So no worker is ever idle while a task is queued, and polls
// start in the order in which their tasks became runnable. A task that yields goes to the tail as well: it runs on at
// once if nobody else is queued.
//
// Sleeps and sockets end exactly at their time; spawns, wakes and joins take effect at the instant they happen. What happens at
// one instant happens in the order in which it was set in motion: of an arrival and the end of a poll at the same time,
// the one that was scheduled first. Whichever way such a tie falls, polls start in the order of the queue.
//
// Package ideal is built on the engine, package internal/task, like the models of real runtimes. Package models starts it by name; the tests
// of package internal/check hold it against queueing theory.
package ideal

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// MaxWorkers bounds Config.Workers.
const MaxWorkers = 1024

// ThreadName is the name of every worker's thread.
const ThreadName = "ideal-worker"

// Config describes a runtime.
type Config struct {
	// Workers is the number of workers, at most MaxWorkers; 0 means 1.
	Workers int
	// Process is what the runtime shares with others of its process; nil: a process of its own, with a CPU for each thread.
	Process *process.Process
}

// Runtime is one ideal runtime. It implements [scheduler.Runtime] and [sim.Handler].
type Runtime struct {
	sim    *sim.Simulation
	target sim.Target
	tasks  *task.Tasks

	// Invariant: the queue is empty or no worker is idle.
	queue   task.Queue
	workers []worker

	// The idle workers by index, a ring that holds all of them if need be: the one idle longest is idle[idleHead].
	idle      []int
	idleHead  int
	idleCount int

	remoteSchedules uint64
}

var (
	_ scheduler.Runtime = (*Runtime)(nil)
	_ sim.Handler       = (*Runtime)(nil)
)

// Kinds of events.
const (
	eventResume uint8 = iota // Arg: worker
	eventWake                // Arg: waker of the task whose timer or socket is due
)

type worker struct {
	index    int
	task     task.ID  // 0: idle
	polling  bool     // the poll of task has begun
	started  sim.Time // when it did
	counters scheduler.WorkerCounters
}

// New starts a runtime on a simulation's clock. All workers are idle. The error says what is wrong with the Config and what is
// allowed.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) (*Runtime, error) {
	if cfg.Workers < 0 || cfg.Workers > MaxWorkers {
		return nil, fmt.Errorf("ideal: Workers: %d is not allowed; want 1 to %d, or 0 for 1", cfg.Workers, MaxWorkers)
	}
	n := max(cfg.Workers, 1)
	rt := &Runtime{
		sim:       s,
		workers:   make([]worker, n),
		idle:      make([]int, n),
		idleCount: n,
	}
	rt.tasks = task.New(s, rt, cfg.Process, o)
	rt.tasks.Lacks = program.OpsOf(program.BlockInPlace)
	for i := range n {
		rt.workers[i].index, rt.idle[i] = i, i
		rt.workers[i].counters.FallAsleep(s.Now())
	}
	rt.target = s.Register(rt)
	return rt, nil
}

// Spawn implements [scheduler.Runtime].
func (rt *Runtime) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	id, err := rt.tasks.New(p, tag, work)
	if err != nil {
		return 0, err
	}
	rt.remoteSchedules++
	rt.tasks.Woke(id, scheduler.Outside, 0)
	rt.schedule(id)
	return rt.tasks.Spawned(), nil
}

// Workers implements [scheduler.Runtime].
func (rt *Runtime) Workers() int { return len(rt.workers) }

// ThreadName implements [scheduler.Runtime].
func (rt *Runtime) ThreadName(thread int) string {
	if thread == scheduler.Outside {
		return "main"
	}
	return ThreadName
}

// Live implements [scheduler.Runtime].
func (rt *Runtime) Live() int { return rt.tasks.Live() }

// Counters implements [scheduler.Runtime]. What a worker's poll makes runnable is counted as scheduled locally, what comes
// from outside, a timer or a socket as remote. A worker parks when it becomes idle.
func (rt *Runtime) Counters() scheduler.Counters {
	c := scheduler.Counters{
		Workers:         make([]scheduler.WorkerCounters, len(rt.workers)),
		Spawned:         rt.tasks.Spawned(),
		Finished:        rt.tasks.Finished(),
		RemoteSchedules: rt.remoteSchedules,
		GlobalQueue:     rt.queue.Len(),
	}
	for i := range rt.workers {
		w := &rt.workers[i]
		c.Workers[i] = w.counters.Until(rt.sim.Now())
		if w.polling {
			c.Workers[i].Unpublished = rt.sim.Now() - w.started
		}
	}
	return c
}

// Handle implements [sim.Handler].
func (rt *Runtime) Handle(ev sim.Event) {
	switch ev.Kind {
	case eventResume:
		rt.resume(&rt.workers[ev.Arg])
	case eventWake:
		rt.Answer(scheduler.Waker(ev.Arg))
	}
}

// Answer implements [scheduler.Runtime].
func (rt *Runtime) Answer(w scheduler.Waker) {
	if id, queue := rt.tasks.WakeBy(w); queue {
		rt.remoteSchedules++
		rt.tasks.Woke(id, scheduler.Outside, 0)
		rt.schedule(id)
	}
}

// Wake implements [scheduler.Runtime].
func (rt *Runtime) Wake(w scheduler.Waker) { rt.Answer(w) }

// schedule gives a runnable task to an idle worker, or queues it if there is none. The worker begins by an event, so that
// polls start in the order of the queue even if a task is made runnable in the middle of another's poll.
func (rt *Runtime) schedule(id task.ID) {
	if rt.idleCount == 0 {
		rt.queue.Push(rt.tasks, id)
		return
	}
	w := &rt.workers[rt.idle[rt.idleHead]]
	rt.idleHead = (rt.idleHead + 1) % len(rt.idle)
	rt.idleCount--
	w.task = id
	rt.resumeAfter(w, 0)
}

func (rt *Runtime) resumeAfter(w *worker, d sim.Time) {
	rt.sim.Schedule(rt.sim.Now()+d, rt.target, eventResume, narrow.Uint64(w.index))
}

// resume lets a worker go on until it is idle, or until another event is due first. An event due at this instant comes
// first too: the event may begin a poll that was earlier in the queue.
func (rt *Runtime) resume(w *worker) {
	for {
		if !w.polling {
			w.polling, w.started = true, rt.sim.Now()
			w.counters.WakeUp(w.started)
			rt.tasks.Begin(w.task, w.index, scheduler.FromGlobal)
		}
		d := rt.poll(w)
		if w.task == 0 {
			return
		}
		if !rt.sim.Advance(d) {
			rt.resumeAfter(w, d)
			return
		}
	}
}

// poll goes on with the worker's task until time has to pass or the poll ends, and then takes the next task. It
// returns the time to pass.
func (rt *Runtime) poll(w *worker) sim.Time {
	for {
		switch a := rt.tasks.Step(w.task); a.Kind {
		case task.Compute, task.Block:
			return a.Duration
		case task.Spawn:
			rt.scheduleBy(w, a.Other)
		case task.Wake, task.Cancel:
			if rt.tasks.WakeOther(a) {
				rt.scheduleBy(w, a.Other)
			}
		case task.Woken:
		case task.ClearTimer: // its event will wake nobody
		case task.SetTimer, task.Sleep, task.IO, task.Process, task.Blocking, task.File: // a blocking pool without bounds
			waker := rt.tasks.WakerOf(w.task, a)
			if a.Duration <= 0 {
				rt.tasks.Ready(waker)
				continue
			}
			rt.sim.Schedule(rt.sim.Now()+a.Duration, rt.target, eventWake, uint64(waker))
			if a.Kind == task.SetTimer {
				continue
			}
			rt.pend(w)
			return 0
		case task.Yield:
			rt.tasks.Pend(w.task)
			rt.tasks.Wake(w.task)
			rt.scheduleBy(w, w.task)
			rt.endPoll(w)
			return 0
		case task.Wait, task.Call:
			rt.pend(w)
			return 0
		case task.Done:
			if awaiter := rt.tasks.Finish(w.task); awaiter != 0 && rt.tasks.WakeAwaiter(awaiter) {
				rt.scheduleBy(w, awaiter)
			}
			rt.endPoll(w)
			return 0
		default:
			panic("ideal: a step that the runtime does not have")
		}
	}
}

// pend ends a poll whose task waits.
func (rt *Runtime) pend(w *worker) {
	if rt.tasks.Pend(w.task) {
		rt.scheduleBy(w, w.task)
	}
	rt.endPoll(w)
}

func (rt *Runtime) scheduleBy(w *worker, id task.ID) {
	w.counters.LocalSchedules++
	rt.tasks.Woke(id, w.index, w.task)
	rt.schedule(id)
}

// endPoll closes the books on a poll and takes the next task, or goes idle.
func (rt *Runtime) endPoll(w *worker) {
	w.counters.Polls++
	w.counters.Busy += rt.sim.Now() - w.started
	w.polling = false
	w.task = rt.queue.Pop(rt.tasks)
	if w.task == 0 {
		w.counters.Parks++
		w.counters.FallAsleep(rt.sim.Now())
		rt.idle[(rt.idleHead+rt.idleCount)%len(rt.idle)] = w.index
		rt.idleCount++
	}
}
