// SPDX-License-Identifier: Apache-2.0

package sim

// nearest is how many events at most a queue keeps sorted.
const nearest = 64

// queue holds the events ahead in the order of [Event.before]: the nearest ones sorted in an array, all others behind them in a heap.
//
//	array  . . . . e1 e2 e3 e4 . . . .    heap  e5 ...
//	               head        tail
//
// Most events are the ends of what running threads do. There are as many of these as running threads, and an event that is scheduled
// last is mostly due last, so a new event finds its place after a look at a few others. A heap would compare about ten pairs of
// events instead, and a processor cannot foresee these comparisons. The heap is for the timers and sockets of tasks, of which there may
// be very many.
//
// Invariants: no event in the heap is before one in the array; the heap is empty if the array is.
type queue struct {
	near       [2 * nearest]Event
	head, tail int // of the events in near
	far        eventHeap
}

// empty reports whether no event is ahead.
func (q *queue) empty() bool { return q.head == q.tail }

// first is the earliest event of a queue that is not empty. The pointer is valid until the next push or pop.
func (q *queue) first() *Event { return &q.near[q.head] }

// pop takes the earliest event out of a queue that is not empty.
func (q *queue) pop() Event {
	ev := q.near[q.head]
	q.head++
	if q.empty() {
		q.refill()
	}
	return ev
}

// refill fills half of the empty array from the heap. The other half is room for events that are due before those.
func (q *queue) refill() {
	q.head, q.tail = 0, 0
	for len(q.far) > 0 && q.tail < nearest/2 {
		q.near[q.tail] = q.far.pop()
		q.tail++
	}
}

// push adds an event.
func (q *queue) push(ev Event) {
	if len(q.far) > 0 && !ev.before(&q.far[0]) {
		q.far.push(ev)
		return
	}
	if q.tail-q.head == nearest {
		last := &q.near[q.tail-1]
		if !ev.before(last) {
			q.far.push(ev)
			return
		}
		q.far.push(*last)
		q.tail--
	}
	if q.tail == len(q.near) {
		q.tail = copy(q.near[:], q.near[q.head:])
		q.head = 0
	}
	i := q.tail
	for ; i > q.head && ev.before(&q.near[i-1]); i-- {
		q.near[i] = q.near[i-1]
	}
	q.near[i] = ev
	q.tail++
}
