// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	queueCapacity = 256
	maxLIFOPolls  = 3 // in one tick
)

// phase is the place in the worker loop (schedulers.md 1.3) at which a worker goes on when its time comes.
type phase uint8

const (
	phaseStart          phase = iota // on a new thread
	phaseTick                        // top of the loop
	phaseMaintained                  // after maintenance's look at the driver
	phasePoll                        // inside the poll of w.task, or on the way to it
	phaseNextLIFO                    // after a poll: the LIFO slot may go on in the same tick
	phaseSearch                      // nothing to do: may this worker search?
	phaseVictim                      // look at one victim
	phaseStolen                      // w.task and others are copied from a victim
	phasePark                        // go to sleep
	phaseParkCommit                  // under the idle lock
	phaseSleep                       // condvar or driver
	phaseDriverReturned              // epoll_wait returned
	phaseAwake                       // why was this worker woken?
	phaseGaveWay                     // after a look at the driver for tasks that gave way
	phaseNoThread                    // left its thread to a task that blocks in place, and waits for another
)

type sleepPlace uint8

const (
	awake sleepPlace = iota
	onCondvar
	inDriver
)

// skips is returned by step when the worker passes empty queues: an event will resume it, and it is awake.
const skips sim.Time = -2

type worker struct {
	poller
	phase phase
	sleep sleepPlace
	token bool // an unpark that the next sleep consumes

	searching   bool
	lifoEnabled bool
	inTurn      bool // dispatching driver events: wakes notify nobody
	lifoPolls   int8 // of this tick

	thread   int // of the pool
	leftLast int // the task that the worker left alone last; noTask: others were polled during that one's poll before

	tick  uint32
	lifo  task.ID
	queue task.Ring
	// While a thief copies, until stolenUntil, the tasks it takes still fill their slots, and no other thief gets in.
	stolenUntil sim.Time
	stolen      int

	tuning tuning

	rand        sim.Rand
	victim      int // next to look at
	victimsLeft int
	skip        skip
}

func (w *worker) localTasks() int {
	n := w.queue.Len()
	if w.lifo != 0 {
		n++
	}
	return n
}

// leaving is the number of tasks that a thief is still copying out of the run queue.
func (w *worker) leaving(now sim.Time) int {
	if w.stolenUntil <= now {
		return 0
	}
	return w.stolen
}

// resume runs a worker from its phase on, for as long as nothing else is due before its next step. It runs once per
// event or less.
func (rt *Runtime) resume(w *worker) {
	w.counters.WakeUp(rt.sim.Now())
	for {
		d := rt.step(w)
		if d == skips {
			return
		}
		if d == blocked {
			if w.phase != phaseNoThread {
				w.counters.FallAsleep(rt.sim.Now())
				w.cpu.Sleep()
			}
			return
		}
		if d > 0 && !w.spend(d) {
			return
		}
	}
}

// step does what the worker does at this moment, sets the next phase, and returns the time until then.
func (rt *Runtime) step(w *worker) sim.Time {
	switch w.phase {
	case phaseStart:
		w.tuning.openBatch(rt.sim.Now())
		return rt.startTick(w)
	case phaseTick:
		return rt.startTick(w)
	case phaseMaintained:
		spent := rt.turn(w)
		w.tuning.openBatch(rt.sim.Now() + spent)
		return rt.nextTask(w, spent)
	case phasePoll:
		spent, ended := rt.poll(&w.poller)
		if ended {
			w.phase = phaseNextLIFO
		}
		return spent
	case phaseNextLIFO:
		return rt.nextLIFO(w)
	case phaseSearch:
		return rt.startSearch(w)
	case phaseVictim:
		if rt.trySkip(w) {
			return skips
		}
		spent := rt.tryVictim(w)
		if rt.skipsEmpty && spent > 0 && w.phase == phaseVictim && !rt.looked(w) {
			return skips
		} else if rt.skipsEmpty && w.phase == phaseVictim {
			return 0
		}
		return spent
	case phaseStolen:
		w.tuning.openBatch(rt.sim.Now())
		return rt.runTask(w, w.task, scheduler.FromSteal, 0)
	case phasePark:
		if len(w.deferred) > 0 { // never sleep on tasks that gave way
			w.phase = phaseGaveWay
			return rt.driver.look(w.index)
		}
		w.phase = phaseParkCommit
		return rt.costs.Park
	case phaseParkCommit:
		return rt.commitPark(w)
	case phaseSleep:
		return rt.fallAsleep(w)
	case phaseDriverReturned:
		w.sleep, w.token = awake, false
		w.phase = phaseAwake
		return rt.turn(w)
	case phaseAwake:
		return rt.wakeUp(w)
	default: // phaseGaveWay
		spent := rt.turn(w)
		w.tuning.openBatch(rt.sim.Now() + spent)
		w.phase = phaseTick
		return spent
	}
}

// turn dispatches what the worker's look at the driver brought. Wakes inside a turn notify nobody; one check at the end
// does (schedulers.md 1.8).
func (rt *Runtime) turn(w *worker) sim.Time {
	w.inTurn = true
	spent := rt.dispatch(&w.poller)
	w.inTurn = false
	if w.localTasks() > 1 {
		spent += rt.notifyOne()
	}
	return spent
}

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
			return rt.runTask(w, id, scheduler.FromGlobal, spent+rt.costs.GlobalPop)
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
		return rt.runTask(w, id, scheduler.FromGlobal, spent+rt.costs.GlobalPop)
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

// runTask starts the tick's task (schedulers.md 1.5, steps 1 and 2), after a time spent on getting it.
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
		rt.pushBack(w, id)
		return 0
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
	if id != 0 {
		rt.pushBack(w, id)
	} else if !rt.version.lifoStealable { // nothing for others to steal
		return 0
	}
	if w.inTurn {
		return 0
	}
	return rt.notifyOne()
}

// pushBack appends to the run queue. If that is full, half of it and the task overflow to the inject queue; while a thief
// copies from it, the task alone does.
func (rt *Runtime) pushBack(w *worker, id task.ID) {
	leaving := w.leaving(rt.sim.Now())
	switch {
	case w.queue.Free() > leaving:
		if w.queue.Len() == 0 {
			rt.filled(w)
		}
		w.queue.Push(id)
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
}
