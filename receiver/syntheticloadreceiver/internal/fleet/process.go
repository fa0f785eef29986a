// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// process is one instance of a service, and what its SDK holds.
type process struct {
	group     *group
	number    int // of all processes of the fleet
	instance  *play.Instance
	identity  identity
	exporters [signals]exporter
	spans     []span             // of the exporter
	events    map[uint64][]event // by span, of spans that have not ended
	links     links
	spare     spare
	shed      uint64
	metrics   *runtimemetrics.Sampler // nil: it sends none
	reader    reader                  // of metrics
	logs      logs
	exited    bool
	endedAt   sim.Time
	givenUp   [signals]uint64       // items that the pipeline did not take
	refused   [signals]stamp.Ranges // their numbers
}

// span is the record of a span that has ended, around a task or inside one.
type span struct {
	number, parent, tag uint64
	label, creator      int // creator: the thread, or Outside
	start, end, busy    sim.Time
	outcome             scheduler.Outcome
	work                sim.Rand  // of which its attributes are drawn
	caller              *identity // whose span the parent is; nil: its own process's
	thread              string    // name of the creator's
	threadID            int64
	events              []event
	links               []spanRef

	task   bool // around a task: the rest is known
	fields taskFields
}

// taskFields are what a service records that measures its own futures.
type taskFields struct {
	queueWait, firstPollDelay, longestPoll sim.Time
	polls, steals, forcedYields            uint32
	worker                                 int
}

// event is one of the events in a span: of the workload, or a poll.
type event struct {
	at    sim.Time
	label int // of the workload; isPoll
	work  sim.Rand

	queueWait, duration sim.Time
	worker              int

	more uint32 // in place of event mostEvents: how many were dropped
}

const isPoll = -1

// mostEvents is how many events a span holds; the SDK drops more (OTEL_SPAN_EVENT_COUNT_LIMIT).
const mostEvents = 128

// observer keeps what becomes telemetry of the process.
func (p *process) observer(with *Options) (o play.Observer) {
	if with.sends(Traces) {
		o = p.observeSpans(with.PollEvents)
	}
	if with.sends(Metrics) {
		p.metrics = runtimemetrics.New(with.Metrics, p.identity.service.Runtime.Crate(), p.group.sim.Now())
		if p.metrics != nil && p.metrics.TimesPolls() {
			o.Poll = both(o.Poll, p.metrics.Poll)
		}
	}
	if with.sends(Logs) {
		p.observeLogs(&o, with.Logs.Level)
	}
	if o.Shed != nil {
		o.Shed = both(func(*play.Shed) { p.shed++ }, o.Shed)
	}
	return o
}

func both[T any](first, second func(*T)) func(*T) {
	if first == nil {
		return second
	}
	return func(x *T) {
		first(x)
		second(x)
	}
}

