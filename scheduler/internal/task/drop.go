// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// How a task, or the part of it under a timeout, ends before its last step. Rust drops the future: nothing of it is run any
// more, and what it holds is dropped where it was left, the last thing taken first. Here the steps done so far are
// walked backwards: a span that was opened is closed, a mutex that was locked is unlocked, a timer is cleared; then the join
// handles of that part are dropped.
//
// A future is dropped only while it waits. A task that computes is not interrupted, not even by its timeout.

// openTimeouts are the timeouts inside live tasks that have not ended. A task links its own, innermost first.
type openTimeouts struct {
	places []openTimeout // place 0 is not used
	free   uint32        // places to use again, linked by outer
}

type openTimeout struct {
	deadline   sim.Time
	spawned    uint64 // tasks spawned when it began: handles of later ones are dropped with it
	task       ID
	outer      uint32 // the timeout around it in the same task; 0: none
	generation uint32 // of its wakers
	timer      int32  // as the runtime knows it; 0: none
	start      int32  // first step inside
	set        bool   // its timer
	elapsed    bool
}

// openTimeout begins a timeout. Its timer is set when the task first waits inside.
func (ts *Tasks) openTimeout(id ID, t *Task, after sim.Time) {
	s := &ts.timeouts
	place := s.free
	if place != 0 {
		s.free = s.places[place].outer
	} else {
		if len(s.places) == 0 {
			s.places = append(s.places, openTimeout{})
		}
		place = narrow.Uint32(len(s.places))
		s.places = append(s.places, openTimeout{})
	}
	s.places[place] = openTimeout{
		deadline: ts.sim.Now() + after, spawned: ts.spawned, task: id, outer: t.timeout,
		generation: s.places[place].generation + 1, start: t.step,
	}
	t.timeout = place
}

// closeTimeout ends the innermost timeout. isSet: its timer is, and the action clears it.
func (ts *Tasks) closeTimeout(t *Task) (a Action, isSet bool) {
	s := &ts.timeouts
	o := &s.places[t.timeout]
	a, isSet = ofTimer(ClearTimer, o.timer), o.set && !o.elapsed
	o.generation++
	t.timeout, o.outer, s.free = o.outer, s.free, t.timeout
	return a, isSet
}

// interrupted is asked when a task is about to wait, or is polled although what it awaits is not ready. It reports whether
// there is something to do before it may wait: the action, if that has a kind, or else unwinding.
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

// startUnwinding lets the next Step begin to drop what is inside of a timeout (place 0: all of the task).
func (t *Task) startUnwinding(place uint32) {
	t.unwinding, t.dropping, t.unwound = true, place, notBegun
	t.repeat, t.asked, t.resuming = 0, false, false
}

const notBegun = -1

// unwind drops the next thing of a task. more: it is done, and the task goes on behind the timeout, or has ended.
func (ts *Tasks) unwind(id ID, t *Task) (a Action, more bool) {
	if t.unwound == notBegun {
		t.unwound = t.step
		if t.awaits == aMutex && !t.ready {
			t.unwound-- // it does not hold what its last step waits for
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
		case program.EndSpan, program.EndTimeout: // has ended: nothing of it is left
			t.unwound = opening(steps, t.unwound)
		case program.Span:
			ts.closeSpan(t, scheduler.Cancelled)
		case program.Timeout:
			if a, isSet := ts.closeTimeout(t); isSet {
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
	ts.closeTimeout(t)
	t.step = closing(steps, floor) + 1
	ts.noteTimeout(t)
	return Action{}, true
}

// stopWaiting takes the task out of wherever it waits. acts: the action is to be carried out.
func (ts *Tasks) stopWaiting(id ID, t *Task) (a Action, acts bool) {
	last := func() int { return t.Program.Steps[t.step-1].Object } // of the step that has been left
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
		} else { // it was woken for a message: another may have that
			a, acts = ts.wakeWaiter(c.PassOn())
		}
	default:
	}
	ts.stopped(t)
	return a, acts
}

// stopped notes that the task waits no longer.
func (ts *Tasks) stopped(t *Task) {
	t.awaits, t.ready, t.timer = nothing, false, 0
	t.wakers++
}

// dropHandles drops the handles of tasks spawned after the first ones. acts: the action is to be carried out, and there may be more.
func (ts *Tasks) dropHandles(t *Task, spawned uint64) (a Action, acts bool) {
	for {
		id := ts.popHandle(t, spawned)
		if id == 0 {
			return Action{}, false
		}
		if ts.CancelOnDrop && ts.Get(id).state != stateFree {
			return Action{Kind: Cancel, Other: id}, true
		}
	}
}

// popHandle takes the first handle of a task spawned after the first ones from its owner, and returns that task; 0 if there is none.
// A task that has ended is gone then.
func (ts *Tasks) popHandle(t *Task, spawned uint64) ID {
	before, id := ID(0), t.firstHandle
	for id != 0 && ts.Get(id).number <= spawned {
		before, id = id, ts.Get(id).sibling
	}
	if id == 0 {
		return 0
	}
	c := ts.Get(id)
	if before == 0 {
		t.firstHandle = c.sibling
	} else {
		ts.Get(before).sibling = c.sibling
	}
	if t.lastHandle == id {
		t.lastHandle = before
	}
	c.owner, c.sibling = 0, 0
	if c.state == stateDone {
		ts.release(id, c)
	}
	return id
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
