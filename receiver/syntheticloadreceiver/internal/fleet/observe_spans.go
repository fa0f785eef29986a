// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// observeSpans keeps spans and what belongs to them; of the given share of traces, each poll.
func (p *process) observeSpans(pollEvents float64) play.Observer {
	o := scheduler.Observer{
		Finished: func(t *scheduler.Finished) { p.finished(t) },
		Span: func(s *scheduler.Span) {
			p.ended(&span{
				number: s.Number, parent: s.Parent, tag: s.Tag, label: s.Label, caller: ownCaller,
				start: s.Start, end: s.End, busy: s.Busy, outcome: s.Outcome, work: s.Work,
			}, s.Thread)
		},
		Event: func(e *scheduler.Event) {
			if e.Span != 0 {
				p.happened(e.Span, spanEvent{at: e.At, label: e.Label, work: e.Work})
			}
		},
	}
	if pollEvents > 0 {
		o.Poll = func(poll *scheduler.Poll) {
			if p.origins.chosen(poll.Tag, pollEvents) {
				p.happened(poll.Task, spanEvent{
					at: poll.Start, label: isPoll, queueWait: poll.Start - poll.Queued, duration: poll.End - poll.Start, worker: poll.Worker,
				})
			}
		}
	}
	return play.Observer{Observer: o, Shed: func(s *play.Shed) { p.turnedAway(s) }}
}

func (p *process) finished(t *scheduler.Finished) {
	if t.Program.Label == workload.Untraced {
		delete(p.events, t.Task) // its polls
		return
	}
	s := span{
		number: t.Task, parent: t.Parent, tag: t.Tag, label: t.Program.Label, caller: ownCaller,
		start: t.Spawned, end: t.End, busy: t.Busy, outcome: t.Outcome, work: t.Work,
		task: true, fields: taskFields{
			queueWait: t.QueueWait, firstPollDelay: t.FirstPoll - t.Spawned, longestPoll: t.LongestPoll,
			polls: t.Polls, steals: t.Steals, forcedYields: t.ForcedYields, worker: t.FirstWorker,
		},
	}
	creator := t.Spawner
	if creator == scheduler.Outside {
		s.calledBy(p.origins, p.instance.Caller(t.Task))
		if p.withoutMain { // the runtime's own thread opens the span
			creator = t.FirstWorker
		}
	}
	p.ended(&s, creator)
}

// calledBy makes the span a child of the one that sent its request.
func (s *span) calledBy(o *origins, c play.Caller) {
	if c.Instance != nil {
		s.parent, s.caller = c.Span, o.places[c.Instance]
	}
}

// turnedAway makes a span of a request that never became a task.
func (p *process) turnedAway(s *play.Shed) {
	turned := span{
		number: p.shedSpan(), tag: s.Tag, label: p.identity.service.Operations[s.Operation].Program.Label, caller: ownCaller,
		start: s.At, end: s.At, outcome: overloaded, work: sim.Stream(p.identity.draws, s.Tag, streamShed),
	}
	turned.calledBy(p.origins, s.Caller)
	p.ended(&turned, scheduler.Outside)
}

// ended gives a span to the SDK, with all that belongs to it. The creator is the thread that opened the span, or Outside. It runs once for
// each span.
func (p *process) ended(s *span, creator int) {
	has := extras{links: p.links.ended(s.label, spanRef{s.tag, s.number, p.place}, &p.spare.links)}
	if len(p.events) > 0 {
		has.events = p.events[s.number]
		delete(p.events, s.number)
	}
	if !p.exporters[Traces].admit() {
		return
	}
	s.thread = p.thread(creator)
	if p.traceSpans {
		s.inTrace = p.origins.traces.number(s.tag, s.parent == 0)
	}
	p.spans.add(s, has)
}

// thread is the place of a thread in the process's table.
func (p *process) thread(creator int) int {
	place := creator - scheduler.Outside
	for place >= len(p.spans.threads) {
		p.spans.threads = append(p.spans.threads, threadName{})
	}
	if t := &p.spans.threads[place]; t.id == 0 {
		t.name = p.instance.Runtime().ThreadName(creator)
		if t.name == semconv.ThreadMain { // also of a runtime without threads of its own
			creator = scheduler.Outside
		}
		t.id = p.identity.threads + scheduler.ThreadID(creator)
	}
	return place
}

// happened keeps an event, and of more than mostEvents the count only: one more stands for all of them.
func (p *process) happened(span uint64, e spanEvent) {
	events, more := p.events[span]
	switch {
	case !more:
		p.events[span] = append(p.spare.events.take(), e)
	case len(events) < mostEvents:
		p.events[span] = append(events, e)
	case len(events) == mostEvents:
		p.events[span] = append(events, spanEvent{more: 1})
	default:
		events[mostEvents].more++
	}
}
