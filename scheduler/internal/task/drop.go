// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
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

// stopWaiting takes a task out of wherever the task waits. acts: the action is to be carried out.
func (ts *Tasks) stopWaiting(id ID, t *Task) (a Action, acts bool) {
	last := func() int { return t.Program.Steps[t.step-1].Object } // of the step that the task has left
	switch t.awaits {
	case nothing:
		return Action{}, false
	case something:
		if t.timer != 0 && !t.ready {
			a, acts = ofTimer(ClearTimer, t.timer), true
		}
	case aMutex:
		if !t.ready {
			ts.process.Mutex(last()).GiveUp(ts.waiter(id))
		}
	case aPlace:
		if !t.ready {
			ts.process.Channel(last()).GiveUpPlace(ts.waiter(id))
		}
	case aMessage:
		c := ts.process.Channel(t.Program.Steps[t.step].Object)
		if !t.ready {
			c.GiveUpMessage(ts.waiter(id))
		} else { // the task was woken for a message, which another receiver may have now
			a, acts = ts.wakeWaiter(c.PassOn())
		}
	default:
	}
	ts.stopped(t)
	return a, acts
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
