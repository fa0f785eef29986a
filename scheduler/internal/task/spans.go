// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// openSpans are the spans inside live tasks that have not ended. A task links its own, innermost first.
type openSpans struct {
	places []openSpan // place 0 is not used
	free   uint32     // places to use again, linked by outer
	opened uint64
}

type openSpan struct {
	number uint64
	parent uint64
	label  int
	start  sim.Time
	busy   sim.Time // of the task, when the span began
	thread int32
	// outcome is TimedOut once a timeout elapsed directly inside.
	outcome scheduler.Outcome
	outer   uint32 // the span around it in the same task; 0: none
}

// firstSpan keeps the numbers of spans apart from those of tasks.
const firstSpan = uint64(1) << 63

// enclosing is the number of the innermost span around what a task does now: a span inside it, itself, or what was around it
// when it was spawned.
func (ts *Tasks) enclosing(t *Task) uint64 {
	switch {
	case t.span != 0:
		return ts.spans.places[t.span].number
	case t.Program.Name != "":
		return t.number
	default:
		return t.parent
	}
}

// own is the number of the innermost span of the task itself; 0 if it is not traced and has none open. An event belongs
// there: the span around a task may have ended long ago.
func (ts *Tasks) own(t *Task) uint64 {
	if t.span == 0 && t.Program.Name == "" {
		return 0
	}
	return ts.enclosing(t)
}

// busyNow is how long the running task has been polled up to now.
func (ts *Tasks) busyNow(t *Task) sim.Time { return t.busy + ts.sim.Now() - t.pollStart }

func (ts *Tasks) openSpan(t *Task, label int) {
	s := &ts.spans
	s.opened++
	opened := openSpan{
		number: firstSpan + s.opened, parent: ts.enclosing(t), label: label,
		start: ts.sim.Now(), busy: ts.busyNow(t), thread: t.thread, outer: t.span,
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

// noteTimeout notes that a timeout elapsed in the innermost span of a task, or in the task outside of its spans.
func (ts *Tasks) noteTimeout(t *Task) {
	if t.span != 0 {
		ts.spans.places[t.span].outcome = scheduler.TimedOut
		return
	}
	t.outcome = scheduler.TimedOut
}

// closeSpan ends the innermost span. Its outcome is TimedOut, if that was noted and it is not Cancelled.
func (ts *Tasks) closeSpan(t *Task, outcome scheduler.Outcome) {
	s := &ts.spans
	closed := s.places[t.span]
	s.places[t.span].outer = s.free
	s.free = t.span
	t.span = closed.outer
	if ts.observer.Span != nil {
		ts.spanReport = scheduler.Span{
			Number: closed.number, Parent: closed.parent, Tag: t.tag, Label: closed.label, Thread: int(closed.thread),
			Start: closed.start, End: ts.sim.Now(), Busy: ts.busyNow(t) - closed.busy,
			Outcome: max(outcome, closed.outcome), Work: t.work,
		}
		ts.observer.Span(&ts.spanReport)
	}
}
