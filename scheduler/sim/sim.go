// SPDX-License-Identifier: Apache-2.0

// Package sim is the discrete-event core under the scheduler models: a virtual clock, a queue of events ordered by
// time, and random streams.
//
// A [Simulation] holds one clock and one queue. Components register a [Handler] and schedule events for it; [Simulation.Run]
// moves the clock from event to event and calls the handlers. Events at the same time run in the order in which they were
// scheduled, so a simulation is a pure function of its inputs: no wall clock, no goroutines, no locks. Several runtimes that
// call each other share one Simulation.
//
// Most steps of a worker touch nothing that another worker could see before the next event. [Simulation.Advance] lets a
// handler move the clock itself in that case and carry on, without a round trip through the queue; it refuses as soon
// as another event is due first, so the order of events is the same with and without it.
//
// Package sim is the ground floor of scheduler: it knows no task and no thread. Package program draws durations from its streams; package
// host, package blocking and the models schedule their events on its clock; package workload/play plays a whole fleet on one
// Simulation.
package sim

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
)

// Simulation is a virtual clock and the events ahead of it. The zero value is ready to use. Not safe for concurrent use.
type Simulation struct {
	now      Time
	from     Time // of the event that is handled; or, since Advance moved the clock, where it moved from
	limit    Time // Run's until: Advance does not pass it
	seq      uint64
	queue    queue
	handlers []Handler
}

// Register adds a handler and returns the target that events for it must name.
func (s *Simulation) Register(h Handler) Target {
	s.handlers = append(s.handlers, h)
	return Target(narrow.Int32(len(s.handlers) - 1))
}

// Now is the current virtual time.
func (s *Simulation) Now() Time { return s.now }

// Schedule queues an event for a target. A time in the past counts as now.
func (s *Simulation) Schedule(at Time, target Target, kind uint8, arg uint64) {
	s.seq++
	s.queue.push(due{max(at, s.now), s.now, s.seq}, message{arg, target, kind})
}

// ScheduleFrom is Schedule for who leaves out events in which nothing would have happened. Among the events of the same time, this one
// runs as if it had been scheduled at the time from, by the last of those that are left out; and among those that were scheduled at
// that time too, behind all others, by rank.
func (s *Simulation) ScheduleFrom(from, at Time, rank uint64, target Target, kind uint8, arg uint64) {
	s.queue.push(due{max(at, s.now), from, rank | ranked}, message{arg, target, kind})
}

// ranked is set in the order of events that have a rank.
const ranked = 1 << 63

// Advance moves the clock forward by d and reports true if no event is due by then and the current Run goes that far.
// Otherwise it changes nothing: the caller must Schedule its continuation and return.
// It is for handlers only: outside Run it reports false.
func (s *Simulation) Advance(d Time) bool {
	return s.AdvanceFrom(s.now, s.now+d)
}

// AdvanceFrom is Advance, to a time, for who leaves out events in which nothing would have happened, like [Simulation.ScheduleFrom].
func (s *Simulation) AdvanceFrom(from, to Time) bool {
	if to > s.limit || s.Next() <= to {
		return false
	}
	s.from, s.now = from, to
	return true
}

// From is when what is being handled now was scheduled; or, since Advance moved the clock, where it moved from.
func (s *Simulation) From() Time { return s.from }

// Precedes reports whether what is being handled now comes before an event that was, or would have been, scheduled at the time from for
// the time at.
func (s *Simulation) Precedes(from, at Time) bool {
	return s.now < at || (s.now == at && s.from < from)
}

// Run handles every event due up to and including until, then sets the clock to until.
func (s *Simulation) Run(until Time) {
	s.limit = until
	for !s.queue.empty() {
		first := s.queue.first()
		if first.at > until {
			break
		}
		s.now, s.from = first.at, first.from
		m := first.message
		s.queue.removeFirst()
		s.handlers[m.target].Handle(Event{At: s.now, Arg: m.arg, Kind: m.kind})
	}
	s.now = max(s.now, until)
	s.limit = -1
}

// Next is the time of the next event, or Never.
func (s *Simulation) Next() Time {
	if s.queue.empty() {
		return Never
	}
	return s.queue.first().at
}
