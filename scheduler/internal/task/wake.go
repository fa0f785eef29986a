// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// To wake a task is to make the task runnable. Each function here knows the task in another way: by its waker, by its number, or by the
// action of the task that wakes it. Each function reports whether the runtime must queue the task now: a task that is queued already is
// not queued twice, and a task that is being polled is queued after that poll, see [Tasks.Pend].

// WakeBy wakes the task of a waker, if the wait for which the waker was made goes on.
func (ts *Tasks) WakeBy(w scheduler.Waker) (id ID, queue bool) {
	if !ts.Waited(w) {
		return 0, false
	}
	id = ts.setReady(w)
	return id, ts.wake(ts.Get(id))
}

// Wake wakes a task that gave way.
func (ts *Tasks) Wake(id ID) (queue bool) {
	t := ts.Get(id)
	t.ready = true
	return ts.wake(t)
}

// WakeAwaiter wakes the task that Finish has returned.
func (ts *Tasks) WakeAwaiter(id ID) (queue bool) { return ts.wake(ts.Get(id)) }

// Cancel wakes a task that is to end where it waits now or next. The task is polled once more, only to drop what it holds.
func (ts *Tasks) Cancel(id ID) (queue bool) {
	t := ts.Get(id)
	t.cancelled = true
	return ts.wake(t)
}

// WakeOther carries out the action Wake or Cancel of the running task.
func (ts *Tasks) WakeOther(a Action) (queue bool) {
	if a.Kind == Cancel {
		return ts.Cancel(a.Other)
	}
	return ts.wake(ts.Get(a.Other))
}

// Ready says that what the running task is about to wait for, or a timer that the task is about to set, is ready: Step goes on at once.
func (ts *Tasks) Ready(w scheduler.Waker) { ts.setReady(w) }

func (ts *Tasks) setReady(w scheduler.Waker) ID {
	if w&ofTimeout != 0 {
		o := &ts.timeouts.places[placeOf(w)]
		o.elapsed = true
		return o.task
	}
	id := ID(placeOf(w))
	ts.Get(id).ready = true
	return id
}

func (ts *Tasks) wake(t *Task) (queue bool) {
	if t.state != stateWaiting {
		t.woken = true
		return false
	}
	t.state = stateQueued
	t.queued = ts.sim.Now()
	return true
}

// stopped notes that the task waits no longer.
func (ts *Tasks) stopped(t *Task) {
	t.awaits, t.ready, t.timer = nothing, false, 0
	t.wakers++
}

// Waker is the waker of what the task waits for now or will wait for at the end of its running poll.
func (ts *Tasks) Waker(id ID) scheduler.Waker { return makeWaker(uint32(id), ts.Get(id).wakers) }

// WakerOf is the waker for an action of the running task: of a timeout for SetTimer, else of the task.
func (ts *Tasks) WakerOf(id ID, a Action) scheduler.Waker {
	if a.Kind != SetTimer {
		return ts.Waker(id)
	}
	place := uint32(a.Other)
	return makeWaker(place, ts.timeouts.places[place].generation) | ofTimeout
}

// Waited reports whether the waker's wait goes on.
func (ts *Tasks) Waited(w scheduler.Waker) bool {
	if w&ofTimeout != 0 {
		o := &ts.timeouts.places[placeOf(w)]
		return isOf(w, o.generation) && !o.elapsed
	}
	t := ts.Get(ID(placeOf(w)))
	return isOf(w, t.wakers) && !t.ready
}

// Registered notes the number of the timer that the runtime registered for a waker. The action ClearTimer gives the number back.
func (ts *Tasks) Registered(w scheduler.Waker, timer int32) {
	if w&ofTimeout != 0 {
		ts.timeouts.places[placeOf(w)].timer = timer
		return
	}
	ts.Get(ID(placeOf(w))).timer = timer
}
