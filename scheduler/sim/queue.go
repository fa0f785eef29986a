// SPDX-License-Identifier: Apache-2.0

package sim

// nearest is how many events at most a queue keeps sorted: a power of two.
const nearest = 64

// queue holds the events ahead in the order in which they are handled: the nearest ones sorted in a ring, all others behind them in a
// heap.
//
//	ring  . . . . e1 e2 e3 e4 . . . .    heap  e5 ...
//	              head        tail
//
// Most events are the ends of what running threads do. There are as many of these as running threads, and an event that is scheduled
// last is mostly due last, so a new event finds its place after a look at a few others. A heap would compare about ten pairs of
// events instead, and a processor cannot foresee these comparisons. The heap is for the timers and sockets of tasks, of which there may
// be very many.
//
// Invariants: no event in the heap is before one in the ring; the heap is empty if the ring is.
type queue struct {
	head, tail uint // of the ring; free-running
	near       [nearest]scheduled
	far        eventHeap
}

// empty reports whether no event is ahead.
func (q *queue) empty() bool { return q.head == q.tail }

// first is the earliest event of a queue that is not empty. The pointer is valid until the next push or removal.
func (q *queue) first() *scheduled { return q.at(q.head) }

// at is a place of the ring.
func (q *queue) at(i uint) *scheduled { return &q.near[i%nearest] }

// removeFirst takes out the earliest event of a queue that is not empty.
func (q *queue) removeFirst() {
	q.head++
	if q.empty() && len(q.far) > 0 {
		q.refill()
	}
}

// refill fills half of the empty ring from the heap. The other half is room for events that are due before those.
func (q *queue) refill() {
	for len(q.far) > 0 && q.tail-q.head < nearest/2 {
		*q.at(q.tail) = q.far.pop()
		q.tail++
	}
}

// push adds an event.
func (q *queue) push(d due, m message) {
	if len(q.far) > 0 && !d.before(q.far[0].due) {
		q.far.push(scheduled{d, m})
		return
	}
	if q.tail-q.head == nearest {
		last := q.at(q.tail - 1)
		if !d.before(last.due) {
			q.far.push(scheduled{d, m})
			return
		}
		q.far.push(*last)
		q.tail--
	}
	i := q.tail
	for ; i != q.head; i-- {
		before, place := q.at(i-1), q.at(i)
		if !d.before(before.due) {
			break
		}
		place.due, place.message = before.due, before.message
	}
	place := q.at(i)
	place.due, place.message = d, m
	q.tail++
}
