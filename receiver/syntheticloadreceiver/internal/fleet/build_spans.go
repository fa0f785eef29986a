// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const sampled = 1 // W3C trace flags, as the Rust SDK exports them

// Traces builds the spans of a request: of each process in the order in which they ended. Virtual time 0 is epoch, or what the process's clock
// shows then. So it is with metrics and logs.
func (f *Fleet) Traces(r *Request, epoch time.Time) ptrace.Traces {
	if r.odd != nil {
		return f.oddTraces(r, epoch)
	}
	f.note(r, epoch)
	td := ptrace.NewTraces()
	td.ResourceSpans().EnsureCapacity(len(r.parts))
	var attributes xpdata.MapBuilder // of one span after the other
	for i := range r.parts {
		part := &r.parts[i]
		p := part.process
		epoch := p.identity.clock(epoch)
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl(semconv.SchemaURL) // of async_runtime.simulated
		in := f.contents.resource(p, rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(p.identity.scope)
		in = in.scoped(ss.Scope(), "")
		if r.ends {
			f.buildSpansEnd(ss.Spans().AppendEmpty(), p, epoch)
			continue
		}
		spans := ss.Spans()
		spans.EnsureCapacity(part.count)
		for k := range part.spans.list {
			f.build(spans.AppendEmpty(), &attributes, part, k, epoch, in)
		}
	}
	return td
}

// build writes a span of a part, by its place there. It runs once per span: the attributes go through an empty MapBuilder, because Put
// looks for each key.
func (f *Fleet) build(span ptrace.Span, b *xpdata.MapBuilder, part *part, place int, epoch time.Time, in within) {
	s, p := &part.spans.list[place], part.process
	id := &p.identity
	what := &id.service.Spans[s.label]
	span.SetTraceID(p.origins.traceID(s.tag))
	span.SetSpanID(id.spanID(s.number))
	parent := id
	if s.caller != ownCaller {
		parent = p.origins.identities[s.caller]
	}
	span.SetParentSpanID(parent.spanID(s.parent))
	span.SetFlags(sampled)
	if f.options.Randomness {
		rv := p.origins.randomness(s.tag)
		span.TraceState().FromRaw(stamp.State(rv))
		f.classes.drawn(rv)
	}
	span.SetName(what.Name)
	span.SetKind(spanKinds[what.Kind])
	span.SetStartTimestamp(timestamp(epoch, s.start))
	span.SetEndTimestamp(timestamp(epoch, s.end))
	draws := workload.DrawsOf(s.work, s.label)
	attributes, isError, message := id.looks[s.label].ended(what, s.outcome, draws)
	if isError {
		span.Status().SetCode(ptrace.StatusCodeError)
		span.Status().SetMessage(message)
	}
	has := part.spans.has(s)
	p.buildEvents(span, has.events, epoch)
	for _, l := range has.links {
		link := span.Links().AppendEmpty()
		link.SetTraceID(p.origins.traceID(l.tag))
		link.SetSpanID(p.origins.identities[l.place].spanID(l.number))
		link.SetFlags(sampled)
	}

	n := len(attributes) + tracingAttributes
	hasFields, hasStamp := s.task && f.options.TaskFields, f.options.Verify
	if hasFields {
		n += taskAttributes
	}
	if hasStamp {
		n += stampAttributes + in.attributes()
	}
	if f.options.TraceSpans {
		n += 2 // its number in the trace, and that it is the root
	}
	b.EnsureCapacity(n)
	for _, a := range attributes {
		setValue(b.AppendEmpty(a.Key), a.Value, draws)
	}
	p.buildTracing(b, s, &part.spans.threads[s.thread])
	if hasFields {
		s.fields.build(b, s.number)
	}
	if !hasStamp {
		b.UnsafeIntoMap(span.Attributes())
		return
	}
	mark := stamp.Mark{Sequence: part.first + uint64(max(0, place))}
	if f.options.TraceSpans {
		mark.Numbered, mark.TraceSpan, mark.Root = true, s.inTrace, s.parent == 0
	}
	if f.classes != nil {
		lent(b, span.Attributes(), func(own pcommon.Map) {
			f.classes.item(&mark, Traces, id.service.Name, what.Name, span.Status().Code(), own, p.origins.cluster(s.tag))
		})
	}
	of := f.stamp(b, p, &mark, stamp.Span(span))
	b.UnsafeIntoMap(span.Attributes())
	in.span(span, of)
}

// buildTracing writes what tracing-opentelemetry does.
func (p *process) buildTracing(b *xpdata.MapBuilder, s *span, on *threadName) {
	b.AppendEmpty(semconv.BusyNs).SetInt(int64(s.busy))
	b.AppendEmpty(semconv.IdleNs).SetInt(int64(s.end - s.start - s.busy))
	b.AppendEmpty(semconv.ThreadID).SetInt(on.id)
	if on.name != "" {
		b.AppendEmpty(semconv.ThreadName).SetStr(on.name)
	}
	b.AppendEmpty(semconv.CodeFilePath).SetStr(sourceFile)
	b.AppendEmpty(semconv.CodeLineNumber).SetInt(sourceLine(s.label))
	b.AppendEmpty(semconv.CodeModuleName).SetStr(p.identity.module)
	b.AppendEmpty(semconv.Target).SetStr(p.identity.module)
}

// How many attributes a span has beside the operation's own.
const (
	tracingAttributes = 8
	taskAttributes    = 8
)

func (t *taskFields) build(b *xpdata.MapBuilder, number uint64) {
	b.AppendEmpty(semconv.PollCount).SetInt(int64(t.polls))
	b.AppendEmpty(semconv.ScheduledNs).SetInt(int64(t.queueWait))
	b.AppendEmpty(semconv.FirstPollDelayNs).SetInt(int64(t.firstPollDelay))
	b.AppendEmpty(semconv.LongestPollNs).SetInt(int64(t.longestPoll))
	b.AppendEmpty(semconv.StealCount).SetInt(int64(t.steals))
	b.AppendEmpty(semconv.ForcedYieldCount).SetInt(int64(t.forcedYields))
	b.AppendEmpty(semconv.TaskID).SetInt(int64(min(number, math.MaxInt64)))
	if t.worker != scheduler.Outside { // in block_on on the main thread
		b.AppendEmpty(semconv.WorkerIndex).SetInt(int64(t.worker))
	}
}

func (p *process) buildEvents(span ptrace.Span, events []spanEvent, epoch time.Time) {
	if len(events) > mostEvents {
		span.SetDroppedEventsCount(events[mostEvents].more)
		events = events[:mostEvents]
	}
	if len(events) > 0 {
		span.Events().EnsureCapacity(len(events))
	}
	for _, e := range events {
		to := span.Events().AppendEmpty()
		to.SetTimestamp(timestamp(epoch, e.at))
		if e.label == isPoll {
			to.SetName(semconv.EventPoll)
			if e.worker != scheduler.Outside {
				to.Attributes().PutInt(semconv.WorkerIndex, int64(e.worker))
			}
			to.Attributes().PutInt(semconv.ScheduledNs, int64(e.queueWait))
			to.Attributes().PutInt(semconv.BusyNs, int64(e.duration))
			continue
		}
		what := &p.identity.service.Events[e.label]
		to.SetName(what.Name)
		for _, a := range what.Attributes {
			setValue(to.Attributes().PutEmpty(a.Key), a.Value, workload.DrawsOfEvent(e.work, e.label))
		}
	}
}

var spanKinds = [...]ptrace.SpanKind{
	workload.Server:   ptrace.SpanKindServer,
	workload.Client:   ptrace.SpanKindClient,
	workload.Internal: ptrace.SpanKindInternal,
	workload.Producer: ptrace.SpanKindProducer,
	workload.Consumer: ptrace.SpanKindConsumer,
}

func (f *Fleet) buildSpansEnd(span ptrace.Span, p *process, epoch time.Time) {
	span.SetTraceID(p.identity.traceID(endTag))
	span.SetSpanID(p.identity.spanID(endTag))
	span.SetName(stamp.EndMarker)
	span.SetKind(ptrace.SpanKindInternal)
	span.SetStartTimestamp(timestamp(epoch, p.endedAt))
	span.SetEndTimestamp(timestamp(epoch, p.endedAt))
	var b xpdata.MapBuilder
	f.stampEnd(&b, p, Traces, stamp.Span(span))
	b.UnsafeIntoMap(span.Attributes())
}
