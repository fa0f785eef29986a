// SPDX-License-Identifier: Apache-2.0

package task

import "github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"

// Queue is an unbounded FIFO of tasks, linked through the tasks themselves, so that it never allocates: Tokio's inject
// queue and async-executor's global queue. The zero value is empty.
type Queue struct {
	head, tail ID
	length     int
}

// Len is the number of tasks queued.
func (q *Queue) Len() int { return q.length }

// Push appends a task.
func (q *Queue) Push(ts *Tasks, id ID) {
	ts.Get(id).Next = 0
	if q.tail == 0 {
		q.head = id
	} else {
		ts.Get(q.tail).Next = id
	}
	q.tail = id
	q.length++
}

// Pop removes the oldest task; 0 if there is none.
func (q *Queue) Pop(ts *Tasks) ID {
	id := q.head
	if id == 0 {
		return 0
	}
	q.head = ts.Get(id).Next
	if q.head == 0 {
		q.tail = 0
	}
	q.length--
	return id
}

// Ring is a bounded FIFO of tasks with a fixed capacity, a power of two: a worker's local queue.
type Ring struct {
	slots []ID
	mask  uint32 // of an index: one less than the capacity
	head  uint32 // of the oldest; free-running
	tail  uint32 // of the next to come; free-running
}

// NewRing makes an empty ring for capacity tasks; capacity must be a power of two.
func NewRing(capacity int) Ring {
	return Ring{slots: make([]ID, capacity), mask: narrow.Uint32(capacity - 1)}
}

// Len is the number of tasks queued.
func (r *Ring) Len() int { return int(r.tail - r.head) }

// Free is the number of tasks that still fit.
func (r *Ring) Free() int { return len(r.slots) - r.Len() }

// Push appends a task; the ring must not be full.
func (r *Ring) Push(id ID) {
	if r.Free() == 0 {
		panic("scheduler: push on a full ring")
	}
	r.slots[r.tail&r.mask] = id
	r.tail++
}

// Pop removes the oldest task; 0 if there is none.
func (r *Ring) Pop() ID {
	if r.head == r.tail {
		return 0
	}
	id := r.slots[r.head&r.mask]
	r.head++
	return id
}
