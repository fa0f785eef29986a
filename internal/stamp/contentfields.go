// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"math"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Core is the first field of an item: what the checksum covers, but for the fields that have a hash of their own. It has no name, because nothing
// may change it.
const Core = 0

// FieldNames are the fields of each signal's items after the core, as OTTL writes them.
var FieldNames = [len(semconv.SignalNames)][]string{
	semconv.SignalTraces:  {"span.name", "span.status", "span.trace_state", "span.flags", "span.events", "span.links"},
	semconv.SignalMetrics: {"metric.name", "metric.description", "metric.unit", "metric.type", "datapoint.start_time", "datapoint.buckets", "datapoint.exemplars", "metric.metadata"},
	semconv.SignalLogs:    {"log.body", "log.severity_number", "log.severity_text", "log.observed_time", "log.event_name", "log.flags"},
}

// FieldCount is how many fields the items of a signal have, with the core.
func FieldCount(s semconv.Signal) int { return len(FieldNames[s]) + 1 }

// InChecksum are the fields that the checksum covers too, a bit for each: the core, and what follows it.
var InChecksum = [len(semconv.SignalNames)]uint8{
	semconv.SignalTraces: 0b111, semconv.SignalMetrics: 0b11, semconv.SignalLogs: 0b111,
}

// SpanContent are the fields of a span.
func SpanContent(s ptrace.Span) Fields {
	var h digest
	trace, id, parent := s.TraceID(), s.SpanID(), s.ParentSpanID()
	h.bytes(trace[:])
	h.bytes(id[:])
	h.bytes(parent[:])
	h.number(uint64(s.StartTimestamp()))
	h.number(uint64(s.EndTimestamp()))
	h.signed(int64(s.Kind()))
	status := s.Status()
	f := Fields{h.fold(), text(s.Name()), 0, text(s.TraceState().AsRaw()), count(uint64(s.Flags())), events(s.Events()), links(s.Links())}
	if status.Code() != ptrace.StatusCodeUnset || status.Message() != "" {
		f[2] = fold(mix(uint64(status.Code())+1, xxhash.Sum64String(status.Message()))) //nolint:gosec // G115: for a hash
	}
	return f
}

func events(of ptrace.SpanEventSlice) uint32 {
	if of.Len() == 0 {
		return 0
	}
	h := uint64(max(0, of.Len()))
	for _, e := range of.All() {
		h = mix(mix(mix(h, uint64(e.Timestamp())), xxhash.Sum64String(e.Name())), entries(e.Attributes(), 0))
	}
	return fold(h)
}

func links(of ptrace.SpanLinkSlice) uint32 {
	if of.Len() == 0 {
		return 0
	}
	h := uint64(max(0, of.Len()))
	for _, l := range of.All() {
		h = mix(ids(h, l.TraceID(), l.SpanID()), entries(l.Attributes(), 0))
		h = mix(mix(h, xxhash.Sum64String(l.TraceState().AsRaw())), uint64(l.Flags()))
	}
	return fold(h)
}

func ids(h uint64, trace pcommon.TraceID, span pcommon.SpanID) uint64 {
	return mix(mix(h, xxhash.Sum64(trace[:])), xxhash.Sum64(span[:]))
}

// metricContent are the fields that all points of a metric share. kind tells its type and what belongs to that.
func metricContent(m pmetric.Metric, kind uint64) Fields {
	f := Fields{0, text(m.Name()), text(m.Description()), text(m.Unit()), fold(mix(uint64(m.Type())+1, kind))} //nolint:gosec // G115: for a hash
	if m.Metadata().Len() > 0 {
		f[8] = fold(entries(m.Metadata(), 0))
	}
	return f
}

// aggregation tells what belongs to the type of a metric.
func aggregation(t pmetric.AggregationTemporality, monotonic bool) uint64 {
	kind := uint64(t) << 1 //nolint:gosec // G115: for a hash
	if monotonic {
		kind++
	}
	return kind
}

// NumberContent are the fields of a data point of a gauge or sum.
func NumberContent(m pmetric.Metric, p pmetric.NumberDataPoint) Fields {
	kind := uint64(0)
	if m.Type() == pmetric.MetricTypeSum {
		kind = aggregation(m.Sum().AggregationTemporality(), m.Sum().IsMonotonic())
	}
	f := metricContent(m, kind)
	f[Core] = fold(uint64(NumberPoint("", p))) //nolint:gosec // G115: for a hash
	f[5], f[7] = count(uint64(p.StartTimestamp())), exemplars(p.Exemplars())
	return f
}

