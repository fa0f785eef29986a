// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Kind says what a runtime has to do next for the task it is polling.
type Kind uint32

// The kinds of actions.
const (
	// Nothing: no Step returns it.
	Nothing Kind = iota
	// Compute: let Duration pass on the worker, then Step again.
	Compute
	// Spawn: schedule the new task Other, then Step again.
	Spawn
	// Wake: make the task Other runnable by [Tasks.Rouse], because what it waits for is there; then Step again.
	Wake
	// Woken: a task of another runtime of the process has been woken: let the time of a wake pass on the worker, then Step again.
	Woken
	// Cancel: the same, because it is to end.
	Cancel
	// Done: the poll ends with Finish.
	Done
	// Wait: another task will wake this one; the poll ends with Pend.
	Wait
	// Yield: the poll ends with Pend; the runtime wakes the task by its own rule.
	Yield
	// ForcedYield: the coop budget is used up; the poll ends with Pend, and the runtime wakes the task by its own rule.
	ForcedYield
	// Call: the task has sent a request, whose answer wakes it; the poll ends with Pend.
	Call
	// Blocking: give the blocking pool a job that computes for Duration, whose end wakes the task; the poll ends with Pend.
	Blocking
	// File: the same with a job that waits for a disk, and needs no CPU.
	File
	// Block: let Duration pass on the worker, whose thread needs no CPU for it, then Step again.
	Block
	// BlockInPlace: the same, while the runtime's worker goes on elsewhere.
	BlockInPlace
	// IO: the task's socket is ready after Duration, which wakes the task; the poll ends with Pend. The time may have passed
	// already, for this and the next three: Duration is then not positive, and after Ready Step goes on at once.
	IO
	// Process: start a process, whose end after Duration wakes the task; the poll ends with Pend.
	Process
	// Sleep: register a timer of Duration, which wakes the task; the poll ends with Pend.
	Sleep
	// SetTimer: register a timer of Duration for Waker, then Step again.
	SetTimer
	// ClearTimer: the Timer that was registered for a Sleep or SetTimer is not needed any more; then Step again.
	ClearTimer
)

// Action is what a poll does next. It is kept small, and its fields large: it is what most time goes into.
type Action struct {
	Kind     Kind
	Other    ID // or Timer
	Duration sim.Time
}

// Timer is the number of the timer to clear.
func (a Action) Timer() int32 { return narrow.Int32(uint32(a.Other)) }

// ofTimer is an action with a timer, or a timeout's place, in place of a task.
func ofTimer(kind Kind, timer int32) Action {
	return Action{Kind: kind, Other: ID(narrow.Uint32(timer))}
}

// stepCompute is Step for the case that the running task computes next, which others cannot see: it may be asked before the
// time of the step. It returns 0, and the task stays where it is, if the next step is another.
func (ts *Tasks) stepCompute(t *Task) sim.Time {
	if t.awaits != nothing {
		if !t.ready || t.unwinding {
			return 0
		}
		ts.stopped(t)
	}
	if t.resuming {
		if !ts.spend() {
			return 0
		}
		t.resuming = false
	}
	for int(t.step) < len(t.Program.Steps) {
		st := &t.Program.Steps[t.step]
		if st.Op != program.Compute || t.unwinding {
			return 0
		}
		t.step++
		if d := st.Duration.Sample(&t.work); d > 0 {
			return d
		}
	}
	return 0
}

// progress is how far a step came.
type progress uint8

const (
	passed  progress = iota // on to the next
	acts                    // carry out the action, then go on
	refused                 // for want of budget
	waits                   // not ready
)

// Step returns what the running task does next, at the current time.
func (ts *Tasks) Step(id ID) Action {
	t := ts.Get(id)
	if t.awaits != nothing && !t.unwinding {
		if t.ready {
			ts.stopped(t)
		} else if a, interrupted := ts.interrupted(t); !interrupted {
			return Action{Kind: Wait} // polled for nothing
		} else if a.Kind != Nothing {
			return a
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
			t.resuming = false
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
			t.awaits = something
			t.forcedYields++
			return Action{Kind: ForcedYield}
		}
		return ts.wait(id, t)
	}
}

// end drops the handles that a task still holds, and ends it.
func (ts *Tasks) end(t *Task) Action {
	if ts.CancelOnDrop && t.firstHandle != 0 {
		if a, acts := ts.dropHandles(t, 0); acts {
			return a
		}
	}
	return Action{Kind: Done}
}

