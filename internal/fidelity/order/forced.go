// SPDX-License-Identifier: Apache-2.0

package order

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// apart is how far apart at least two tasks become runnable that no poll made so: their timers, sockets and jobs end in this order. Tokio's
// timers are up to 2 ms late, each pause of the conductor anew, and a busy machine's are later.
const apart = sim.Time(7_000_000)

// Separated reports whether what comes from outside the polls comes far enough apart for its order to be sure.
func (t *Trace) Separated() bool {
	last := -apart
	for i := range t.polls {
		queued := t.polls[i].Queued
		if t.wakerOf(i) >= 0 {
			continue
		}
		if queued-last < apart {
			return false
		}
		last = queued
	}
	return true
}

// wakerOf is the poll in which the task of a poll was made runnable; -1: it was not in a poll.
func (t *Trace) wakerOf(poll int) int {
	queued := t.polls[poll].Queued
	for i := poll - 1; i >= 0; i-- {
		if p := &t.polls[i]; p.Start <= queued && queued <= p.End {
			return i
		}
	}
	return -1
}

// Chained reports whether the order is forced for any number of workers: each poll makes at most one task runnable, and touches nothing
// afterwards that the task could touch. So the polls follow each other, but for the ends of some, in which nothing happens.
//
// A task of a conducted program says by an event what it is about to touch.
func (t *Trace) Chained() bool {
	wakes := make([]int, len(t.polls))
	for i := range t.polls {
		by := t.wakerOf(i)
		if by < 0 {
			continue
		}
		wakes[by]++
		if wakes[by] > 1 || t.touchesBetween(t.polls[by].Task, t.polls[i].Queued, t.polls[by].End) {
			return false
		}
	}
	return true
}

func (t *Trace) touchesBetween(task uint64, after, before sim.Time) bool {
	for i := range t.events {
		if e := &t.events[i]; conductedTask(e.Label) == task && e.At > after && e.At <= before {
			return true
		}
	}
	return false
}
