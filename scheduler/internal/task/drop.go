// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// How a task, or the part of a task under a timeout, ends before its last step. Rust drops the future: nothing of the future is run any
// more, and what the future holds is dropped where it was left, the last thing taken first. Here the steps done so far are walked
// backwards: a span that was opened is closed, a mutex that was locked is unlocked, a timer is cleared; then the join handles of that
// part are dropped.
//
// A future is dropped only while it waits. A task that computes is not interrupted, not even by its timeout.

// interrupted is asked when a task is about to wait, or is polled although what it awaits is not ready. The result says whether
// there is something to do before the task may wait: the action, if the action has a kind, or else unwinding.
func (ts *Tasks) interrupted(t *Task) (a Action, yes bool) {
	if t.cancelled {
		t.startUnwinding(0)
		return Action{}, true
	}
	for place := t.timeout; place != 0; { // innermost first, as the futures are nested
		o := &ts.timeouts.places[place]
		if !o.set {
			o.set = true
			a := ofTimer(SetTimer, narrow.Int32(place))
			a.Duration = o.deadline - ts.sim.Now()
			return a, true
		}
		if o.elapsed {
			t.startUnwinding(place)
			return Action{}, true
		}
		place = o.outer
	}
	return Action{}, false
}

// unwind drops the next thing that a task holds. more: all is dropped, and the task goes on behind the timeout, or has ended.
func (ts *Tasks) unwind(id ID, t *Task) (a Action, more bool) {
	if t.unwound == notBegun {
		t.unwound = t.step
		if t.awaits == aMutex && !t.ready {
			t.unwound-- // the task does not hold the mutex for which its last step waits
		}
		if a, acts := ts.stopWaiting(id, t); acts {
			return a, false
		}
	}
	floor, spawned := int32(0), uint64(0)
	if t.dropping != 0 {
		o := &ts.timeouts.places[t.dropping]
		floor, spawned = o.start, o.spawned
	}
	steps := t.Program.Steps
	for t.unwound > floor {
		t.unwound--
		switch st := &steps[t.unwound]; st.Op {
		case program.EndSpan, program.EndTimeout: // the span or timeout has ended: nothing of it is left
			t.unwound = opening(steps, t.unwound)
		case program.Span:
			ts.closeSpan(t, scheduler.Cancelled)
		case program.Timeout:
			if a, isSet := ts.timeouts.close(t); isSet {
				return a, false
			}
		case program.Lock:
			if unlocked(steps[t.unwound+1:t.step], st.Object) {
				continue
			}
			if a, acts := ts.wakeWaiter(ts.process.Mutex(st.Object).Unlock()); acts {
				return a, false
			}
		default:
		}
	}
	if a, acts := ts.dropHandles(t, spawned); acts {
		return a, false
	}
	t.unwinding = false
	if t.dropping == 0 {
		t.outcome = scheduler.Cancelled
		t.step = narrow.Int32(len(steps))
		return Action{}, true
	}
	ts.timeouts.close(t)
	t.step = closing(steps, floor) + 1
	ts.spans.noteTimeout(t)
	return Action{}, true
}

// stopWaiting takes a task out of wherever the task waits, and gives back what it was woken for and has not used. acts: the action is to be
// carried out.
func (ts *Tasks) stopWaiting(id ID, t *Task) (a Action, acts bool) {
	var next process.Waiter // gets what the task leaves
	w, ready := ts.waiter(id), t.ready
	switch t.awaits {
	case something:
		switch last := t.Program.Steps[t.step-1].Op; {
		case ready:
		case t.timer != 0:
			a, acts = ofTimer(ClearTimer, t.timer), true
		case ts.CancelOnDrop && (last == program.SpawnBlocking || last == program.File):
			t.woken = true // async-task: to cancel a job notifies whoever awaits it, the running task itself
		}
	case aMutex:
		if !ready {
			ts.process.Mutex(t.Program.Steps[t.step-1].Object).GiveUp(w)
		}
	case aLock, aStarvedLock:
		next = ts.process.Mutex(t.Program.Steps[t.step].Object).Leave(w, t.awaits == aStarvedLock, ready)
	case aChannel:
		st := &t.Program.Steps[t.step]
		switch c := ts.process.Channel(st.Object); {
		case !ready:
			stopListening(c, st, w)
		case st.Op == program.Send:
			next = c.NextSender()
		default:
			next = c.NextReceiver()
		}
	case aPlace, aMessage, aTurn, nothing:
		next = ts.leaveTokioChannel(t, w)
	default:
	}
	t.resuming = false
	if t.awaits != nothing {
		ts.stopped(t)
	}
	if acts {
		return a, acts
	}
	return ts.wakeWaiter(next)
}

// leaveTokioChannel takes a task out of a channel of Tokio's. The task may have been woken already, and have had no budget for the rest.
func (ts *Tasks) leaveTokioChannel(t *Task, w process.Waiter) (next process.Waiter) {
	switch {
	case t.resuming && t.sends():
		c := ts.process.Channel(t.Program.Steps[t.step-1].Object)
		if t.awaits == aPlace && !t.ready {
			c.GiveUpPlace(w)
			return process.Waiter{}
		}
		return c.ReturnPlace()
	case int(t.step) < len(t.Program.Steps) && t.Program.Steps[t.step].Op == program.Receive:
		return ts.process.Channel(t.Program.Steps[t.step].Object).GiveUpMessage(w)
	default:
		return process.Waiter{}
	}
}

// opening is the step that opens what the step at i closes: spans and timeouts are nested.
func opening(steps []program.Step, i int32) int32 {
	for depth := 1; depth > 0; {
		i--
		switch steps[i].Op {
		case program.EndSpan, program.EndTimeout:
			depth++
		case program.Span, program.Timeout:
			depth--
		default:
		}
	}
	return i
}

// closing is the step that ends the timeout whose first step is i.
func closing(steps []program.Step, i int32) int32 {
	for depth := 1; ; i++ {
		switch steps[i].Op {
		case program.EndSpan, program.EndTimeout:
			depth--
		case program.Span, program.Timeout:
			depth++
		default:
		}
		if depth == 0 {
			return i
		}
	}
}

// unlocked reports whether one of the steps unlocks a mutex.
func unlocked(steps []program.Step, mutex int) bool {
	for i := range steps {
		if steps[i].Op == program.Unlock && steps[i].Object == mutex {
			return true
		}
	}
	return false
}
