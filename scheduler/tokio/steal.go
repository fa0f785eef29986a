// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Searching for work (schedulers.md 1.6, stealing).

// startSearch admits a worker to the searchers: at most half of the workers, rounded up.
func (rt *Runtime) startSearch(w *worker) sim.Time {
	if !w.searching {
		if 2*rt.searching >= len(rt.workers) {
			w.phase = phasePark
			return 0
		}
		w.searching = true
		rt.searching++
	}
	w.victim = w.rand.IntN(len(rt.workers))
	w.victimsLeft = len(rt.workers)
	w.phase = phaseVictim
	if rt.skipsEmpty {
		w.skip.rank = rt.rankOf()
	}
	return 0
}

// tryVictim steals from the next victim; after the last victim the worker looks at the inject queue.
func (rt *Runtime) tryVictim(w *worker) sim.Time {
	if w.victimsLeft == 0 {
		id := rt.inject.Pop(rt.tasks)
		if id == 0 {
			w.phase = phasePark
			return 0
		}
		w.tuning.openBatch(rt.sim.Now())
		return rt.runTask(w, id, scheduler.FromGlobal, rt.costs.GlobalPop+rt.shared)
	}
	v := &rt.workers[w.victim]
	w.victim++
	if w.victim == len(rt.workers) {
		w.victim = 0
	}
	w.victimsLeft--
	if v == w {
		return 0
	}
	spent := rt.costs.StealAttempt
	id, copying := rt.steal(w, v)
	if id != 0 {
		w.task = id
		w.phase = phaseStolen // the thief searches until it has copied
	}
	return spent + copying
}

// steal takes the older half of a victim's run queue, rounded up. The newest of these is returned, to be run at once; the others
// go to the thief's run queue. Until the tasks are copied, nobody else steals from either of the two queues.
func (rt *Runtime) steal(w, v *worker) (id task.ID, copying sim.Time) {
	now := rt.sim.Now()
	if w.queue.Len()+w.leaving(now) > queueCapacity/2 {
		return 0, 0
	}
	n, contended := v.queue.Len()-v.queue.Len()/2, rt.shared
	if n == 0 || v.stolenUntil > now {
		if !rt.version.lifoStealable || v.lifo == 0 {
			return 0, 0
		}
		id, v.lifo = v.lifo, 0
		n = 1
	} else {
		if w.queue.Len() == 0 && n > 1 {
			rt.filled(w)
		}
		for range n - 1 {
			id := v.queue.Pop()
			rt.tasks.Stolen(id)
			w.queue.Push(id)
		}
		id = v.queue.Pop()
		until := now + rt.costs.StealAttempt + contended + sim.Time(n)*rt.costs.StealTask
		v.stolenUntil, v.stolen = until, n
		w.stolenUntil, w.stolen = until, 0
	}
	rt.tasks.Stolen(id)
	w.counters.Steals += uint64(n)
	w.counters.StealOperations++
	rt.tasks.Robbed(w.index, v.index, n)
	return id, contended + sim.Time(n)*rt.costs.StealTask
}
