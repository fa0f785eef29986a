// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
)

// Who has polled a join handle whose task had not ended is told when that task ends, whether it still awaits the task then or not: its waker
// lies in the handle. A handle of Tokio takes the waker along when it is dropped. One of async-task leaves the waker behind if it detaches
// the task (async-std), and wakes it at once if it cancels the task (schedulers.md 2.5).

// joiner is the waker of the task that awaits a blocking job. A blocking job has no owner and holds no handles, so the fields for these hold
// the waker, and the number of the task.
func (t *Task) joiner() scheduler.Waker { return makeWaker(uint32(t.sibling), uint32(t.lastHandle)) }

func (t *Task) setJoiner(by ID, joiner *Task) {
	t.origin, t.sibling, t.lastHandle, t.owner = blockingJob, by, ID(joiner.wakers), joiner.low()
}

// low is the lower half of a task's number, which tells the task from the next ones at its place.
func (t *Task) low() ID { return ID(t.number & (1<<32 - 1)) }

// joined notes that the task behind a handle has ended, if the holder awaits it now.
func (ts *Tasks) joined(id ID, t *Task) {
	if owner := ts.Get(t.owner); owner.awaits == aHandle && owner.firstHandle == id {
		owner.ready = true
	}
}

// formerAwaiter is the task that has awaited the end of one whose handle is gone; 0 if there is none any more.
func (ts *Tasks) formerAwaiter(t *Task) ID {
	awaiter := ts.Get(t.sibling)
	if awaiter.state == stateFree || awaiter.low() != t.owner {
		return 0
	}
	if t.origin == blockingJob && ts.Waited(t.joiner()) {
		awaiter.ready = true
	}
	return t.sibling
}

// popHandle takes from a task its first handle of a task that was spawned after a number of others, and returns the task behind the
// handle; 0 if there is none. If the task behind the handle has ended, nothing is left of it. Cancels: it is to be cancelled.
func (ts *Tasks) popHandle(t *Task, spawned uint64, cancels bool) ID {
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
	ts.letGo(t, c, cancels)
	if c.state == stateDone {
		ts.release(id, c)
	}
	return id
}

// letGo parts a task from the handle that was popped.
func (ts *Tasks) letGo(t, c *Task, cancels bool) {
	holder := c.owner
	c.owner, c.sibling = 0, 0
	if c.origin != awaited || c.state == stateDone || ts.Crate != process.SmolRS {
		return
	}
	if cancels {
		t.woken = true
		return
	}
	c.origin, c.owner, c.sibling = forsaken, t.low(), holder
}

// dropHandles drops the handles of tasks that were spawned after a number of others. acts: the action is to be carried out, and there may
// be more handles.
func (ts *Tasks) dropHandles(t *Task, spawned uint64) (a Action, acts bool) {
	for {
		id := ts.popHandle(t, spawned, ts.CancelOnDrop)
		if id == 0 {
			return Action{}, false
		}
		if ts.CancelOnDrop && ts.Get(id).state != stateFree {
			return Action{Kind: Cancel, Other: id}, true
		}
	}
}
