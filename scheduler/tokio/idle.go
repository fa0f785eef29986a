// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// How workers fall asleep, and who is woken when (schedulers.md 1.7 and 1.8).

// notifyOne wakes the most recently parked worker, unless a worker searches already. The result is what the waker pays.
func (rt *Runtime) notifyOne() sim.Time {
	if rt.searching > 0 || rt.unparked == len(rt.workers) {
		return 0
	}
	rt.searching++
	rt.countUnparked(1)
	w := rt.sleepers[len(rt.sleepers)-1]
	rt.sleepers = rt.sleepers[:len(rt.sleepers)-1]
	return rt.unpark(w) + rt.shared
}

// unpark delivers a worker's park token: the worker leaves the place where it sleeps, or will not fall asleep next time.
func (rt *Runtime) unpark(w *worker) sim.Time {
	already := w.token
	w.token = true
	switch {
	case already:
		return 0
	case w.sleep == onCondvar:
		w.sleep, w.token = awake, false // consumed on waking
		w.cpu.Wake(rt.costs.Rise(rt.costs.WakeLatency, w.cpu.Rouse(), &rt.latencies))
		return rt.costs.Unpark.Sample(&rt.latencies)
	case w.sleep == inDriver:
		return rt.driver.poke()
	default:
		return 0
	}
}

// notifyIfWorkPending is the last searcher's look back before it sleeps (step 3).
func (rt *Runtime) notifyIfWorkPending() sim.Time {
	pending := rt.inject.Len() > 0
	for i := range rt.workers {
		w := &rt.workers[i]
		pending = pending || w.queue.Len() > 0 || (rt.version.lifoStealable && w.lifo != 0)
	}
	if !pending {
		return 0
	}
	return rt.notifyOne()
}

// commitPark takes the worker off the books (step 3).
func (rt *Runtime) commitPark(w *worker) sim.Time {
	spent := rt.shared
	rt.countUnparked(-1)
	last := false
	if w.searching {
		w.searching = false
		rt.searching--
		last = rt.searching == 0
	}
	rt.sleepers = append(rt.sleepers, w)
	w.phase = phaseSleep
	if last {
		spent += rt.notifyIfWorkPending()
	}
	return spent
}

// fallAsleep sleeps in the driver if the driver is free, else on the condvar (step 4).
func (rt *Runtime) fallAsleep(w *worker) sim.Time {
	w.countPark()
	if w.token {
		w.token = false
		w.phase = phaseAwake
		return 0
	}
	if rt.driver.holder != noHolder {
		w.sleep = onCondvar
		w.phase = phaseAwake
		return blocked
	}
	w.sleep = inDriver
	w.phase = phaseDriverReturned
	if rt.driver.wait(w.index) {
		return blocked
	}
	return rt.costs.DriverPoll
}

// wakeUp finds out why the worker is awake (step 4).
func (rt *Runtime) wakeUp(w *worker) sim.Time {
	sleeper := slices.Index(rt.sleepers, w)
	switch {
	case sleeper < 0:
		// Someone woke this worker and counted it as unparked and searching.
		w.searching = true
	case w.localTasks() > 0:
		// The driver gave this worker a task. The most recent sleeper takes its place among the others.
		last := len(rt.sleepers) - 1
		rt.sleepers[sleeper] = rt.sleepers[last]
		rt.sleepers = rt.sleepers[:last]
		rt.countUnparked(1)
	default:
		// Nothing to do: a slot of the timer wheel was emptied downwards, a timer was set anew, or the like.
		w.phase = phaseSleep
		return 0
	}
	w.tuning.openBatch(rt.sim.Now())
	w.phase = phaseTick
	return 0
}

// countPark counts a park, and whether the worker polled anything since the one before.
func (p *poller) countPark() {
	p.counters.Parks++
	if p.counters.Polls == p.pollsAtPark {
		p.counters.Noops++
	}
	p.pollsAtPark = p.counters.Polls
}