// HistogramContent are the fields of a data point of a histogram with explicit bounds.
func HistogramContent(m pmetric.Metric, p pmetric.HistogramDataPoint) Fields {
	f := metricContent(m, aggregation(m.Histogram().AggregationTemporality(), false))
	f[Core] = fold(uint64(HistogramPoint("", p))) //nolint:gosec // G115: for a hash
	h := mix(extremes(p.Min(), p.HasMin(), p.Max(), p.HasMax()), uint64(max(0, p.ExplicitBounds().Len())))
	for _, bound := range p.ExplicitBounds().All() {
		h = mix(h, math.Float64bits(bound))
	}
	f[5], f[6], f[7] = count(uint64(p.StartTimestamp())), fold(buckets(h, p.BucketCounts())), exemplars(p.Exemplars())
	return f
}

// ExponentialContent are the fields of a data point of an exponential histogram.
func ExponentialContent(m pmetric.Metric, p pmetric.ExponentialHistogramDataPoint) Fields {
	f := metricContent(m, aggregation(m.ExponentialHistogram().AggregationTemporality(), false))
	f[Core] = fold(uint64(ExponentialPoint("", p))) //nolint:gosec // G115: for a hash
	h := mix(extremes(p.Min(), p.HasMin(), p.Max(), p.HasMax()), math.Float64bits(p.ZeroThreshold()))
	h = mix(h, uint64(p.Scale())) //nolint:gosec // G115: for a hash
	for _, side := range [...]pmetric.ExponentialHistogramDataPointBuckets{p.Positive(), p.Negative()} {
		h = exponentialBuckets(mix(h, 0), side)
	}
	f[5], f[6], f[7] = count(uint64(p.StartTimestamp())), fold(h), exemplars(p.Exemplars())
	return f
}

func extremes(least float64, hasLeast bool, most float64, hasMost bool) (h uint64) {
	if hasLeast {
		h = mix(1, math.Float64bits(least))
	}
	if hasMost {
		h = mix(h, math.Float64bits(most))
	}
	return h
}

func buckets(h uint64, counts pcommon.UInt64Slice) uint64 {
	h = mix(h, uint64(max(0, counts.Len())))
	for _, n := range counts.All() {
		h = mix(h, n)
	}
	return h
}

// exponentialBuckets tells those that have a count: empty ones before and after may be written or not.
func exponentialBuckets(h uint64, side pmetric.ExponentialHistogramDataPointBuckets) uint64 {
	at := int64(side.Offset())
	for _, n := range side.BucketCounts().All() {
		if n > 0 {
			h = mix(mix(h, uint64(at)), n) //nolint:gosec // G115: for a hash
		}
		at++
	}
	return h
}

func exemplars(of pmetric.ExemplarSlice) uint32 {
	if of.Len() == 0 {
		return 0
	}
	h := uint64(max(0, of.Len()))
	for _, e := range of.All() {
		h = mix(ids(h, e.TraceID(), e.SpanID()), uint64(e.Timestamp()))
		v := math.Float64bits(e.DoubleValue())
		if e.ValueType() == pmetric.ExemplarValueTypeInt {
			v = uint64(e.IntValue()) //nolint:gosec // G115: for a hash
		}
		h = mix(mix(h, uint64(e.ValueType())), v) //nolint:gosec // G115: likewise
		h = mix(h, entries(e.FilteredAttributes(), 0))
	}
	return fold(h)
}

// RecordContent are the fields of a log record.
func RecordContent(r plog.LogRecord) Fields {
	var h digest
	trace, span := r.TraceID(), r.SpanID()
	h.bytes(trace[:])
	h.bytes(span[:])
	h.number(uint64(r.Timestamp()))
	f := Fields{
		h.fold(), 0, count(uint64(max(0, r.SeverityNumber()))), text(r.SeverityText()), count(uint64(r.ObservedTimestamp())),
		text(r.EventName()), count(uint64(r.Flags())),
	}
	if r.Body().Type() != pcommon.ValueTypeEmpty {
		f[1] = Value(r.Body())
	}
	return f
}

func (d *digest) fold() uint32 { return fold(uint64(d.sum())) } //nolint:gosec // G115: the same 64 bits, for a hash