// observeSpans keeps spans and what belongs to them; of the given share of traces, each poll.
func (p *process) observeSpans(pollEvents float64) play.Observer {
	o := scheduler.Observer{
		Finished: func(t *scheduler.Finished) { p.finished(t) },
		Span: func(s *scheduler.Span) {
			p.ended(span{
				number: s.Number, parent: s.Parent, tag: s.Tag, label: s.Label, creator: s.Thread,
				start: s.Start, end: s.End, busy: s.Busy, outcome: s.Outcome, work: s.Work,
			})
		},
		Event: func(e *scheduler.Event) {
			if e.Span != 0 {
				p.happened(e.Span, event{at: e.At, label: e.Label, work: e.Work})
			}
		},
	}
	if pollEvents > 0 {
		o.Poll = func(poll *scheduler.Poll) {
			if p.group.chosen(poll.Tag, pollEvents) {
				p.happened(poll.Task, event{
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
		number: t.Task, parent: t.Parent, tag: t.Tag, label: t.Program.Label, creator: t.Spawner,
		start: t.Spawned, end: t.End, busy: t.Busy, outcome: t.Outcome, work: t.Work,
		task: true, fields: taskFields{
			queueWait: t.QueueWait, firstPollDelay: t.FirstPoll - t.Spawned, longestPoll: t.LongestPoll,
			polls: t.Polls, steals: t.Steals, forcedYields: t.ForcedYields, worker: t.FirstWorker,
		},
	}
	if t.Spawner == scheduler.Outside {
		s.calledBy(p.group, p.instance.Caller(t.Task))
		if p.identity.service.Part != "" { // there is no main: the runtime's own thread opens the span
			s.creator = t.FirstWorker
		}
	}
	p.ended(s)
}

// calledBy makes the span a child of the one that sent its request.
func (s *span) calledBy(g *group, c play.Caller) {
	if c.Instance != nil {
		s.parent, s.caller = c.Span, g.byInstance[c.Instance]
	}
}

// shedSpan is the number of the span of the request that was turned away last. No task gets it.
func (p *process) shedSpan() uint64 { return ^p.shed }

// turnedAway makes a span of a request that never became a task.
func (p *process) turnedAway(s *play.Shed) {
	turned := span{
		number: p.shedSpan(), tag: s.Tag, label: p.identity.service.Operations[s.Operation].Program.Label, creator: scheduler.Outside,
		start: s.At, end: s.At, outcome: overloaded, work: sim.Stream(p.identity.draws, s.Tag, streamShed),
	}
	turned.calledBy(p.group, s.Caller)
	p.ended(turned)
}

// ended gives a span to the SDK, with all that belongs to it.
func (p *process) ended(s span) {
	s.links = p.links.ended(s.label, spanRef{s.tag, s.number}, &p.spare.ofLinks)
	if len(p.events) > 0 {
		s.events = p.events[s.number]
		delete(p.events, s.number)
	}
	if !p.exporters[Traces].admit() {
		return
	}
	s.thread = p.instance.Runtime().ThreadName(s.creator)
	if s.thread == semconv.ThreadMain { // also of a runtime without threads of its own
		s.creator = scheduler.Outside
	}
	s.threadID = p.identity.threads + scheduler.ThreadID(s.creator)
	p.spans = append(p.spans, s)
}

// happened keeps an event, and of more than mostEvents the count only: one more stands for all of them.
func (p *process) happened(span uint64, e event) {
	events, more := p.events[span]
	switch {
	case !more:
		p.events[span] = append(p.spare.events(), e)
	case len(events) < mostEvents:
		p.events[span] = append(events, e)
	case len(events) == mostEvents:
		p.events[span] = append(events, event{more: 1})
	default:
		events[mostEvents].more++
	}
}

// discard forgets what was exported. Requests may still hold it: what waits goes on in other buffers.
func (p *process) discard() {
	if n := p.exporters[Traces].discard(); n > 0 {
		p.spans = append(p.spare.spans(), p.spans[n:]...)
	}
	if n := p.exporters[Logs].discard(); n > 0 {
		p.logs.records = append(p.spare.records(), p.logs.records[n:]...)
	}
	if p.exporters[Metrics].discard() > 0 {
		p.metrics.Discard()
	}
}

// recycle keeps the buffers of a part for later; whole: the part is all that its buffers hold.
func (p *process) recycle(it *part, whole bool) {
	for i := range it.spans {
		p.spare.keep(&it.spans[i])
	}
	if whole && cap(it.spans) > 0 {
		p.spare.ofSpans = append(p.spare.ofSpans, it.spans[:0])
	}
	if whole && cap(it.records) > 0 {
		p.spare.ofRecords = append(p.spare.ofRecords, it.records[:0])
	}
}

// spare are buffers to use again.
type spare struct {
	ofSpans   [][]span
	ofRecords [][]logRecord
	ofEvents  [][]event
	ofLinks   [][]spanRef
}

func (s *spare) spans() []span        { return pop(&s.ofSpans) }
func (s *spare) records() []logRecord { return pop(&s.ofRecords) }
func (s *spare) events() []event      { return pop(&s.ofEvents) }

func pop[T any](of *[][]T) []T {
	last := len(*of) - 1
	if last < 0 {
		return nil
	}
	b := (*of)[last]
	*of = (*of)[:last]
	return b
}

// keep takes a span's lists.
func (s *spare) keep(of *span) {
	if of.events != nil {
		s.ofEvents = append(s.ofEvents, of.events[:0])
	}
	if of.links != nil {
		s.ofLinks = append(s.ofLinks, of.links[:0])
	}
}

// end lets the SDK export what waits, and a last sample.
func (p *process) end(now sim.Time) {
	p.sample(now)
	p.exited, p.endedAt = true, now
	for i := range p.exporters {
		p.exporters[i].flush()
	}
}
