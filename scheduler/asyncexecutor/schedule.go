// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// schedule queues a task that the task of a runner made runnable, or another thread (nil).
func (e *Executor) schedule(id task.ID, by *runner) sim.Time {
	if by == nil {
		return e.queue(id, nil, 0)
	}
	return e.queue(id, by, by.task)
}

// queue puts a runnable task at the tail of the global queue and wakes a sleeping runner, by a runner's thread or another
// (nil), during the poll of a task or of none (0); or wakes the runner whose future the task is. The result is what waking costs the caller.
func (e *Executor) queue(id task.ID, by *runner, during task.ID) sim.Time {
	index := scheduler.Outside
	if by != nil {
		index = by.index
	}
	e.tasks.Woke(id, index, during)
	if by != nil && !by.alone {
		by.counters.LocalSchedules++
	} else {
		e.remoteSchedules++
	}
	if r := e.runnerOf(id); r != nil {
		r.future.ready = true
		return e.unpark(r, by)
	}
	e.global.Push(e.tasks, id)
	return e.shared + e.notify(by)
}

// notify wakes one sleeping runner unless a runner was notified and has not acted yet. The result is what the wake costs the caller.
func (e *Executor) notify(by *runner) sim.Time {
	if e.notified {
		return 0
	}
	e.notified = true
	r := e.sleepers.notify()
	if r == nil {
		return 0
	}
	return e.shared + e.unpark(r, by)
}

// countAwake counts a runner that wakes up, or fewer than none that falls asleep.
func (e *Executor) countAwake(n int) {
	e.awake += n
	e.shared = e.costs.Contended(e.awake - 1)
}

// unpark sets a runner's token and gets its thread out of its sleep. The result is what that costs the caller: a futex wake, an
// eventfd write, or nothing if the thread is awake (schedulers.md 4.3).
func (e *Executor) unpark(r, by *runner) sim.Time {
	if r.token {
		return 0
	}
	r.token = true
	switch {
	case r.phase == parked:
		r.phase = unparked
		r.cpu.Wake(e.costs.Rise(e.costs.WakeLatency, r.cpu.Rouse(), &e.latency))
		return e.costs.Unpark.Sample(&e.latency)
	case r.ioBlocked && r != by:
		return e.notifyPoller()
	default:
		return 0
	}
}

// runnerOf is the runner whose future a task is; nil if the task is one of the executor.
func (e *Executor) runnerOf(id task.ID) *runner {
	if int(id) >= len(e.pinned) || e.pinned[id] == 0 {
		return nil
	}
	if e.pinned[id] == ofMain {
		return e.main
	}
	return e.runners[e.pinned[id]-1]
}

// priceOutside is what a spawn costs the thread outside before it has the task: the task, and a place in the table of tasks; or a message to
// main. What a thread costs is paid when it is there.
func (e *Executor) priceOutside() sim.Time {
	switch e.composition {
	case Main:
		return e.costs.Hop.Channel
	case ThreadPerTask:
		return 0
	default:
		return e.costs.Spawn + e.costs.GlobalPush + e.costs.Contended(e.awake-1)
	}
}
