// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// A waker is a place, the generation of what is there, and whether it is a place of a task or of a timeout. Because the generation
// moves on when a wait ends, an old waker wakes nobody.
const (
	generationBits                   = 31
	generationMask                   = 1<<generationBits - 1
	ofTimeout        scheduler.Waker = 1 << 63
	generationOffset                 = 32
	placeMask                        = 1<<generationOffset - 1
)

func makeWaker(place, generation uint32) scheduler.Waker {
	return scheduler.Waker(place) | scheduler.Waker(generation&generationMask)<<generationOffset
}

func placeOf(w scheduler.Waker) uint32 { return uint32(w & placeMask) }

func isOf(w scheduler.Waker, generation uint32) bool {
	return uint32(w>>generationOffset&generationMask) == generation&generationMask
}

// Waker is the waker of what the task waits for now or will wait for at the end of its running poll.
func (ts *Tasks) Waker(id ID) scheduler.Waker { return makeWaker(uint32(id), ts.Get(id).wakers) }

// WakerOf is the waker for an action of the running task: of a timeout for SetTimer, else of the task.
func (ts *Tasks) WakerOf(id ID, a Action) scheduler.Waker {
	if a.Kind != SetTimer {
		return ts.Waker(id)
	}
	place := uint32(a.Other)
	return makeWaker(place, ts.timeouts.places[place].generation) | ofTimeout
}

// Waited reports whether the waker's wait goes on.
func (ts *Tasks) Waited(w scheduler.Waker) bool {
	if w&ofTimeout != 0 {
		o := &ts.timeouts.places[placeOf(w)]
		return isOf(w, o.generation) && !o.elapsed
	}
	t := ts.Get(ID(placeOf(w)))
	return isOf(w, t.wakers) && !t.ready
}

// Registered notes by which number the runtime knows the timer that it registered for a waker. The number is given back
// with ClearTimer.
func (ts *Tasks) Registered(w scheduler.Waker, timer int32) {
	if w&ofTimeout != 0 {
		ts.timeouts.places[placeOf(w)].timer = timer
		return
	}
	ts.Get(ID(placeOf(w))).timer = timer
}
