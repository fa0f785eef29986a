// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// worker is what the trace knows of a worker between two looks at its counters.
type worker struct {
	lane   int
	track  string // the name of the counter of its queue
	queued int    // that was shown last

	parks   uint64
	noops   uint64
	parked  sim.Time // asleep so far
	parking bool     // since:
	since   sim.Time
	noop    bool // it had polled nothing since the park before

	turn turn
}

// turn is what a worker did between two polls that woke tasks: a look at timers and sockets, and on Tokio at the tasks that gave way. It goes
// from the first wake to the next poll or park.
type turn struct {
	open bool
	from sim.Time
	made []*flow // wakes
}

// look looks at a worker's counters. A park lasts from the instant at which it is counted until the worker's thread runs again, which the time
// parked tells: it grows as long as the thread sleeps. A worker that finds something to do as it parks does not sleep, and the park takes no
// time.
func (t *Trace) look(index int, c *scheduler.WorkerCounters, now sim.Time) {
	w := t.worker(index)
	if w.parking && c.Parked-w.parked < now-t.looked {
		t.closePark(index, t.looked)
	}
	for ; w.parks < c.Parks; w.parks++ {
		t.closeTurn(index, now)
		t.closePark(index, now)
		w.parking, w.since = true, now
		w.noop = c.Parks-w.parks <= c.Noops-w.noops // of several at once, the last
	}
	w.noops, w.parked = c.Noops, c.Parked
	if w.queued != c.LocalQueue {
		w.queued = c.LocalQueue
		t.counter(w.track, now, w.queued)
	}
}

// awake ends the park of a worker that does something now. The worker's thread runs since the last instant that was looked at, or since now.
func (t *Trace) awake(index int, now sim.Time) {
	w := t.worker(index)
	if !w.parking {
		return
	}
	since := t.looked
	if t.lanes.runtime.Counters().Workers[index].Parked-w.parked == now-t.looked {
		since = now
	}
	t.closePark(index, since)
}

// closePark ends a park of a worker.
func (t *Trace) closePark(index int, at sim.Time) {
	w := &t.workers[index]
	if !w.parking {
		return
	}
	w.parking = false
	s := slice{lane: w.lane, from: w.since, to: at}
	t.show(s, "park", "park", fmt.Sprintf(`"without_a_poll":%t`, w.noop))
	t.totals.Parks++
	t.beginThefts(index, s)
}

// closeTurn ends a turn of a worker, when the worker polls or parks.
func (t *Trace) closeTurn(index int, at sim.Time) {
	w := t.worker(index)
	ended := w.turn
	if !ended.open {
		return
	}
	w.turn = turn{}
	s := slice{lane: w.lane, from: ended.from, to: max(at, ended.from)}
	t.show(s, "driver turn", "driver", fmt.Sprintf(`"tasks_woken":%d`, len(ended.made)))
	for _, f := range ended.made {
		t.begin(f, s)
	}
	t.beginThefts(index, s)
}

// queues are the counter tracks beside those of the workers: what was shown last.
type queues [4]int

// show writes what has changed since the last instant.
func (q *queues) show(e *events, c *scheduler.Counters, now sim.Time) {
	for i, n := range [len(q)]int{c.GlobalQueue, c.BlockingQueue, c.BlockingThreads, c.BlockingIdle} {
		if q[i] != n {
			q[i] = n
			e.counter(queueNames[i], now, n)
		}
	}
}

var queueNames = [...]string{"global queue", "blocking pool: jobs waiting", "blocking pool: threads", "blocking pool: idle threads"}
