// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// source stamps items as synthetic_load does, of one source.
type source struct {
	run, name string
	at        time.Time // when all items happen
	says      stamp.End // on end markers; without sources, they tell of their own series alone
}

func (s source) mark(a pcommon.Map, sequence int, checksum int64) {
	a.PutStr("http.route", "/orders/{id}")
	a.PutStr(semconv.StampRun, s.run)
	a.PutStr(semconv.StampSource, s.name)
	a.PutInt(semconv.StampSequence, int64(sequence))
	a.PutInt(semconv.StampChecksum, checksum)
}

func (s source) markEnd(a pcommon.Map, signal audit.Signal, total, givenUp int, checksum int64) {
	var b xpdata.MapBuilder
	b.AppendEmpty(semconv.StampRun).SetStr(s.run)
	b.AppendEmpty(semconv.StampSource).SetStr(s.name)
	says := s.says
	says.Total, says.GivenUp = uint64(total), uint64(givenUp)
	if says.Sources == 0 {
		says.Sources, says.Sends[signal] = 1, true
		says.Process[signal] = stamp.Totals{Numbered: says.Total, GivenUp: says.GivenUp}
	}
	says.Write(&b, checksum)
	b.UnsafeIntoMap(a)
}

func spansOf(td ptrace.Traces) ptrace.SpanSlice {
	return td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
}

func spanID(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

// span builds one of a trace of two: an even one is the child of the next.
func (s source) span(span ptrace.Span, sequence int) {
	span.SetTraceID(pcommon.TraceID{1, byte(sequence >> 17), byte(sequence >> 9), byte(sequence >> 1), s.name[len(s.name)-1]})
	span.SetSpanID(spanID(sequence))
	if sequence%2 == 0 {
		span.SetParentSpanID(spanID(sequence + 1))
	}
	span.SetName("GET /orders/{id}")
	span.SetKind(ptrace.SpanKindServer)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(s.at.Add(-time.Millisecond)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(s.at))
	s.mark(span.Attributes(), sequence, stamp.Span(span))
}

func (s source) traces(sequences ...int) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := spansOf(td)
	for _, n := range sequences {
		s.span(spans.AppendEmpty(), n)
	}
	return td
}

func (s source) tracesEnd(total, givenUp int) ptrace.Traces {
	td := ptrace.NewTraces()
	span := spansOf(td).AppendEmpty()
	span.SetName(stamp.EndMarker)
	s.markEnd(span.Attributes(), audit.Traces, total, givenUp, stamp.Span(span))
	return td
}

// metrics builds a point for each number: of a gauge, a sum, a histogram and an exponential histogram, in turn.
func (s source) metrics(sequences ...int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	at := pcommon.NewTimestampFromTime(s.at)
	for _, n := range sequences {
		m := metrics.AppendEmpty()
		m.SetName(fmt.Sprint("metric", n%4))
		switch n % 4 {
		case 0, 1:
			points := pmetric.NumberDataPointSlice{}
			if n%4 == 0 {
				points = m.SetEmptyGauge().DataPoints()
			} else {
				points = m.SetEmptySum().DataPoints()
			}
			p := points.AppendEmpty()
			p.SetTimestamp(at)
			p.SetDoubleValue(float64(n))
			s.mark(p.Attributes(), n, stamp.NumberPoint(m.Name(), p))
		case 2:
			p := m.SetEmptyHistogram().DataPoints().AppendEmpty()
			p.SetTimestamp(at)
			p.SetCount(uint64(n))
			s.mark(p.Attributes(), n, stamp.HistogramPoint(m.Name(), p))
		default:
			p := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
			p.SetTimestamp(at)
			p.SetCount(uint64(n))
			s.mark(p.Attributes(), n, stamp.ExponentialPoint(m.Name(), p))
		}
	}
	return md
}

func (s source) metricsEnd(total, givenUp int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(stamp.EndMarker)
	p := m.SetEmptyGauge().DataPoints().AppendEmpty()
	s.markEnd(p.Attributes(), audit.Metrics, total, givenUp, stamp.NumberPoint(m.Name(), p))
	return md
}

func (s source) logs(sequences ...int) plog.Logs {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, n := range sequences {
		r := records.AppendEmpty()
		r.SetTimestamp(pcommon.NewTimestampFromTime(s.at))
		r.Body().SetStr(fmt.Sprint("task ", n, " ended"))
		s.mark(r.Attributes(), n, stamp.Record(r))
	}
	return ld
}

func (s source) logsEnd(total, givenUp int) plog.Logs {
	ld := plog.NewLogs()
	r := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.Body().SetStr(stamp.EndMarker)
	s.markEnd(r.Attributes(), audit.Logs, total, givenUp, stamp.Record(r))
	return ld
}

// upTo are the numbers 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
