// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Steps on the mutexes and channels of the process. A task that waits for such an object may be one of another runtime of the process.

// starves is how long an operation on async-lock's mutex may wait before it is starved.
const starves = sim.Time(500_000)

// waiter is the task as an object of the process knows it.
func (ts *Tasks) waiter(id ID) process.Waiter {
	return process.Waiter{Of: ts.runtime, Task: uint32(id), Number: uint32(ts.Get(id).low()), Waker: ts.Waker(id)}
}

// wakeWaiter wakes a task that has waited for an object, if there is one. If the task is one of this runtime, the action wakes it; it is
// polled for nothing if it waits for something else now. A task of another runtime is woken here, by a thread of this runtime, which pays
// for the wake.
func (ts *Tasks) wakeWaiter(w process.Waiter) (a Action, acts bool) {
	switch {
	case w == process.Waiter{}:
		return Action{}, false
	case w.Of == ts.runtime:
		t := ts.Get(ID(w.Task))
		if t.state == stateFree || t.low() != ID(w.Number) {
			return Action{}, false
		}
		t.ready = t.ready || ts.Waited(w.Waker)
		return Action{Kind: Wake, Other: ID(w.Task)}, true
	default:
		w.Of.Wake(w.Waker)
		return Action{Kind: Woken}, true
	}
}

// mutex is the mutex of a step, and whose rules it follows.
func (ts *Tasks) mutex(st *program.Step) (*process.Mutex, process.Crate) {
	m := ts.process.Mutex(st.Object)
	return m, m.UsedBy(ts.Crate)
}

// channel is the channel of a step, and whose rules it follows.
func (ts *Tasks) channel(st *program.Step) (*process.Channel, process.Crate) {
	c := ts.process.Channel(st.Object)
	return c, c.UsedBy(ts.Crate)
}

// tryObject does a step on a mutex or channel, if it need not wait.
func (ts *Tasks) tryObject(id ID, t *Task, st *program.Step) (Action, progress) {
	if t.repeat != 0 { // the step is done, but for one more wake
		return after(ts.passOn(t, st))
	}
	if st.Op != program.Unlock && ts.exhausted() && ts.spends(st) {
		return Action{}, refused
	}
	if a, passed := ts.hop(t, st.Op); !passed {
		return a, acts
	}
	switch st.Op {
	case program.Unlock:
		t.step++
		m, _ := ts.mutex(st)
		return after(ts.wakeWaiter(m.Unlock()))
	case program.Lock:
		return ts.tryLock(id, t, st)
	default:
		return ts.tryChannel(id, t, st)
	}
}

// spends reports whether a step takes a unit of the coop budget, of which the objects of Tokio alone know.
func (ts *Tasks) spends(st *program.Step) bool {
	if st.Op == program.Lock {
		_, crate := ts.mutex(st)
		return crate == process.TokioSync
	}
	_, crate := ts.channel(st)
	return crate == process.TokioSync
}

func (ts *Tasks) tryLock(id ID, t *Task, st *program.Step) (Action, progress) {
	m, crate := ts.mutex(st)
	switch {
	case t.awaits.listens():
		return ts.retryLock(id, t, m)
	case m.TryLock():
		t.step++
		if crate == process.TokioSync {
			ts.spend()
		}
		return Action{}, passed
	case crate == process.SmolRS:
		t.awaits, t.until = aLock, ts.sim.Now()
		if m.Listen(ts.waiter(id)) {
			t.awaits = aStarvedLock
		}
	}
	return Action{}, waits
}

// retryLock is the attempt of a task that has waited for async-lock's mutex and was notified.
func (ts *Tasks) retryLock(id ID, t *Task, m *process.Mutex) (Action, progress) {
	starved, long := t.awaits == aStarvedLock, ts.sim.Now()-t.until > starves
	ts.stopped(t)
	locked, starved, next := m.Retry(ts.waiter(id), starved, long)
	switch {
	case locked:
		t.step++
		return after(ts.wakeWaiter(next))
	case starved:
		t.awaits = aStarvedLock
	default:
		t.awaits = aLock
	}
	if a, wakes := ts.wakeWaiter(next); wakes {
		return a, acts
	}
	return Action{}, waits
}

