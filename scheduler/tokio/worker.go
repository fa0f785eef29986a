// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// resume runs a worker from its phase on, for as long as nothing else is due before its next step. One event runs resume
// at most once.
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

// skipped goes on with a search at the end of a skip, unless the skip was cut short meanwhile.
func (rt *Runtime) skipped(arg uint64) {
	w := &rt.workers[arg&(1<<32-1)]
	if arg>>32 != uint64(w.skip.generation) {
		return
	}
	for i, s := range rt.skipping {
		if s == w {
			last := len(rt.skipping) - 1
			rt.skipping[i] = rt.skipping[last]
			rt.skipping = rt.skipping[:last]
			break
		}
	}
	rt.endSkip(w)
	rt.resume(w)
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
