// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// ID is a task's place in [Tasks]; it is reused after the task is gone. 0 is no task.
type ID uint32

type taskState uint8

const (
	stateFree taskState = iota
	stateWaiting
	stateQueued
	stateRunning
	stateDone // finished, but another task still holds its handle
)

// Task is one live task: three cache lines, of which a poll that waits for nothing touches two. Its size bounds how many fit
// (TestTaskSize).
type Task struct {
	Program   *program.Program
	work      sim.Rand
	queued    sim.Time // made runnable, while queued
	pollStart sim.Time
	busy      sim.Time
	queueWait sim.Time
	// Next links the task into the queue that holds it; it belongs to that queue.
	Next      ID
	step      int32 // the step to run next
	worker    int16 // of the running poll, or of the last; before the first, of whoever made the task
	source    scheduler.Source
	state     taskState
	awaits    wait
	ready     bool // what it awaits
	resuming  bool // what it awaited is to be taken by its next step; while it listens: its next poll is another attempt
	unwinding bool

	longestPoll sim.Time
	firstPoll   sim.Time
	spawned     sim.Time
	number      uint64
	polls       uint32
	wakers      uint32 // generation of its wakers: older ones wake nobody
	timer       int32  // of the sleep it awaits, as the runtime knows it; 0: none
	owner       ID     // holder of the join handle; 0 when detached; see handles.go
	firstHandle ID     // handles this task holds, in the order of spawning
	thread      int32  // of the running poll
	firstWorker int16
	begun       bool // its step: it asked for what it waits for and was refused, or its hop has passed
	woken       bool // while it was polled
	cancelled   bool // to be dropped where it next waits
	inPlace     bool // the running poll goes on without a worker
	origin      origin
	outcome     scheduler.Outcome

	until        sim.Time // what it waits for, or asked for and was refused, is ready; a lock: since when it waits
	tag          uint64
	parent       uint64
	lastHandle   ID
	sibling      ID     // the owner's next handle
	spawner      int32  // thread, or scheduler.Outside
	span         uint32 // innermost open span: a place in Tasks.spans, 0: none
	timeout      uint32 // innermost open timeout: a place in Tasks.timeouts, 0: none
	dropping     uint32 // while unwinding: the timeout that elapsed, 0: all of the task
	unwound      int32  // while unwinding: the steps from here on have been undone
	repeat       int32  // tasks already spawned by the current Spawn step
	steals       uint32
	forcedYields uint32
}

// origin is how a task came to be.
type origin uint8

const (
	child       origin = iota // another task spawned it
	awaited                   // another task spawned it, and has awaited its end at least once
	root                      // spawned from outside
	blockingJob               // made by NewBlockingJob: joiner awaits it
	forsaken                  // another task has awaited it, and dropped its handle since
)

// wait is what a task waits for: one thing at a time, and the timeouts around it.
type wait uint8

const (
	nothing   wait = iota
	something      // known to whoever has its waker: a timer, a socket, a job
	aTurn          // to be polled again
	aHandle        // the end of its first handle's task
	aMutex         // of Tokio's, which is the task's own when the task is woken
	aPlace         // in Tokio's channel, likewise
	aMessage       // of Tokio's channel, or the turn to receive
	// From here on the task listens: when it is woken it tries again.
	aLock        // of async-lock's mutex
	aStarvedLock // likewise, after too long a time
	aChannel     // async-channel's
)

func (w wait) listens() bool { return w >= aLock }

// retries reports whether the poll of a task that listens is another attempt. One at a lock is only if the task was notified.
func (t *Task) retries() bool {
	if !t.awaits.listens() || !t.resuming && !t.begun {
		return false
	}
	t.resuming = false
	return t.ready || t.awaits == aChannel
}

// startUnwinding lets the next Step begin to drop what a timeout surrounds; place 0 is the whole task.
func (t *Task) startUnwinding(place uint32) {
	t.unwinding, t.dropping, t.unwound = true, place, notBegun
	t.repeat, t.begun = 0, false
}

const notBegun = -1

// busyUntil is how long the running task has been polled.
func (t *Task) busyUntil(now sim.Time) sim.Time { return t.busy + now - t.pollStart }
