// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"encoding/binary"
	"math"
	"math/bits"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// marks are the stamp's attributes as they were found.
type marks struct {
	run, source string
	sequence    uint64
	checksum    int64
	found       uint8 // by bit below
	wrong       bool  // one has another type, or is negative
}

const (
	hasRun = 1 << iota
	hasSource
	hasSequence
	hasChecksum
	hasTotal // and perhaps more of what end markers have

	stampOfItem = hasRun | hasSource | hasSequence
	stampOfEnd  = hasRun | hasSource | hasTotal
)

// readMarks runs once for each item. It allocates nothing.
func readMarks(attributes pcommon.Map) (m marks) {
	for key, value := range attributes.All() {
		// Most keys are others: a look at their length and first letter saves the comparisons.
		if len(key) < len(semconv.StampRun) || key[0] != semconv.StampRun[0] {
			continue
		}
		switch key {
		case semconv.StampRun:
			m.text(value, &m.run, hasRun)
		case semconv.StampSource:
			m.text(value, &m.source, hasSource)
		case semconv.StampSequence:
			m.count(value, &m.sequence, hasSequence)
		case semconv.StampTotal:
			m.found |= hasTotal
		case semconv.StampChecksum:
			if value.Type() == pcommon.ValueTypeInt {
				m.checksum = value.Int()
				m.found |= hasChecksum
			}
		}
	}
	return m
}

func (m *marks) text(value pcommon.Value, to *string, bit uint8) {
	m.found |= bit
	if value.Type() != pcommon.ValueTypeStr || len(value.Str()) > audit.LongestName {
		m.wrong = true
		return
	}
	*to = value.Str()
}

func (m *marks) count(value pcommon.Value, to *uint64, bit uint8) {
	m.found |= bit
	if value.Type() != pcommon.ValueTypeInt {
		m.wrong = true
		return
	}
	n := value.Int()
	if n < 0 {
		m.wrong = true
		return
	}
	*to = uint64(n)
}

// read makes an item of its attributes. The checksum is computed for stamped items only. Without one to compare, an item is corrupt.
func read(attributes pcommon.Map, at pcommon.Timestamp, checksum func() (sum int64, known bool)) audit.Item {
	m := readMarks(attributes)
	it := audit.Item{Run: m.run, Source: m.source}
	switch parts := m.found &^ hasChecksum; {
	case m.found == 0:
		return it
	case m.wrong, parts != stampOfItem && parts != stampOfEnd:
		it.Kind = audit.Malformed
		return it
	case parts == stampOfItem:
		sum, known := checksum()
		it.Kind, it.Sequence = audit.Numbered, m.sequence
		it.Corrupt = !known || m.found&hasChecksum == 0 || sum != m.checksum
	default:
		sum, known := checksum()
		says, intact, ok := stamp.ReadEnd(attributes, sum)
		if !ok {
			it.Kind = audit.Malformed
			return it
		}
		it.Kind, it.Says, it.Corrupt = audit.End, says, !known || !intact
	}
	if at <= math.MaxInt64 {
		it.At = int64(at)
	}
	return it
}

func readSpan(span ptrace.Span) audit.Item {
	it := read(span.Attributes(), span.EndTimestamp(), func() (int64, bool) { return stamp.Span(span), true })
	if it.Kind == audit.Numbered {
		trace, id, parent := span.TraceID(), span.SpanID(), span.ParentSpanID()
		it.Trace = key(trace, pcommon.SpanID{})
		it.Span = key(trace, id)
		if !parent.IsEmpty() {
			it.Parent = key(trace, parent)
		}
	}
	return it
}

func readRecord(record plog.LogRecord) audit.Item {
	return read(record.Attributes(), record.Timestamp(), func() (int64, bool) { return stamp.Record(record), true })
}

// readMetric hands over the points of a metric.
func readMetric(metric pmetric.Metric, each func(audit.Item)) {
	name := metric.Name()
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		readNumbers(name, metric.Gauge().DataPoints(), each)
	case pmetric.MetricTypeSum:
		readNumbers(name, metric.Sum().DataPoints(), each)
	case pmetric.MetricTypeHistogram:
		for _, p := range metric.Histogram().DataPoints().All() {
			each(read(p.Attributes(), p.Timestamp(), func() (int64, bool) { return stamp.HistogramPoint(name, p), true }))
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range metric.ExponentialHistogram().DataPoints().All() {
			each(read(p.Attributes(), p.Timestamp(), func() (int64, bool) { return stamp.ExponentialPoint(name, p), true }))
		}
	case pmetric.MetricTypeSummary: // nobody stamps these: one that has a stamp was something else
		for _, p := range metric.Summary().DataPoints().All() {
			each(read(p.Attributes(), p.Timestamp(), func() (int64, bool) { return 0, false }))
		}
	case pmetric.MetricTypeEmpty:
	}
}

func readNumbers(name string, points pmetric.NumberDataPointSlice, each func(audit.Item)) {
	for _, p := range points.All() {
		each(read(p.Attributes(), p.Timestamp(), func() (int64, bool) { return stamp.NumberPoint(name, p), true }))
	}
}

// key makes one number of a trace's and a span's id, not 0. Two products, each folded, mix all bits of both.
func key(trace pcommon.TraceID, span pcommon.SpanID) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(trace[:8])^0xa0761d6478bd642f, binary.LittleEndian.Uint64(trace[8:])^0xe7037ed1a0b428db)
	high, low = bits.Mul64(high^low^0x8ebc6af09c88c6e3, binary.LittleEndian.Uint64(span[:])^0x589965cc75374cc3)
	return max(high^low, 1)
}
