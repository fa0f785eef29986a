// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const sampled = 1 // W3C trace flags, as the Rust SDK exports them

// Traces builds the spans of a request: of each process in the order in which they ended. Virtual time 0 is epoch.
func (f *Fleet) Traces(r *Request, epoch time.Time) ptrace.Traces {
	f.note(r, epoch)
	td := ptrace.NewTraces()
	td.ResourceSpans().EnsureCapacity(len(r.parts))
	for _, part := range r.parts {
		p := part.process
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl(semconv.SchemaURL) // of async_runtime.simulated
		p.identity.resource.CopyTo(rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(p.identity.scope)
		if r.ends {
			f.buildSpansEnd(ss.Spans().AppendEmpty(), p, epoch)
			continue
		}
		spans := ss.Spans()
		spans.EnsureCapacity(part.count)
		for i := range part.spans {
			f.build(spans.AppendEmpty(), p, &part.spans[i], part.first+uint64(i), epoch)
		}
	}
	return td
}

// build writes a span of a process. It runs once per span: the attributes go through a MapBuilder because Put looks for each key.
func (f *Fleet) build(span ptrace.Span, p *process, s *span, number uint64, epoch time.Time) {
	id := &p.identity
	what := &id.service.Spans[s.label]
	span.SetTraceID(p.origins.traceID(s.tag))
	span.SetSpanID(id.spanID(s.number))
	if s.caller != nil {
		span.SetParentSpanID(s.caller.spanID(s.parent))
	} else {
		span.SetParentSpanID(id.spanID(s.parent))
	}
	span.SetFlags(sampled)
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
	p.buildEvents(span, s, epoch)
	for _, l := range s.links {
		link := span.Links().AppendEmpty()
		link.SetTraceID(p.origins.traceID(l.tag))
		link.SetSpanID(id.spanID(l.number))
		link.SetFlags(sampled)
	}

	var b xpdata.MapBuilder
	n := len(attributes) + tracingAttributes
	hasFields, hasStamp := s.task && f.options.TaskFields, f.options.Verify
	if hasFields {
		n += taskAttributes
	}
	if hasStamp {
		n += stampAttributes
	}
	b.EnsureCapacity(n)
	for _, a := range attributes {
		setValue(b.AppendEmpty(a.Key), a.Value, draws)
	}
	p.buildTracing(&b, s)
	if hasFields {
		s.fields.build(&b, s.number)
	}
	if hasStamp {
		f.stamp(&b, p, number, stamp.Span(span))
	}
	b.UnsafeIntoMap(span.Attributes())
}

// buildTracing writes what tracing-opentelemetry does.
func (p *process) buildTracing(b *xpdata.MapBuilder, s *span) {
	b.AppendEmpty(semconv.BusyNs).SetInt(int64(s.busy))
	b.AppendEmpty(semconv.IdleNs).SetInt(int64(s.end - s.start - s.busy))
	b.AppendEmpty(semconv.ThreadID).SetInt(s.threadID)
	if s.thread != "" {
		b.AppendEmpty(semconv.ThreadName).SetStr(s.thread)
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
	b.AppendEmpty(semconv.WorkerIndex).SetInt(int64(t.worker))
}

func (p *process) buildEvents(span ptrace.Span, s *span, epoch time.Time) {
	events := s.events
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
			to.Attributes().PutInt(semconv.WorkerIndex, int64(e.worker))
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