func (ts *Tasks) tryChannel(id ID, t *Task, st *program.Step) (Action, progress) {
	c, crate := ts.channel(st)
	w := ts.waiter(id)
	var peer process.Waiter
	var done bool
	if st.Op == program.Send {
		peer, done = c.TrySend(st.Count)
	} else {
		peer, done = c.TryReceive(w)
	}
	if !done {
		if crate == process.SmolRS && (!t.awaits.listens() || t.ready) {
			ts.listen(id, t, st, c)
		}
		return Action{}, waits
	}
	another := false // of the same kind is woken too
	switch {
	case crate == process.TokioSync:
		ts.spend()
		another = st.Op == program.Receive && c.HasTurn(w)
	case t.awaits.listens():
		another = t.ready
		if !another {
			stopListening(c, st, w)
		}
		ts.stopped(t)
	}
	if !another {
		t.step++
		return after(ts.wakeWaiter(peer))
	}
	t.repeat = 1
	if a, wakes := ts.wakeWaiter(peer); wakes {
		return a, acts
	}
	return after(ts.passOn(t, st))
}

// listen lets a task wait for async-channel's channel, behind all others. If the task was notified, it needs that no longer.
func (ts *Tasks) listen(id ID, t *Task, st *program.Step, c *process.Channel) {
	if t.awaits != nothing {
		ts.stopped(t)
	}
	t.awaits = aChannel
	if st.Op == program.Send {
		c.AwaitPlace(ts.waiter(id))
	} else {
		c.AwaitMessage(ts.waiter(id))
	}
}

// stopListening takes a task out of async-channel's channel.
func stopListening(c *process.Channel, st *program.Step, w process.Waiter) {
	if st.Op == program.Send {
		c.GiveUpPlace(w)
	} else {
		c.GiveUpMessage(w)
	}
}

// passOn is the end of a step on a channel that wakes another task of the same kind: the next whose turn it is to receive, or the next
// that listens, as the notification of the running task is left over.
func (ts *Tasks) passOn(t *Task, st *program.Step) (a Action, acts bool) {
	t.repeat = 0
	t.step++
	c, crate := ts.channel(st)
	switch {
	case crate == process.TokioSync:
		return ts.wakeWaiter(c.NextTurn())
	case st.Op == program.Send:
		return ts.wakeWaiter(c.NextSender())
	default:
		return ts.wakeWaiter(c.NextReceiver())
	}
}

// waitForObject lets a task wait for a mutex or channel.
func (ts *Tasks) waitForObject(id ID, t *Task, st *program.Step) Action {
	switch {
	case t.awaits != nothing: // listens already
		t.resuming, t.begun = true, true
	case st.Op == program.Lock:
		t.step++ // when the task goes on, the lock is its own
		t.resuming, t.awaits = true, aMutex
		m, _ := ts.mutex(st)
		m.Await(ts.waiter(id))
	case st.Op == program.Send:
		t.step++ // when the task goes on, a place in the channel is its own
		t.resuming, t.awaits = true, aPlace
		c, _ := ts.channel(st)
		c.AwaitPlace(ts.waiter(id))
	default: // Receive
		t.awaits, t.begun = aMessage, true // the step is done again after the wake
		c, _ := ts.channel(st)
		c.AwaitMessage(ts.waiter(id))
	}
	return Action{Kind: Wait, Duration: ts.hopWait}
}

// sends reports whether the task that goes on has waited for a place in Tokio's channel, and has its message still in hand.
func (t *Task) sends() bool { return t.step > 0 && t.Program.Steps[t.step-1].Op == program.Send }

// deliver puts the message of a task that has waited for a place in Tokio's channel into the channel.
func (ts *Tasks) deliver(t *Task) (a Action, acts bool) {
	c := ts.process.Channel(t.Program.Steps[t.step-1].Object)
	return ts.wakeWaiter(c.Deliver())
}