// try does the current step of a task, if it need not wait.
func (ts *Tasks) try(id ID, t *Task) (Action, progress) {
	st := &t.Program.Steps[t.step]
	switch st.Op {
	case program.Block, program.BlockInPlace:
		t.step++
		if d := st.Duration.Sample(&t.work); d > 0 {
			return Action{Kind: actionKinds[st.Op], Duration: d}, acts
		}
	case program.Sleep, program.IO, program.Signal, program.Process, program.File, program.SpawnBlocking, program.Call:
		if !t.asked {
			t.asked = true
			t.until = ts.sim.Now() + st.Duration.Sample(&t.work)
		}
		if ts.exhausted() { // the time does not wait for the budget
			return Action{}, refused
		}
		return Action{}, waits
	case program.Yield:
		return Action{}, waits
	case program.Spawn: // all of them
		t.repeat = 0
		t.step++
	case program.Join:
		if t.firstHandle != 0 {
			return Action{}, ts.pollHandle(t)
		}
		t.step++
	case program.Cancel:
		if id := ts.popHandle(t, 0); id != 0 {
			if ts.Get(id).state == stateFree {
				return Action{}, passed
			}
			return Action{Kind: Cancel, Other: id}, acts
		}
		t.step++
	case program.Timeout:
		t.step++
		ts.openTimeout(id, t, st.Duration.Sample(&t.work))
	case program.EndTimeout:
		t.step++
		if a, isSet := ts.closeTimeout(t); isSet {
			return a, acts
		}
	case program.Span:
		t.step++
		ts.openSpan(t, st.Label)
	case program.EndSpan:
		t.step++
		ts.closeSpan(t, scheduler.Completed)
	case program.Event:
		t.step++
		if ts.observer.Event != nil {
			ts.eventReport = scheduler.Event{Span: ts.own(t), Tag: t.tag, Label: st.Label, At: ts.sim.Now(), Work: t.work}
			ts.observer.Event(&ts.eventReport)
		}
	default:
		return ts.tryObject(t, st)
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
		return Action{Kind: Wait}
	case program.Lock, program.Send, program.Receive:
		return ts.waitForObject(id, t, st)
	case program.Yield:
		t.step++
		t.awaits = something
		return Action{Kind: Yield}
	default:
		t.asked = false
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

// call hands a request to whoever carries it to another service.
func (ts *Tasks) call(id ID, t *Task, st *program.Step, network sim.Time) {
	if ts.observer.Call == nil {
		panic("scheduler: a task calls another service, and no scheduler.Observer.Call carries the request")
	}
	ts.callReport = scheduler.Request{Span: ts.own(t), Tag: t.tag, Label: st.Label, Network: network, Seed: t.work.Uint64(), Waker: ts.Waker(id)}
	ts.observer.Call(&ts.callReport)
}

// pollHandle polls the first join handle that the running task holds. If the task behind it has ended the handle is gone; if not, its
// end will wake this one.
func (ts *Tasks) pollHandle(t *Task) progress {
	if ts.exhausted() {
		return refused
	}
	child := ts.Get(t.firstHandle)
	if child.state != stateDone {
		return waits
	}
	ts.spend()
	done := t.firstHandle
	t.firstHandle = child.sibling
	if t.firstHandle == 0 {
		t.lastHandle = 0
	}
	ts.release(done, child)
	return passed
}

// exhausted reports whether the worker's budget is used up.
func (ts *Tasks) exhausted() bool { return ts.Budget != nil && *ts.Budget == 0 }

// spend takes a unit of the worker's budget and reports false if there is none.
func (ts *Tasks) spend() bool {
	if ts.Budget == nil {
		return true
	}
	if *ts.Budget == 0 {
		return false
	}
	*ts.Budget--
	if *ts.Budget == 0 {
		ts.budgetsSpent++
	}
	return true
}

// NotReady notes that what the running task polled is not ready: the unit of the budget that it took is given back. Tokio
// counts a budget that reaches 0 all the same.
func (ts *Tasks) NotReady() {
	if ts.Budget != nil && *ts.Budget == 1 {
		ts.budgetsSpent++
	}
}

// BudgetsSpent counts how often a coop budget reached zero.
func (ts *Tasks) BudgetsSpent() uint64 { return ts.budgetsSpent }
