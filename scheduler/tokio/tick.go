// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func (rt *Runtime) startTick(w *worker) sim.Time {
	w.tick++
	if w.tick%rt.eventInterval == 0 {
		spent := w.takeCarry()
		w.counters.Busy += w.tuning.closeBatch(rt.sim.Now() + spent)
		w.phase = phaseMaintained
		return spent + rt.driver.look(w.index)
	}
	return rt.nextTask(w, 0)
}

// nextTask picks the tick's task (schedulers.md 1.4), after a time spent on maintenance.
func (rt *Runtime) nextTask(w *worker, spent sim.Time) sim.Time {
	if w.tick%w.tuning.gqi == 0 {
		w.tuning.retune()
		if id := rt.inject.Pop(rt.tasks); id != 0 {
			return rt.runTask(w, id, scheduler.FromGlobal, spent+rt.costs.GlobalPop+rt.shared)
		}
	}
	if id := w.lifo; id != 0 {
		w.lifo = 0
		return rt.runTask(w, id, scheduler.FromLIFO, spent)
	}
	if id := w.queue.Pop(); id != 0 {
		return rt.runTask(w, id, scheduler.FromLocal, spent)
	}
	if id := rt.takeBatch(w); id != 0 {
		return rt.runTask(w, id, scheduler.FromGlobal, spent+rt.costs.GlobalPop+rt.shared)
	}
	spent += w.takeCarry()
	w.counters.Busy += w.tuning.closeBatch(rt.sim.Now() + spent)
	w.phase = phaseSearch
	return spent
}

// takeBatch moves a fair share of the inject queue, at least one task, to the run queue and returns its first task.
func (rt *Runtime) takeBatch(w *worker) task.ID {
	first := rt.inject.Pop(rt.tasks)
	if first == 0 {
		return 0
	}
	n := min((rt.inject.Len()+1)/len(rt.workers)+1, w.queue.Free()-w.leaving(rt.sim.Now()), queueCapacity/2)
	if w.queue.Len() == 0 && n > 1 && rt.inject.Len() > 0 {
		rt.filled(w)
	}
	for range n - 1 {
		id := rt.inject.Pop(rt.tasks)
		if id == 0 {
			break
		}
		w.queue.Push(id)
	}
	return first
}

// runTask starts the tick's task (schedulers.md 1.5, steps 1 and 2), after a time spent on getting the task.
func (rt *Runtime) runTask(w *worker, id task.ID, source scheduler.Source, spent sim.Time) sim.Time {
	if w.searching {
		w.searching = false
		rt.searching--
		if rt.searching == 0 {
			spent += rt.notifyOne()
		}
	}
	w.counters.Polls++
	w.tuning.batchPolls++
	w.budget = coopBudget
	w.lifoPolls = 0
	w.task, w.source = id, source
	w.phase = phasePoll
	return rt.begin(&w.poller, spent+rt.costs.Poll)
}

// nextLIFO goes on with the LIFO slot in the same tick and on the same budget (schedulers.md 1.5, step 4).
func (rt *Runtime) nextLIFO(w *worker) sim.Time {
	w.phase = phaseTick
	id := w.lifo
	if id == 0 {
		w.lifoEnabled = rt.lifoEnabled
		return 0
	}
	w.lifo = 0
	if w.budget == 0 {
		return rt.pushBack(w, id)
	}
	w.lifoPolls++
	if w.lifoPolls >= maxLIFOPolls {
		w.lifoEnabled = false
	}
	w.counters.LIFOPolls++
	w.task, w.source = id, scheduler.FromLIFO
	w.phase = phasePoll
	return rt.begin(&w.poller, rt.costs.Poll)
}

// scheduleLocal implements flavor: the task goes to the LIFO slot, and what was there to the back of the run queue. A task
// that woke itself goes to the back.
func (rt *Runtime) scheduleLocal(p *poller, id task.ID, again bool) sim.Time {
	w := &rt.workers[p.index]
	w.counters.LocalSchedules++
	if w.lifoEnabled && !again {
		id, w.lifo = w.lifo, id
	}
	var spent sim.Time
	if id != 0 {
		spent = rt.pushBack(w, id)
	} else if !rt.version.lifoStealable { // nothing for others to steal
		return 0
	}
	if w.inTurn {
		return spent
	}
	return spent + rt.notifyOne()
}

// pushBack appends to the run queue. If the run queue is full, half of the queue and the task overflow to the inject queue; while a thief
// copies from the queue, the task alone overflows. The result is what others make an overflow cost.
func (rt *Runtime) pushBack(w *worker, id task.ID) (spent sim.Time) {
	leaving := w.leaving(rt.sim.Now())
	switch {
	case w.queue.Free() > leaving:
		if w.queue.Len() == 0 {
			rt.filled(w)
		}
		w.queue.Push(id)
		return 0
	case leaving > 0:
		rt.scheduleRemote(id)
	default:
		w.counters.Overflows++
		if !rt.version.overflowOldest {
			for range queueCapacity / 2 { // turn the ring: the oldest half goes behind the newest
				w.queue.Push(w.queue.Pop())
			}
		}
		for range queueCapacity / 2 {
			rt.inject.Push(rt.tasks, w.queue.Pop())
		}
		rt.inject.Push(rt.tasks, id)
	}
	return rt.shared
}
