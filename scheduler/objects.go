// SPDX-License-Identifier: Apache-2.0

package scheduler

import "github.com/runtimelab/otelcol-runtimelab/scheduler/program"

// What tasks of a process share: async mutexes and bounded channels. Both serve waiting tasks in the order in which they
// came, as Tokio's do.

// mutex is an async mutex. Unlock hands it to the next waiter: nobody can take it in between.
type mutex struct {
	locked  bool
	waiters waiters
}

// channel is a bounded channel.
type channel struct {
	messages  int
	senders   waiters // full: each has a message in hand
	receivers waiters // empty
}

// waiters is a FIFO of waiting tasks. Its link is not that of the run queues: a task whose timeout is over is in both.
type waiters struct{ head, tail TaskID }

func (q *waiters) push(ts *Tasks, id TaskID) {
	ts.Get(id).waitsBefore = 0
	if q.tail == 0 {
		q.head = id
	} else {
		ts.Get(q.tail).waitsBefore = id
	}
	q.tail = id
}

// pop removes the task that has waited longest; 0 if there is none.
func (q *waiters) pop(ts *Tasks) TaskID {
	id := q.head
	if id != 0 {
		q.remove(ts, id)
	}
	return id
}

// remove takes out a task. It looks from the head on, where those are that have waited long enough to give up.
func (q *waiters) remove(ts *Tasks, id TaskID) {
	before, at := TaskID(0), q.head
	for at != id {
		before, at = at, ts.Get(at).waitsBefore
	}
	next := ts.Get(id).waitsBefore
	if before == 0 {
		q.head = next
	} else {
		ts.Get(before).waitsBefore = next
	}
	if q.tail == id {
		q.tail = before
	}
}

// unlock hands a mutex to its next waiter, and returns that; 0 if there is none.
func (ts *Tasks) unlock(mutex int) TaskID {
	m := &ts.mutexes[mutex]
	next := m.waiters.pop(ts)
	m.locked = next != 0
	return next
}

// tryObject does a step on a mutex or channel, if it need not wait.
func (ts *Tasks) tryObject(t *Task, st *program.Step) (Action, progress) {
	if st.Op == program.Unlock {
		t.step++
		return rouse(ts.unlock(st.Object))
	}
	if ts.exhausted() {
		return Action{}, refused
	}
	switch st.Op {
	case program.Lock:
		m := grow(&ts.mutexes, st.Object)
		if m.locked {
			return Action{}, waits
		}
		m.locked = true
		t.step++
		ts.spend()
		return Action{}, passed
	case program.Send:
		c := grow(&ts.channels, st.Object)
		if c.messages == st.Count {
			return Action{}, waits
		}
		c.messages++
		t.step++
		ts.spend()
		return rouse(c.receivers.pop(ts))
	default: // Receive
		c := grow(&ts.channels, st.Object)
		if c.messages == 0 {
			return Action{}, waits
		}
		c.messages--
		t.step++
		ts.spend()
		sender := c.senders.pop(ts)
		if sender != 0 {
			c.messages++
		}
		return rouse(sender)
	}
}

// rouse wakes a task, if there is one.
func rouse(id TaskID) (Action, progress) {
	if id == 0 {
		return Action{}, passed
	}
	return Action{Kind: Wake, Other: id}, acts
}

// waitForObject lets a task wait for a mutex or channel.
func (ts *Tasks) waitForObject(id TaskID, t *Task, st *program.Step) Action {
	switch st.Op {
	case program.Lock:
		t.step++ // the lock is the task's when it goes on
		t.resuming, t.awaits = true, aMutex
		ts.mutexes[st.Object].waiters.push(ts, id)
	case program.Send:
		t.step++ // likewise the message's place
		t.resuming, t.awaits = true, aPlace
		ts.channels[st.Object].senders.push(ts, id)
	default: // Receive
		t.awaits = aMessage // and looks again when woken: another may be faster
		ts.channels[st.Object].receivers.push(ts, id)
	}
	return Action{Kind: Wait}
}

// grow returns the object of an index, after making room for it.
func grow[T any](objects *[]T, index int) *T {
	for len(*objects) <= index {
		*objects = append(*objects, *new(T))
	}
	return &(*objects)[index]
}
