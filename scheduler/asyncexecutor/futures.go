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

// run starts a runner's thread with a task as its future.
func (e *Executor) run(r *runner, id task.ID) {
	for len(e.pinned) <= int(id) {
		e.pinned = append(e.pinned, 0)
	}
	e.pinned[id] = narrow.Int32(r.index + 1)
	r.future = future{task: id, ready: true}
	r.phase = entering
	r.runs = 0
	r.cpu.Wake(e.costs.ThreadStart.Sample(&e.latency))
}

// enter is the begin of a poll of run: the future comes first.
func (e *Executor) enter(r *runner) sim.Time {
	if !r.future.ready {
		r.phase = searching
		return 0
	}
	r.future.ready = false
	if e.composition == Main {
		r.phase = accepting
		return e.priceOfSpawn()
	}
	r.future.polled = true
	r.task, r.source = r.future.task, scheduler.FromLocal
	r.pollStart = e.sim.Now() + e.costs.Poll
	r.phase = stepping
	return e.costs.Poll + e.tasks.BeginAt(r.pollStart, r.task, r.index, r.source)
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
	d := e.schedule(id, r)
	return d + e.priceOfSpawn()
}

// futurePolled goes on to the executor's tasks, or ends with the future.
func (e *Executor) futurePolled(r *runner) sim.Time {
	r.future.polled = false
	if !r.future.done {
		r.phase = searching
		return 0
	}
	return e.leave(r)
}

// leave ends a runner and its thread: its tasks go back to the global queue, and if the runner was to look for a task, another runner does.
func (e *Executor) leave(r *runner) sim.Time {
	for id := r.local.Pop(); id != 0; id = r.local.Pop() {
		e.schedule(id, r)
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
