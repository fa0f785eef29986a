// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"encoding/binary"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// readSpan takes from a span what the table shows, in one pass over its attributes. Called once for each span; it
// allocates nothing. If an attribute occurs twice, which OTLP forbids, the last one counts.
func readSpan(span ptrace.Span) aggregate.Span {
	var s aggregate.Span
	s.Latency, s.Malformed = duration(span.StartTimestamp(), span.EndTimestamp())
	s.End = int64(span.EndTimestamp()) //nolint:gosec // G115: beyond 2262 it wraps; a span of a time like that has no duration, or is late
	id, parent, trace := span.SpanID(), span.ParentSpanID(), span.TraceID()
	s.ID, s.Parent, s.Trace = binary.LittleEndian.Uint64(id[:]), binary.LittleEndian.Uint64(parent[:]), binary.LittleEndian.Uint64(trace[8:])
	s.TraceID = trace
	s.Request = s.Parent == 0 || span.Kind() == ptrace.SpanKindServer || span.Kind() == ptrace.SpanKindConsumer
	for key, value := range span.Attributes().All() {
		switch key {
		case semconv.RuntimeName:
			s.Runtime = aggregate.RuntimeNamed(value.Str())
		case semconv.QueueWaitNs:
			s.QueueWait = readInt(value, &s)
		case semconv.IOWaitNs:
			s.IOWait = readInt(value, &s)
		case semconv.TaskStealCount:
			s.Steals = readInt(value, &s)
		case semconv.BusyRatio:
			s.BusyRatio = readShare(value, &s)
		case semconv.CPUWaitRatio:
			s.CPUWait = readShare(value, &s)
		case semconv.LatencyClass:
			if value.Type() == pcommon.ValueTypeStr {
				s.Warm, s.Class = true, aggregate.ClassNamed(value.Str())
			} else {
				s.Malformed++
			}
		case semconv.LatencyOutlier:
			if value.Type() == pcommon.ValueTypeBool {
				s.Outlier = value.Bool()
			} else {
				s.Malformed++
			}
		case semconv.Finding:
			if value.Type() == pcommon.ValueTypeSlice {
				for _, name := range value.Slice().All() {
					s.Findings |= aggregate.FindingNamed(name.Str())
				}
			} else {
				s.Malformed++
			}
		case semconv.HeldUpBy:
			s.HeldUpBy = untrusted.Cut(value.Str())
		case semconv.CPUThrottled:
			if value.Type() == pcommon.ValueTypeBool {
				s.Throttled = aggregate.Known(value.Bool())
			} else {
				s.Malformed++
			}
		case semconv.CodeFilePath:
			s.File = untrusted.Cut(value.Str())
		case semconv.CodeLineNumber:
			s.Line = value.Int()
		}
	}
	return s
}

func readInt(value pcommon.Value, s *aggregate.Span) aggregate.Value[int64] {
	if value.Type() != pcommon.ValueTypeInt {
		s.Malformed++
		return aggregate.Value[int64]{}
	}
	return aggregate.Known(value.Int())
}

func readShare(value pcommon.Value, s *aggregate.Span) aggregate.Value[float64] {
	if value.Type() != pcommon.ValueTypeDouble {
		s.Malformed++
		return aggregate.Value[float64]{}
	}
	return aggregate.Known(value.Double())
}

// duration is the time from start to end. A span that has none counts as one malformed value.
func duration(start, end pcommon.Timestamp) (ns aggregate.Value[int64], malformed uint32) {
	took := untrusted.Duration(start, end)
	if took < 0 {
		return aggregate.Value[int64]{}, 1
	}
	return aggregate.Known(took), 0
}
