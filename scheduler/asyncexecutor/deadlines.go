// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// deadline is a time at which a task is to be woken.
type deadline struct {
	at    sim.Time
	id    uint64 // order of registration; breaks ties
	waker scheduler.Waker
}

func (d *deadline) before(o *deadline) bool {
	return d.at < o.at || (d.at == o.at && d.id < o.id)
}

// deadlines is a 4-ary min-heap of deadlines by (time, registration). Those that nobody waits for any more stay in it until they
// come first or are more than half.
type deadlines struct {
	tasks  *task.Tasks
	heap   []deadline
	nextID uint64
	stale  int // at least as many as the heap holds
}

// next is the earliest time, or Never.
func (h *deadlines) next() sim.Time {
	for len(h.heap) > 0 && !h.tasks.Waited(h.heap[0].waker) {
		h.removeFirst()
	}
	if len(h.heap) == 0 {
		return sim.Never
	}
	return h.heap[0].at
}

func (h *deadlines) push(at sim.Time, w scheduler.Waker) {
	h.nextID++
	h.insert(deadline{at: at, id: h.nextID, waker: w})
}

func (h *deadlines) insert(d deadline) {
	h.heap = append(h.heap, d)
	q := h.heap
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !d.before(&q[parent]) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = d
}

// abandon notes that nobody waits for one of the deadlines any more.
func (h *deadlines) abandon() {
	h.stale++
	if 2*h.stale <= len(h.heap) {
		return
	}
	h.stale = 0
	all := h.heap
	h.heap = all[:0] // insert writes behind what is read
	for _, d := range all {
		if h.tasks.Waited(d.waker) {
			h.insert(d)
		}
	}
}

// due removes the deadlines up to now, at most limit of them, and appends their wakers in order.
func (h *deadlines) due(now sim.Time, limit int, wakers []scheduler.Waker) []scheduler.Waker {
	for range limit {
		if h.next() > now {
			break
		}
		wakers = append(wakers, h.heap[0].waker)
		h.removeFirst()
	}
	return wakers
}

func (h *deadlines) removeFirst() {
	last := h.heap[len(h.heap)-1]
	q := h.heap[:len(h.heap)-1]
	h.heap = q
	if len(q) == 0 {
		return
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].before(&q[least]) {
				least = c
			}
		}
		if !q[least].before(&last) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = last
}
