// SPDX-License-Identifier: Apache-2.0

package odd

import (
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// spanKinds are the kinds that spans alone have.
func spanKinds() []Kind {
	return []Kind{
		{Name: "end_before_start", Forbidden: true, Has: "an end one second before its start", span: func(s ptrace.Span) {
			s.SetStartTimestamp(s.EndTimestamp() + pcommon.Timestamp(time.Second))
		}},
		{Name: "zero_times", Forbidden: true, Has: "no start and no end", span: func(s ptrace.Span) {
			s.SetStartTimestamp(0)
			s.SetEndTimestamp(0)
		}},
		{Name: "zero_start", Forbidden: true, Has: "no start: it lasts since 1970", span: func(s ptrace.Span) { s.SetStartTimestamp(0) }},
		{Name: "zero_end", Forbidden: true, Has: "no end", span: func(s ptrace.Span) { s.SetEndTimestamp(0) }},
		{Name: "far_future", Has: "times in the year 2262, the last that 63 bits of nanoseconds hold", span: func(s ptrace.Span) {
			s.SetStartTimestamp(farFuture - 1)
			s.SetEndTimestamp(farFuture)
		}},
		{Name: "time_overflow", Has: "an end in the year 2554, negative as a signed number", span: func(s ptrace.Span) { s.SetEndTimestamp(noTime) }},
		{Name: "zero_trace_id", Forbidden: true, Has: "a trace id of zeros", span: func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) }},
		{Name: "zero_span_id", Forbidden: true, Has: "a span id of zeros", span: func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) }},
		{Name: "own_parent", Has: "itself as its parent", span: func(s ptrace.Span) { s.SetParentSpanID(s.SpanID()) }},
		{Name: "empty_name", Has: "no name", span: func(s ptrace.Span) { s.SetName("") }},
		{Name: "long_name", Has: "a name of " + strconv.Itoa(LongText) + " bytes", span: func(s ptrace.Span) { s.SetName(strings.Repeat("0123456789", LongText/10)) }},
		{Name: "raw_name", Has: "a name with escape sequences and a zero byte", span: func(s ptrace.Span) { s.SetName(rawText) }},
		{Name: "invalid_name", Forbidden: true, Has: "a name that is not UTF-8", span: func(s ptrace.Span) { s.SetName(invalidText) }},
		{Name: "invalid_kind", Has: "a kind of 99", span: func(s ptrace.Span) { s.SetKind(99) }},
		{Name: "negative_kind", Has: "a kind of -1", span: func(s ptrace.Span) { s.SetKind(-1) }},
		{Name: "invalid_status", Has: "a status of 99", span: func(s ptrace.Span) { s.Status().SetCode(99) }},
		{Name: "message_without_error", Has: "a message with status unset", span: func(s ptrace.Span) { s.Status().SetMessage("all is well") }},
		{Name: "invalid_trace_state", Forbidden: true, Has: "a trace state that W3C's grammar does not allow", span: func(s ptrace.Span) {
			s.TraceState().FromRaw("=,==,a=b=c,ot=th:xyz;rv:1")
		}},
		{Name: "long_trace_state", Forbidden: true, Has: "a trace state of 4000 bytes; W3C allows 512", span: func(s ptrace.Span) {
			s.TraceState().FromRaw("a=" + strings.Repeat("x", 3998))
		}},
		{Name: "all_flags", Has: "all 32 flags", span: func(s ptrace.Span) { s.SetFlags(math.MaxUint32) }},
		{Name: "dropped_counts", Has: "counts of what was dropped of 4294967295", span: func(s ptrace.Span) {
			s.SetDroppedAttributesCount(math.MaxUint32)
			s.SetDroppedEventsCount(math.MaxUint32)
			s.SetDroppedLinksCount(math.MaxUint32)
		}},
		{Name: "many_events", Has: strconv.Itoa(manyEntries) + " events", span: func(s ptrace.Span) {
			for range manyEntries {
				e := s.Events().AppendEmpty()
				e.SetName("event")
				e.SetTimestamp(s.EndTimestamp())
			}
		}},
		{Name: "event_outside", Has: "an event before its start, and one without a time or a name", span: func(s ptrace.Span) {
			s.Events().AppendEmpty().SetTimestamp(s.StartTimestamp() - pcommon.Timestamp(time.Hour))
			s.Events().AppendEmpty()
		}},
		{Name: "many_links", Has: strconv.Itoa(manyEntries) + " links to itself", span: func(s ptrace.Span) {
			for range manyEntries {
				l := s.Links().AppendEmpty()
				l.SetTraceID(s.TraceID())
				l.SetSpanID(s.SpanID())
			}
		}},
		{Name: "zero_link", Forbidden: true, Has: "a link whose ids are zeros", span: func(s ptrace.Span) { s.Links().AppendEmpty() }},
	}
}
