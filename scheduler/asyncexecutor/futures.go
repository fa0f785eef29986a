// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// tellMain gives main a task to spawn. The result is what waking main costs.
func (e *Executor) tellMain(id task.ID) sim.Time {
	e.backlog.Push(e.tasks, id)
	r := e.runners[0]
	r.future.ready = true
	return e.unpark(r, nil)
}

// startThread gives a task a thread of its own, or lets the task wait for a thread. The result is what that costs.
func (e *Executor) startThread(id task.ID) sim.Time {
	var r *runner
	switch n := len(e.gone); {
	case n > 0:
		r = e.runners[e.gone[n-1]]
		e.gone = e.gone[:n-1]
	case len(e.runners) < MaxThreadsPerTask:
		r = e.newRunner()
	default:
		e.backlog.Push(e.tasks, id)
		return 0
	}
	e.run(r, id)
	return e.costs.ThreadCreate
}

// blockOnMain gives the main thread a future for block_on, which that thread polls apart from the executor; or lets the future wait for the one
// before. The thread parks when it has nothing to do. That it might poll the reactor meanwhile is left out.
func (e *Executor) blockOnMain(id task.ID) {
	if e.main == nil {
		e.main = &runner{index: scheduler.Outside, alone: true, asleep: true, phase: ended}
		e.main.cpu = e.host.NewThread(e.sim, e, e.target, evMain, 0)
	}
	if e.main.phase != ended {
		e.futures.Push(e.tasks, id)
		return
	}
	e.pin(e.main, id, ofMain)
	e.main.cpu.Wake(0)
}

// run starts a runner's thread with a task as its future.
func (e *Executor) run(r *runner, id task.ID) {
	e.pin(r, id, narrow.Int32(r.index+1))
	r.runs = 0
	r.cpu.Wake(e.costs.ThreadStart.Sample(&e.latency))
}

// pin makes a task the future of a runner, which is pinned as that.
func (e *Executor) pin(r *runner, id task.ID, as int32) {
	for len(e.pinned) <= int(id) {
		e.pinned = append(e.pinned, 0)
	}
	e.pinned[id] = as
	r.future = future{task: id, ready: true}
	r.phase = entering
}

// enter is the begin of a poll of run, or of block_on: the future comes first.
func (e *Executor) enter(r *runner) sim.Time {
	if !r.future.ready {
		r.phase = searching
		if r.alone {
			r.phase = parking
			return r.takeCarry() + e.costs.Park
		}
		return 0
	}
	r.future.ready = false
	if e.composition == Main {
		r.phase = accepting
		return e.priceOfSpawn()
	}
	r.future.polled = true
	r.task, r.source = r.future.task, scheduler.FromLocal
	d := e.costs.Poll + e.tasks.Moving(r.task, r.index)
	r.pollStart = e.sim.Now() + d
	r.phase = stepping
	return d + e.tasks.BeginAt(r.pollStart, r.task, r.index, r.source)
}

func (e *Executor) priceOfSpawn() sim.Time {
	if e.backlog.Len() == 0 {
		return 0
	}
	return e.costs.Spawn
}

// accept is main, which spawns one task after the other.
func (e *Executor) accept(r *runner) sim.Time {
	id := e.backlog.Pop(e.tasks)
	if id == 0 {
		r.phase = searching
		return 0
	}
	d := e.queue(id, r, 0)
	return d + e.priceOfSpawn()
}

// futurePolled goes on to the executor's tasks, or ends with the future.
func (e *Executor) futurePolled(r *runner) sim.Time {
	r.future.polled = false
	switch {
	case !r.future.done && r.alone:
		r.phase = entering
		return 0
	case !r.future.done:
		r.phase = searching
		return 0
	case r.alone:
		return e.nextOnMain(r)
	default:
		return e.leave(r)
	}
}

// nextOnMain ends block_on, and begins the next.
func (e *Executor) nextOnMain(r *runner) sim.Time {
	r.token = false
	id := e.futures.Pop(e.tasks)
	if id == 0 {
		r.phase, r.carry = ended, 0
		return blocked
	}
	e.pin(r, id, ofMain)
	return r.takeCarry()
}

// leave ends a runner and its thread: its tasks go back to the global queue, and if the runner was to look for a task, another runner does.
func (e *Executor) leave(r *runner) sim.Time {
	for id := r.local.Pop(); id != 0; id = r.local.Pop() {
		e.queue(id, r, 0)
	}
	if r.sleeping {
		notified := e.sleepers.find(r) < 0
		e.sleepers.remove(r)
		e.notified = e.sleepers.isNotified()
		if notified {
			e.notify(r)
		}
	}
	r.token, r.carry = false, 0
	r.phase = ended
	r.cpu.Sleep()
	if id := e.backlog.Pop(e.tasks); id != 0 {
		e.run(r, id)
	} else {
		e.gone = append(e.gone, r.index)
	}
	return left
}
