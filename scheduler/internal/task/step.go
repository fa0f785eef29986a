// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// stepCompute is Step for the case that the running task computes next. Others cannot see a computation, so a worker may ask for it before
// the time of the step. If the next step is another, the result is 0 and the task stays where it is.
func (ts *Tasks) stepCompute(t *Task) sim.Time {
	if t.unwinding || t.awaits.listens() {
		return 0
	}
	if t.awaits != nothing {
		if !t.ready {
			return 0
		}
		ts.stopped(t)
	}
	if t.resuming {
		if t.sends() || !ts.spend() {
			return 0
		}
		t.resuming = false
	}
	for int(t.step) < len(t.Program.Steps) {
		st := &t.Program.Steps[t.step]
		if st.Op != program.Compute {
			return ts.hopFirst(t, st)
		}
		t.step++
		if d := st.Duration.Sample(&t.work); d > 0 {
			return d
		}
	}
	return 0
}

// Step returns what the running task does next, at the current time.
func (ts *Tasks) Step(id ID) Action {
	t := ts.Get(id)
	if t.awaits != nothing && !t.unwinding {
		switch {
		case t.retries():
		case t.ready && !t.awaits.listens(), t.awaits == aTurn:
			ts.stopped(t)
		default:
			if a, interrupted := ts.interrupted(t); !interrupted {
				t.resuming = t.resuming || t.awaits.listens()
				return Action{Kind: Wait} // polled for nothing
			} else if a.Kind != Nothing {
				return a
			}
		}
	}
	for {
		if t.unwinding {
			if a, more := ts.unwind(id, t); !more {
				return a
			}
		}
		var a Action
		progress := refused
		if !t.resuming || ts.spend() {
			if t.resuming {
				t.resuming = false
				if t.sends() {
					if a, acts := ts.deliver(t); acts {
						return a
					}
				}
			}
			if int(t.step) >= len(t.Program.Steps) {
				return ts.end(t)
			}
			switch st := &t.Program.Steps[t.step]; { // the first two are what most tasks do most of the time
			case st.Op == program.Compute:
				t.step++
				if d := st.Duration.Sample(&t.work); d > 0 {
					return Action{Kind: Compute, Duration: d}
				}
				continue
			case st.Op == program.Spawn && int(t.repeat) < st.Count:
				t.repeat++
				return Action{Kind: Spawn, Other: ts.newChild(id, t, st)}
			}
			a, progress = ts.try(id, t)
		}
		switch progress {
		case passed:
			continue
		case acts:
			return a
		default:
		}
		if t.timeout != 0 || t.cancelled {
			if a, interrupted := ts.interrupted(t); interrupted {
				if a.Kind != Nothing {
					return a
				}
				continue
			}
		}
		if progress == refused {
			t.awaits = aTurn
			t.forcedYields++
			return Action{Kind: ForcedYield}
		}
		return ts.wait(id, t)
	}
}

// end drops the handles that a task still holds, and then ends the task.
func (ts *Tasks) end(t *Task) Action {
	if ts.CancelOnDrop && t.firstHandle != 0 {
		if a, acts := ts.dropHandles(t, 0); acts {
			return a
		}
	}
	return Action{Kind: Done}
}

// try does the current step of a task, unless the step has to wait.
func (ts *Tasks) try(id ID, t *Task) (Action, progress) {
	st := &t.Program.Steps[t.step]
	switch st.Op {
	case program.Block, program.BlockInPlace:
		t.step++
		if d := st.Duration.Sample(&t.work); d > 0 {
			return Action{Kind: actionKinds[st.Op], Duration: d}, acts
		}
	case program.Sleep, program.IO, program.Signal, program.Process, program.File, program.SpawnBlocking, program.Call:
		if !t.begun {
			t.begun = true
			t.until = ts.sim.Now() + st.Duration.Sample(&t.work)
		}
		if ts.exhausted() { // the time does not wait for the budget
			return Action{}, refused
		}
		return Action{}, waits
	case program.Yield:
		return Action{}, waits
	case program.Spawn: // all children are spawned
		t.repeat = 0
		t.step++
	case program.Join:
		return ts.pollHandles(t)
	case program.Cancel:
		if id := ts.popHandle(t, 0, true); id != 0 {
			if ts.Get(id).state == stateFree {
				return Action{}, passed
			}
			return Action{Kind: Cancel, Other: id}, acts
		}
		t.step++
	case program.Timeout:
		t.step++
		ts.timeouts.open(id, t, ts.sim.Now()+st.Duration.Sample(&t.work), ts.numbers.tasks)
	case program.EndTimeout:
		t.step++
		if a, isSet := ts.timeouts.close(t); isSet {
			return a, acts
		}
	case program.Span:
		t.step++
		ts.spans.open(t, st.Label, ts.sim.Now())
	case program.EndSpan:
		t.step++
		ts.closeSpan(t, scheduler.Completed)
	case program.Event:
		t.step++
		if ts.observer.Event != nil {
			ts.reportEvent(t, st.Label)
		}
	default:
		return ts.tryObject(id, t, st)
	}
	return Action{}, passed
}

// actionKinds are the actions of the steps that take a time.
var actionKinds = [...]Kind{
	program.Block: Block, program.BlockInPlace: BlockInPlace,
	program.Sleep: Sleep, program.IO: IO, program.Signal: IO, program.Process: Process,
	program.File: File, program.SpawnBlocking: Blocking, program.Call: Call, program.Yield: Yield,
}

// wait lets a task wait for its current step.
func (ts *Tasks) wait(id ID, t *Task) Action {
	st := &t.Program.Steps[t.step]
	switch st.Op {
	case program.Join:
		t.awaits = aHandle
		ts.Get(t.firstHandle).origin = awaited
		return Action{Kind: Wait, Duration: ts.hopWait}
	case program.Lock, program.Send, program.Receive:
		return ts.waitForObject(id, t, st)
	case program.Yield:
		t.step++
		t.awaits = aTurn
		return Action{Kind: Yield}
	default:
		t.begun = false
		t.resuming = true
		t.step++
		t.awaits = something
		a := Action{Kind: actionKinds[st.Op], Duration: t.until - ts.sim.Now()}
		if st.Op == program.Call {
			ts.call(id, t, st, a.Duration)
		}
		return a
	}
}

// pollHandles polls the join handles that the running task holds, up to the first whose task has not ended: the end of that task will wake
// the running one. Each handle that is ready is gone, and costs a hop; nobody else sees when, so all of them pass as one.
func (ts *Tasks) pollHandles(t *Task) (Action, progress) {
	hops := sim.Time(0)
	for t.firstHandle != 0 && !ts.exhausted() {
		child := ts.Get(t.firstHandle)
		if child.state != stateDone {
			break
		}
		if t.begun {
			t.begun = false
		} else {
			hops += ts.hops[program.Join]
		}
		ts.spend()
		done := t.firstHandle
		t.firstHandle = child.sibling
		if t.firstHandle == 0 {
			t.lastHandle = 0
		}
		ts.release(done, child)
	}
	switch {
	case hops > 0:
		return Action{Kind: Compute, Duration: hops}, acts
	case t.firstHandle == 0:
		t.step++
		return Action{}, passed
	case ts.exhausted():
		return Action{}, refused
	default:
		return Action{}, waits
	}
}
