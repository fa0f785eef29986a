// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// marks are the stamp's attributes as they were found.
type marks struct {
	stamp.Mark
	run, source string
	checksum    int64
	content     []byte
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

// mostSkew is how far a clock is off at most, in ns. With more it is not known when an item happened.
const mostSkew = int64(time.Hour)

// readMarks runs once for each item. It allocates nothing but the stamp of the content, where there is one.
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
			m.count(value, &m.Sequence, hasSequence)
		case semconv.StampTotal:
			m.found |= hasTotal
		case semconv.StampChecksum:
			if value.Type() == pcommon.ValueTypeInt {
				m.checksum = value.Int()
				m.found |= hasChecksum
			}
		case semconv.StampClass:
			m.small(value, &m.Class)
		case semconv.StampTraceClass:
			m.small(value, &m.TraceClass)
		case semconv.StampClockSkew:
			m.Skew = value.Int()
		case semconv.StampPast:
			m.Past = value.Bool()
		case semconv.StampTraceSpan:
			m.Numbered = true
			m.small(value, &m.TraceSpan)
		case semconv.StampTraceRoot:
			m.Root = value.Bool()
		case semconv.StampOdd:
			if value.Type() == pcommon.ValueTypeStr && len(value.Str()) <= stamp.LongestOddKind {
				m.Odd = value.Str()
			}
		case semconv.StampContent:
			if value.Type() == pcommon.ValueTypeBytes {
				m.content = value.Bytes().AsRaw()
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

// small reads a number that is no part of what every stamp has. One that cannot be is 0.
func (m *marks) small(value pcommon.Value, to *uint32) {
	if n := value.Int(); value.Type() == pcommon.ValueTypeInt && n > 0 && n <= math.MaxUint32 {
		*to = uint32(n)
	}
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

// subject is an item of one signal, as reading needs it.
type subject interface {
	attributes() pcommon.Map
	at() pcommon.Timestamp
	// checksum of the item; it is not known of what nobody stamps.
	checksum() (sum int64, known bool)
	// fields that a content stamp has.
	fields() stamp.Fields
	// forbidden is what matches a pattern that nothing may match.
	forbidden(c *content.Checker) []audit.Fault
}

// read makes an item of its attributes. The checksum is computed for stamped items only. Without one to compare, an item is corrupt, and nobody
// knows which one it is.
func read[S subject](c *content.Checker, s S) audit.Item {
	attributes := s.attributes()
	m := readMarks(attributes)
	it := audit.Item{Run: m.run, Source: m.source}
	switch parts := m.found &^ hasChecksum; {
	case m.found == 0:
		return it
	case m.wrong, parts != stampOfItem && parts != stampOfEnd:
		it.Kind = audit.Malformed
		return it
	case parts == stampOfItem:
		sum, known := s.checksum()
		identity := m.Of(stamp.SourceOf(m.run, m.source))
		it.Kind, it.Sequence, it.Odd = audit.Numbered, m.Sequence, m.Odd
		if it.Stray = m.found&hasChecksum == 0 || !identity.Fits(m.checksum); it.Stray {
			it.Corrupt = true
			return it
		}
		it.Corrupt = !known || identity.Seal(sum) != m.checksum
		it.Class, it.TraceClass, it.TraceSpan, it.TraceNumbered, it.Root = m.Class, m.TraceClass, m.TraceSpan, m.Numbered, m.Root
		readContent(&it, &m, identity, c, s)
	default:
		sum, known := s.checksum()
		says, intact, ok := stamp.ReadEnd(attributes, sum)
		if !ok {
			it.Kind = audit.Malformed
			return it
		}
		it.Kind, it.Says, it.Corrupt = audit.End, says, !known || !intact
	}
	it.Past = m.Past
	if at := s.at(); at > 0 && at <= math.MaxInt64 && m.Skew >= -mostSkew && m.Skew <= mostSkew {
		it.At = max(int64(at)-m.Skew, 0)
	}
	return it
}

// readContent holds an item against the stamp of its content. Of what the checksum covers, that may excuse what is said to change.
func readContent[S subject](it *audit.Item, m *marks, identity stamp.Identity, c *content.Checker, s S) {
	if m.content != nil {
		var excused bool
		it.Content, excused = c.Item(m.content, stamp.Owner{Identity: identity, Checksum: m.checksum}, s.attributes(), s.fields)
		it.Corrupt = it.Corrupt && !excused
	}
	if c.Scans() {
		it.Content.Faults = append(it.Content.Faults, s.forbidden(c)...)
	}
}

func readSpan(c *content.Checker, span ptrace.Span) audit.Item {
	it := read(c, spanSubject{span})
	if it.Kind == audit.Numbered {
		trace, id, parent := span.TraceID(), span.SpanID(), span.ParentSpanID()
		if state := span.TraceState().AsRaw(); state != "" {
			it.RV, it.TH, it.HasRV, it.HasTH = stamp.ReadState(state)
		}
		it.Trace = key(trace, pcommon.SpanID{})
		it.Span = key(trace, id)
		if !parent.IsEmpty() {
			it.Parent = key(trace, parent)
		}
	}
	return it
}

func readRecord(c *content.Checker, record plog.LogRecord) audit.Item {
	return read(c, recordSubject{record})
}

// readMetric hands over the points of a metric, each with its number there.
func readMetric(c *content.Checker, metric pmetric.Metric, each func(audit.Item)) {
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		readNumbers(c, metric, metric.Gauge().DataPoints(), each)
	case pmetric.MetricTypeSum:
		readNumbers(c, metric, metric.Sum().DataPoints(), each)
	case pmetric.MetricTypeHistogram:
		for _, p := range metric.Histogram().DataPoints().All() {
			each(read(c, histogramSubject{metric, p}))
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range metric.ExponentialHistogram().DataPoints().All() {
			each(read(c, exponentialSubject{metric, p}))
		}
	case pmetric.MetricTypeSummary:
		for _, p := range metric.Summary().DataPoints().All() {
			each(read(c, summarySubject{metric, p}))
		}
	case pmetric.MetricTypeEmpty:
	}
}

func readNumbers(c *content.Checker, metric pmetric.Metric, points pmetric.NumberDataPointSlice, each func(audit.Item)) {
	for _, p := range points.All() {
		each(read(c, numberSubject{metric, p}))
	}
}

// key makes one number of a trace's and a span's id, not 0. Two products, each folded, mix all bits of both.
func key(trace pcommon.TraceID, span pcommon.SpanID) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(trace[:8])^0xa0761d6478bd642f, binary.LittleEndian.Uint64(trace[8:])^0xe7037ed1a0b428db)
	high, low = bits.Mul64(high^low^0x8ebc6af09c88c6e3, binary.LittleEndian.Uint64(span[:])^0x589965cc75374cc3)
	return max(high^low, 1)
}
