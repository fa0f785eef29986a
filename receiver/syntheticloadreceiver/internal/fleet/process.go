package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// process is one instance of a service, and what its SDK holds.
type process struct {
	instance  *workload.Instance
	identity  identity
	exporters [signals]exporter
	spans     []span             // of the exporter
	events    map[uint64][]event // by span, of spans that have not been discarded
	links     links
	shed      uint64
	metrics   *runtimemetrics.Sampler // nil: it sends none
	logs      logs
	exited    bool
	endedAt   sim.Time
	givenUp   [signals]uint64 // items that the pipeline did not take
}

// span is the record of a span that has ended, around a task or inside one.
type span struct {
	number, parent, tag uint64
	label, creator      int // creator: the thread, or Outside
	start, end, busy    sim.Time
	outcome             scheduler.Outcome
	work                sim.Rand  // of which its attributes are drawn
	caller              *identity // whose span the parent is; nil: its own process's

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
}

const isPoll = -1

// mostEvents is how many events a span holds; the SDK drops more (OTEL_SPAN_EVENT_COUNT_LIMIT).
const mostEvents = 128

// play starts an instance. It is recorded if this shard sends for it.
func (g *group) play(f *Fleet, network *workload.Network, s *workload.Service, seed uint64, n int, sends bool) {
	var o workload.Observer
	p := &process{identity: newIdentity(s, seed, n), events: map[uint64][]event{}, links: newLinks(s.Spans)}
	if sends {
		for signal := range p.exporters {
			p.exporters[signal].init(&f.sim, s.Export)
		}
		o = p.observer(f)
		g.processes = append(g.processes, p)
	}
	f.origins = append(f.origins, &p.identity)
	p.instance = s.Play(network, seed, n, o)
	f.byInstance[p.instance] = &p.identity
	g.instances = append(g.instances, p.instance)
}

// observer keeps what becomes telemetry of the process.
func (p *process) observer(f *Fleet) (o workload.Observer) {
	if f.options.sends(Traces) {
		o = p.observeSpans(f)
	}
	if f.options.sends(Metrics) {
		p.metrics = runtimemetrics.New(f.options.Metrics, p.identity.service.Runtime.Name == semconv.RuntimeTokio, f.sim.Now())
		if p.metrics != nil && p.metrics.TimesPolls() {
			o.Poll = both(o.Poll, p.metrics.Poll)
		}
	}
	if f.options.sends(Logs) {
		p.observeLogs(&o, f.options.Logs.Level)
	}
	if o.Shed != nil {
		o.Shed = both(func(*workload.Shed) { p.shed++ }, o.Shed)
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

// observeSpans keeps spans, and what belongs to them.
func (p *process) observeSpans(f *Fleet) workload.Observer {
	o := scheduler.Observer{
		Finished: func(t *scheduler.Finished) { p.finished(f, t) },
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
	if f.options.PollEvents > 0 {
		o.Poll = func(poll *scheduler.Poll) {
			if f.chosen(poll.Tag, f.options.PollEvents) {
				p.happened(poll.Task, event{
					at: poll.Start, label: isPoll, queueWait: poll.Start - poll.Queued, duration: poll.End - poll.Start, worker: poll.Worker,
				})
			}
		}
	}
	return workload.Observer{Observer: o, Shed: func(s *workload.Shed) { p.turnedAway(f, s) }}
}

func (p *process) finished(f *Fleet, t *scheduler.Finished) {
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
		s.calledBy(f, p.instance.Caller(t.Task))
		if p.identity.service.Part != "" { // there is no main: the runtime's own thread opens the span
			s.creator = t.FirstWorker
		}
	}
	p.ended(s)
}

// calledBy makes the span a child of the one that sent its request.
func (s *span) calledBy(f *Fleet, c workload.Caller) {
	if c.Instance != nil {
		s.parent, s.caller = c.Span, f.byInstance[c.Instance]
	}
}

// shedSpan is the number of the span of the request that was turned away last. No task gets it.
func (p *process) shedSpan() uint64 { return ^p.shed }

// turnedAway makes a span of a request that never became a task.
func (p *process) turnedAway(f *Fleet, s *workload.Shed) {
	turned := span{
		number: p.shedSpan(), tag: s.Tag, label: p.identity.service.Operations[s.Operation].Program.Label, creator: scheduler.Outside,
		start: s.At, end: s.At, outcome: overloaded, work: sim.Stream(p.identity.spans, s.Tag),
	}
	turned.calledBy(f, s.Caller)
	p.ended(turned)
}

func (p *process) ended(s span) {
	p.links.ended(s.label, spanRef{s.tag, s.number})
	if p.exporters[Traces].admit() {
		p.spans = append(p.spans, s)
	} else {
		p.forget(s.number)
	}
}

// happened keeps an event, and of more than mostEvents the count only: one more stands for all of them.
func (p *process) happened(span uint64, e event) {
	if events := p.events[span]; len(events) <= mostEvents {
		p.events[span] = append(events, e)
	} else {
		events[mostEvents].worker++
	}
}

// discard forgets what was exported.
func (p *process) discard() {
	n := p.exporters[Traces].discard()
	if len(p.events)+len(p.links.of) > 0 {
		for i := range n {
			p.forget(p.spans[i].number)
		}
	}
	p.spans = append(p.spans[:0], p.spans[n:]...)
	if p.exporters[Metrics].discard() > 0 {
		p.metrics.Discard()
	}
	p.logs.discard(p.exporters[Logs].discard())
}

// forget forgets what is kept beside a span.
func (p *process) forget(span uint64) {
	delete(p.events, span)
	p.links.forget(span)
}

// end lets the SDK export what waits, and a last sample.
func (p *process) end(now sim.Time) {
	p.sample(now)
	p.exited, p.endedAt = true, now
	for i := range p.exporters {
		p.exporters[i].flush()
	}
}
