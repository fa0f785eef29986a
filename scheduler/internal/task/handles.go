// SPDX-License-Identifier: Apache-2.0

package task

// popHandle takes from a task its first handle of a task that was spawned after a number of others, and returns the task behind the
// handle; 0 if there is none. If the task behind the handle has ended, nothing is left of it.
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

// dropHandles drops the handles of tasks that were spawned after a number of others. acts: the action is to be carried out, and there may
// be more handles.
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
