// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// openTimeouts are the timeouts inside live tasks that have not ended. A task links its own timeouts, the innermost first.
type openTimeouts struct {
	places []openTimeout // place 0 is not used
	free   uint32        // places to use again, linked by outer
}

type openTimeout struct {
	deadline   sim.Time
	spawned    uint64 // tasks spawned when the timeout began: the handles of later tasks are dropped with the timeout
	task       ID
	outer      uint32 // the timeout around this one in the same task; 0: none
	generation uint32 // of the wakers
	timer      int32  // as the runtime knows it; 0: none
	start      int32  // first step inside
	set        bool   // the timer is
	elapsed    bool
}

// open begins a timeout of a task, after a number of tasks was spawned. The timer is not set yet: most timeouts end before their task
// waits, and Rust registers a timer when the future is polled and has to wait.
func (s *openTimeouts) open(id ID, t *Task, deadline sim.Time, spawned uint64) {
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
		deadline: deadline, spawned: spawned, task: id, outer: t.timeout,
		generation: s.places[place].generation + 1, start: t.step,
	}
	t.timeout = place
}

// close ends the innermost timeout of a task. isSet: the timeout's timer is set, and the action clears the timer.
func (s *openTimeouts) close(t *Task) (a Action, isSet bool) {
	o := &s.places[t.timeout]
	a, isSet = ofTimer(ClearTimer, o.timer), o.set && !o.elapsed
	o.generation++
	t.timeout, o.outer, s.free = o.outer, s.free, t.timeout
	return a, isSet
}
