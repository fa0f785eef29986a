// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// openSpans are the spans inside live tasks that have not ended. A task links its own spans, the innermost first.
type openSpans struct {
	places  []openSpan // place 0 is not used
	free    uint32     // places to use again, linked by outer
	numbers *Numbers
}

type openSpan struct {
	number uint64
	parent uint64
	label  int
	start  sim.Time
	busy   sim.Time // of the task, when the span began
	thread int32
	// outcome is TimedOut once a timeout elapsed directly inside the span.
	outcome scheduler.Outcome
	outer   uint32 // the span around this one in the same task; 0: none
}

// firstSpan keeps the numbers of spans apart from those of tasks.
const firstSpan = uint64(1) << 63

// enclosing is the number of the innermost span around what a task does now: a span inside the task, the task, or what was around the
// task when it was spawned.
func (s *openSpans) enclosing(t *Task) uint64 {
	switch {
	case t.span != 0:
		return s.places[t.span].number
	case t.Program.Name != "":
		return t.number
	default:
		return t.parent
	}
}

// own is the number of the innermost span of the task itself; 0 if the task is not traced and has no span open. An event belongs
// to that span, because the span around a task may have ended long ago.
func (s *openSpans) own(t *Task) uint64 {
	if t.span == 0 && t.Program.Name == "" {
		return 0
	}
	return s.enclosing(t)
}

// open begins a span of a running task.
func (s *openSpans) open(t *Task, label int, now sim.Time) {
	s.numbers.spans++
	opened := openSpan{
		number: firstSpan + s.numbers.spans, parent: s.enclosing(t), label: label,
		start: now, busy: t.busyUntil(now), thread: t.thread, outer: t.span,
	}
	place := s.free
	switch {
	case place != 0:
		s.free = s.places[place].outer
	default:
		if len(s.places) == 0 {
			s.places = append(s.places, openSpan{})
		}
		place = narrow.Uint32(len(s.places))
		s.places = append(s.places, openSpan{})
	}
	s.places[place] = opened
	t.span = place
}

// close ends the innermost span of a task, and returns the span.
func (s *openSpans) close(t *Task) openSpan {
	closed := s.places[t.span]
	s.places[t.span].outer = s.free
	s.free = t.span
	t.span = closed.outer
	return closed
}

// noteTimeout notes that a timeout elapsed in the innermost span of a task, or in the task outside of all its spans.
func (s *openSpans) noteTimeout(t *Task) {
	if t.span != 0 {
		s.places[t.span].outcome = scheduler.TimedOut
		return
	}
	t.outcome = scheduler.TimedOut
}
