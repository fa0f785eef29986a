// SPDX-License-Identifier: Apache-2.0

package task

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Ended reports whether a task that nobody holds a handle of has ended. It holds until another task is spawned.
func (ts *Tasks) Ended(id ID) bool { return ts.Get(id).state == stateFree }

// Begin starts a poll of a queued task now.
func (ts *Tasks) Begin(id ID, worker int, source scheduler.Source) {
	ts.begin(ts.sim.Now(), ts.Get(id), worker, source)
}

// Moving is what a poll of a queued task on a worker costs beside all else, because another worker polled or made the task last.
func (ts *Tasks) Moving(id ID, worker int) sim.Time {
	if int(ts.Get(id).worker) == worker {
		return 0
	}
	return ts.Migration
}

// BeginAt starts a poll of a queued task at a time that is not past, and returns how long the task computes first. Nothing that others can see happens before the end of that computation. So a worker that has taken a task need not wait for the start of the poll to say when
// the poll starts, nor make an event of its own for the computation.
func (ts *Tasks) BeginAt(at sim.Time, id ID, worker int, source scheduler.Source) sim.Time {
	t := ts.Get(id)
	ts.begin(at, t, worker, source)
	return ts.stepCompute(t)
}

func (ts *Tasks) begin(at sim.Time, t *Task, worker int, source scheduler.Source) {
	if t.state != stateQueued {
		panic(fmt.Sprintf("scheduler: poll of task %d in state %d", t.number, t.state))
	}
	t.state = stateRunning
	t.woken = false
	if t.cancelled {
		t.startUnwinding(0)
	}
	t.queueWait += at - t.queued
	t.pollStart = at
	t.worker = narrow.Int16(worker)
	t.thread = int32(t.worker)
	if ts.Threads != nil && worker != scheduler.Outside {
		t.thread = ts.Threads[worker]
	}
	t.source = source
	if t.polls == 0 {
		t.firstPoll = at
		t.firstWorker = t.worker
		if ts.observer.Started != nil && !t.cancelled {
			ts.reportStarted(t, at)
		}
	}
	t.polls++
}

// Pend ends a poll whose task waits for something. It reports whether the task was woken during the poll: the runtime
// must then queue it as one that woke itself.
func (ts *Tasks) Pend(id ID) bool {
	t := ts.Get(id)
	ts.endPoll(t, false)
	t.state = stateWaiting
	return t.woken && ts.wake(t)
}

// Finish ends the last poll of a task. If another task is to be told, because it awaits the finished one or did so once, Finish returns the
// other: the runtime must wake it by [Tasks.WakeAwaiter].
func (ts *Tasks) Finish(id ID) (awaiter ID) {
	t := ts.Get(id)
	ts.endPoll(t, true)
	ts.finished++
	if ts.observer.Finished != nil {
		ts.reportFinished(t)
	}
	for t.firstHandle != 0 {
		ts.popHandle(t, 0, false)
	}
	switch {
	case t.origin >= blockingJob:
		awaiter = ts.formerAwaiter(t)
		fallthrough
	case t.owner == 0:
		ts.release(id, t)
		return awaiter
	case t.origin == awaited:
		ts.joined(id, t)
		awaiter = t.owner
	}
	t.state = stateDone
	return awaiter
}

// BlockedInPlace notes that the worker of the running poll leaves the task alone on its thread. It reports whether that is the
// first time in this poll.
func (ts *Tasks) BlockedInPlace(id ID) (first bool) {
	t := ts.Get(id)
	first, t.inPlace = !t.inPlace, true
	return first
}

// BackOnWorker notes that the worker is back before it polled another task.
func (ts *Tasks) BackOnWorker(id ID) { ts.Get(id).inPlace = false }

func (ts *Tasks) endPoll(t *Task, ready bool) {
	now := ts.sim.Now()
	d := now - t.pollStart
	t.busy += d
	t.longestPoll = max(t.longestPoll, d)
	if ts.observer.Poll != nil {
		ts.reportPoll(t, now, ready)
	}
	t.inPlace = false
}
