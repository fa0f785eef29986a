// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// Steps on the mutexes and channels of the process. A task that waits for such an object may be one of another runtime of the process.

// waiter is the task as an object of the process knows it.
func (ts *Tasks) waiter(id ID) process.Waiter {
	return process.Waiter{Of: ts.runtime, Waker: ts.Waker(id)}
}

// wakeWaiter wakes a task that has waited for an object, if there is one. If the task is one of this runtime, the action wakes it. A task
// of another runtime is woken here, by a thread of this runtime, which pays for the wake.
func (ts *Tasks) wakeWaiter(w process.Waiter) (a Action, acts bool) {
	switch {
	case w == process.Waiter{}:
		return Action{}, false
	case w.Of == ts.runtime:
		return Action{Kind: Wake, Other: ID(placeOf(w.Waker))}, true
	default:
		w.Of.Wake(w.Waker)
		return Action{Kind: Woken}, true
	}
}

// tryObject does a step on a mutex or channel, if it need not wait.
func (ts *Tasks) tryObject(t *Task, st *program.Step) (Action, progress) {
	if st.Op != program.Unlock && ts.exhausted() {
		return Action{}, refused
	}
	if a, passed := ts.hop(t, st.Op); !passed {
		return a, acts
	}
	if st.Op == program.Unlock {
		t.step++
		return after(ts.wakeWaiter(ts.process.Mutex(st.Object).Unlock()))
	}
	var next process.Waiter
	done := false
	switch st.Op {
	case program.Lock:
		done = ts.process.Mutex(st.Object).TryLock()
	case program.Send:
		next, done = ts.process.Channel(st.Object).TrySend(st.Count)
	default: // Receive
		next, done = ts.process.Channel(st.Object).TryReceive()
	}
	if !done {
		return Action{}, waits
	}
	t.step++
	ts.spend()
	return after(ts.wakeWaiter(next))
}

// waitForObject lets a task wait for a mutex or channel.
func (ts *Tasks) waitForObject(id ID, t *Task, st *program.Step) Action {
	switch st.Op {
	case program.Lock:
		t.step++ // when the task goes on, the lock is its own
		t.resuming, t.awaits = true, aMutex
		ts.process.Mutex(st.Object).Await(ts.waiter(id))
	case program.Send:
		t.step++ // when the task goes on, its message is in the channel
		t.resuming, t.awaits = true, aPlace
		ts.process.Channel(st.Object).AwaitPlace(ts.waiter(id))
	default: // Receive
		t.awaits, t.begun = aMessage, true // the step is done again after the wake: another receiver may have been faster
		ts.process.Channel(st.Object).AwaitMessage(ts.waiter(id))
	}
	return Action{Kind: Wait, Duration: ts.hopWait}
}
