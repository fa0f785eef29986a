// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Skipping empty run queues. A worker that searches looks at one victim after the other, and each look takes time. With many workers
// most looks meet an empty queue and change nothing, and an event for each of them is most of what a simulation does. So a searcher
// passes all empty queues ahead of it at once:
//
//	victims   [empty] [empty] [empty] [empty] [tasks]
//	looks     t       t+1c    t+2c    t+3c    t+4c       c: the cost of a look
//	events    ^ skip begins                   ^ skip ends
//
// If a queue ahead gets a task before the searcher would look at it, the skip is cut short there. What happens, and in which order, is
// what would happen with an event for each look: the event that ends a skip is ordered as if the look before it had scheduled it.
//
// With a limited number of CPUs a look may be interrupted, and where LIFO slots can be stolen more than queues has to be watched: no
// search is skipped there.

const (
	middleRank = 1 << 62
	rankStep   = 1 << 16 // more than searches begin at a time
)

// rankOf is the rank of a search that begins now.
func (rt *Runtime) rankOf() uint64 {
	r := &rt.ranks
	now := rt.sim.Now()
	if rt.sim.From() >= now-rt.costs.StealAttempt {
		r.behind++
		return middleRank + r.behind
	}
	if r.at != now || r.before == 0 {
		r.at = now
		r.before += rankStep - r.before%rankStep
		r.before += rankStep
	}
	r.before--
	return middleRank - r.before
}

// filled notes that a worker's run queue, which was empty, has tasks.
func (rt *Runtime) filled(v *worker) {
	rt.mayHaveTasks.Add(v.index)
	for _, w := range rt.skipping {
		position := v.index - w.victim
		if position < 0 {
			position += len(rt.workers)
		}
		if position >= w.victimsLeft {
			continue // behind the searcher
		}
		look := position
		if w.passesItself(position, len(rt.workers)) {
			look--
		}
		at := w.skip.start + sim.Time(look)*rt.costs.StealAttempt
		if look > 0 && look < w.skip.looks && rt.sim.Precedes(at-rt.costs.StealAttempt, at) {
			w.skip.looks = look
			rt.scheduleSkipEnd(w)
		}
	}
}

// passesItself reports whether the worker, which it does not look at, is before a position in the order of its victims.
func (w *worker) passesItself(position, workers int) bool {
	own := w.index - w.victim
	if own < 0 {
		own += workers
	}
	return own < position
}

// emptyAhead counts the looks that would meet empty queues now, up to the first that would not.
func (rt *Runtime) emptyAhead(w *worker) int {
	position := 0
	for position < w.victimsLeft {
		i := w.victim + position
		if i >= len(rt.workers) {
			i -= len(rt.workers)
		}
		end := min(i+w.victimsLeft-position, len(rt.workers))
		next := rt.mayHaveTasks.Next(i, end)
		position += next - i
		if next == end { // on to the first worker, or all seen
			continue
		}
		if v := &rt.workers[next]; v != w {
			if v.queue.Len() > 0 {
				break
			}
			rt.mayHaveTasks.Remove(next)
		}
		position++
	}
	if w.passesItself(position, len(rt.workers)) {
		position--
	}
	return position
}

// trySkip passes the empty queues ahead of a searching worker, if there are several. Skips reports that the worker goes on at the end
// of the skip: an event comes. Otherwise the time, if there is any, has passed already.
func (rt *Runtime) trySkip(w *worker) (skips bool) {
	if !rt.skipsEmpty {
		return false
	}
	looks := rt.emptyAhead(w)
	if looks == 0 {
		return false
	}
	w.skip.start, w.skip.looks = rt.sim.Now(), looks
	end := w.skip.start + sim.Time(looks)*rt.costs.StealAttempt
	if rt.sim.AdvanceFrom(end-rt.costs.StealAttempt, end) {
		rt.endSkip(w)
		return false
	}
	rt.skipping = append(rt.skipping, w)
	rt.scheduleSkipEnd(w)
	return true
}

// scheduleSkipEnd schedules the event that ends a skip, which voids the one before.
func (rt *Runtime) scheduleSkipEnd(w *worker) {
	w.skip.generation++
	at := w.skip.start + sim.Time(w.skip.looks)*rt.costs.StealAttempt
	rt.sim.ScheduleFrom(at-rt.costs.StealAttempt, at, w.skip.rank, rt.target, eventSkipped, uint64(w.skip.generation)<<32|narrow.Uint64(w.index))
}

// looked lets the time of a look pass at a victim that had tasks and gave none. It reports false if an event comes.
func (rt *Runtime) looked(w *worker) bool {
	now := rt.sim.Now()
	if rt.sim.AdvanceFrom(now, now+rt.costs.StealAttempt) {
		return true
	}
	w.skip.start, w.skip.looks = now+rt.costs.StealAttempt, 0
	rt.scheduleSkipEnd(w)
	return false
}

// endSkip sets the worker past the victims that it has skipped.
func (rt *Runtime) endSkip(w *worker) {
	positions := w.skip.looks
	if w.passesItself(positions, len(rt.workers)) {
		positions++
	}
	w.skip.looks = 0
	w.victimsLeft -= positions
	w.victim += positions
	if w.victim >= len(rt.workers) {
		w.victim -= len(rt.workers)
	}
}
