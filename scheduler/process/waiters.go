// SPDX-License-Identifier: Apache-2.0

package process

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// Crate is whose rules mutexes and channels follow.
type Crate uint8

// The crates.
const (
	// Unused: of an object that nobody has used.
	Unused Crate = iota
	// TokioSync is tokio::sync: what is free goes to whoever has waited longest.
	TokioSync
	// SmolRS is async-lock and async-channel, as smol and async-std have them: whoever has waited longest is told, and then tries again.
	SmolRS
)

// usedBy is the crate of an object that a runtime uses now: the object keeps the crate of its first use.
func (c *Crate) usedBy(by Crate) Crate {
	if *c == Unused {
		*c = by
	}
	return *c
}

// Waking is a runtime as the objects know it. [scheduler.Runtime] has the method.
type Waking interface {
	// Wake wakes a task of the runtime, now: a thread of another runtime does it.
	Wake(w scheduler.Waker)
}

// Waiter is a task that waits for an object: the runtime that the task is of, which task of the runtime it is, and the waker of this wait.
// The zero Waiter is nobody.
type Waiter struct {
	Of     Waking
	Task   uint32 // its place
	Number uint32 // tells it from later tasks at the place
	Waker  scheduler.Waker
}

// same reports whether two waiters are the same task, whatever wait each is of.
func (w Waiter) same(as Waiter) bool { return w.Of == as.Of && w.Task == as.Task }

// waiters is a FIFO of waiting tasks, from head on.
type waiters struct {
	queue []Waiter
	head  int
}

func (q *waiters) push(w Waiter) { q.queue = append(q.queue, w) }

// pop removes the task that has waited longest.
func (q *waiters) pop() Waiter {
	if q.head == len(q.queue) {
		return Waiter{}
	}
	w := q.queue[q.head]
	q.queue[q.head] = Waiter{}
	q.head++
	q.compact()
	return w
}

// remove takes out a task. It looks from the head on, where those are that have waited long enough to give up.
func (q *waiters) remove(w Waiter) {
	for i := q.head; i < len(q.queue); i++ {
		if q.queue[i] == w {
			copy(q.queue[q.head+1:i+1], q.queue[q.head:i])
			q.queue[q.head] = Waiter{}
			q.head++
			q.compact()
			return
		}
	}
}

// compact moves the queue to the front when half of it is gone: at most as many moves as takes.
func (q *waiters) compact() {
	if 2*q.head >= len(q.queue) {
		q.queue = append(q.queue[:0], q.queue[q.head:]...)
		q.head = 0
	}
}
