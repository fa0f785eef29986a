// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
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
	// Wake: make the task Other runnable by [Tasks.WakeOther], because what the task waits for is there, or was; then Step again.
	Wake
	// Woken: a task of another runtime of the process has been woken: let the time of a wake pass on the worker, then Step again.
	Woken
	// Cancel: make the task Other runnable by [Tasks.WakeOther], because the task is to end; then Step again.
	Cancel
	// Done: the poll ends with Finish.
	Done
	// Wait: another task will wake the running one; the poll ends with Pend, and the worker pays Duration with what it does next.
	Wait
	// Yield: the poll ends with Pend; the runtime wakes the task by its own rule.
	Yield
	// ForcedYield: the coop budget is used up; the poll ends with Pend, and the runtime wakes the task by its own rule.
	ForcedYield
	// Call: the task has sent a request, whose answer wakes it; the poll ends with Pend.
	Call
	// Blocking: give the blocking pool a job that computes for Duration, whose end wakes the task; the poll ends with Pend.
	Blocking
	// File: give the blocking pool a job that waits for a disk and needs no CPU, and whose end wakes the task; the poll ends with Pend.
	File
	// Block: let Duration pass on the worker, whose thread needs no CPU meanwhile, then Step again.
	Block
	// BlockInPlace: let Duration pass on the thread, which needs no CPU, while the worker goes on on another thread; then Step again.
	BlockInPlace
	// IO: the task's socket is ready after Duration, which wakes the task; the poll ends with Pend. The time may have passed
	// already, for IO, Process, Sleep and SetTimer: Duration is then not positive, and after [Tasks.Ready] Step goes on at once.
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

// Action is what a poll does next. An Action is small and its fields are large, because a simulation spends most of its time on actions.
type Action struct {
	Kind     Kind
	Other    ID // or Timer
	Duration sim.Time
}

// Timer is the number of the timer to clear.
func (a Action) Timer() int32 { return narrow.Int32(uint32(a.Other)) }

// ofTimer is an action whose Other is a timer, or the place of a timeout.
func ofTimer(kind Kind, timer int32) Action {
	return Action{Kind: kind, Other: ID(narrow.Uint32(timer))}
}

// progress is how far a step came.
type progress uint8

const (
	passed  progress = iota // on to the next
	acts                    // carry out the action, then go on
	refused                 // for want of budget
	waits                   // not ready
)

// after is the progress of a step that may have an action.
func after(a Action, has bool) (Action, progress) {
	if has {
		return a, acts
	}
	return a, passed
}
