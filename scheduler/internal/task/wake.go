// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// To wake a task is to make it runnable. Who wakes it says by what the task was known: its waker, its number, or the action of the
// task that wakes it. Each of these functions reports whether the runtime must queue the task now: a task that is queued already is
// not queued twice, and a task that is being polled is queued after that poll, see [Tasks.Pend].

// WakeBy wakes the task of a waker, if the task still waits for that.
func (ts *Tasks) WakeBy(w scheduler.Waker) (id ID, queue bool) {
	if !ts.Waited(w) {
		return 0, false
	}
	id = ts.setReady(w)
	return id, ts.wake(ts.Get(id))
}

// Wake wakes a task because what it waits for is there.
func (ts *Tasks) Wake(id ID) (queue bool) {
	t := ts.Get(id)
	t.ready = true
	return ts.wake(t)
}

// Cancel wakes a task that is to end where it waits now or next: the task is polled once more, only to drop what it holds.
func (ts *Tasks) Cancel(id ID) (queue bool) {
	t := ts.Get(id)
	t.cancelled = true
	return ts.wake(t)
}

// WakeOther carries out a Wake or Cancel of the running task.
func (ts *Tasks) WakeOther(a Action) (queue bool) {
	if a.Kind == Cancel {
		return ts.Cancel(a.Other)
	}
	return ts.Wake(a.Other)
}

// Ready says that what the running task is about to wait for, or a timer that it is about to set, is ready: Step goes on at once.
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
