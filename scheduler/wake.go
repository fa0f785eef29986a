// SPDX-License-Identifier: Apache-2.0

package scheduler

// Waker wakes a task from one wait: what is registered with a timer, a socket or a pool in the task's name. When the wait is
// over, however it ended, its waker wakes nobody.
type Waker uint64

// A waker is a place, the generation of what is there, and whether it is a place of a task or of a timeout.
const (
	generationBits         = 31
	generationMask         = 1<<generationBits - 1
	ofTimeout        Waker = 1 << 63
	generationOffset       = 32
)

func makeWaker(place, generation uint32) Waker {
	return Waker(place) | Waker(generation&generationMask)<<generationOffset
}

func (w Waker) place() uint32 { return uint32(w) } //nolint:gosec // G115: the lower half

func (w Waker) is(generation uint32) bool {
	return uint32(w>>generationOffset)&generationMask == generation&generationMask
}

// Waker is the waker of what the task waits for now or will wait for at the end of its running poll.
func (ts *Tasks) Waker(id TaskID) Waker { return makeWaker(uint32(id), ts.Get(id).wakers) }

// WakerOf is the waker for an action of the running task: of a timeout for SetTimer, else of the task.
func (ts *Tasks) WakerOf(id TaskID, a Action) Waker {
	if a.Kind != SetTimer {
		return ts.Waker(id)
	}
	place := uint32(a.Other)
	return makeWaker(place, ts.timeouts.places[place].generation) | ofTimeout
}

// Waited reports whether the waker's wait goes on.
func (ts *Tasks) Waited(w Waker) bool {
	if w&ofTimeout != 0 {
		o := &ts.timeouts.places[w.place()]
		return w.is(o.generation) && !o.elapsed
	}
	t := ts.Get(TaskID(w.place()))
	return w.is(t.wakers) && !t.ready
}

// WakeBy wakes the task of a waker. It reports whether the runtime must queue the task now, see [Tasks.Wake].
func (ts *Tasks) WakeBy(w Waker) (TaskID, bool) {
	if !ts.Waited(w) {
		return 0, false
	}
	id := ts.satisfy(w)
	return id, ts.notify(ts.Get(id))
}

// Ready says that what the running task is about to wait for, or a timer it is about to set, is ready: Step goes on at once.
func (ts *Tasks) Ready(w Waker) { ts.satisfy(w) }

func (ts *Tasks) satisfy(w Waker) TaskID {
	if w&ofTimeout != 0 {
		o := &ts.timeouts.places[w.place()]
		o.elapsed = true
		return o.task
	}
	id := TaskID(w.place())
	ts.Get(id).ready = true
	return id
}

// Registered notes by which number the runtime knows the timer that it registered for a waker. The number is given back
// with ClearTimer.
func (ts *Tasks) Registered(w Waker, timer int32) {
	if w&ofTimeout != 0 {
		ts.timeouts.places[w.place()].timer = timer
		return
	}
	ts.Get(TaskID(w.place())).timer = timer
}

// Wake makes a task runnable because what it waits for is there. It reports whether the runtime must queue it now: a task
// that is queued already is not queued twice, and one that is being polled is queued after that poll, see [Tasks.Pend].
func (ts *Tasks) Wake(id TaskID) bool {
	t := ts.Get(id)
	t.ready = true
	return ts.notify(t)
}

// Cancel lets a task end where it waits now or next: it is polled once more, only to drop what it holds. Cancel reports
// whether the runtime must queue it now.
func (ts *Tasks) Cancel(id TaskID) bool {
	t := ts.Get(id)
	t.cancelled = true
	return ts.notify(t)
}

// Rouse carries out a Wake or Cancel. It reports whether the runtime must queue the task now.
func (ts *Tasks) Rouse(a Action) bool {
	if a.Kind == Cancel {
		return ts.Cancel(a.Other)
	}
	return ts.Wake(a.Other)
}

func (ts *Tasks) notify(t *Task) bool {
	if t.state != stateWaiting {
		t.notified = true
		return false
	}
	t.state = stateQueued
	t.queued = ts.sim.Now()
	return true
}
