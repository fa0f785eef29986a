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

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// source stamps items as synthetic_load does, of one source.
type source struct {
	run, name string
	at        time.Time // when all items happen
	says      stamp.End // on end markers; without sources, they tell of their own series alone
	content   bool      // stamp it, too
}

// in is what content stamps name of the place of items.
type in struct{ resource, scope uint32 }

// place makes a resource and a scope, with their stamps.
func (s source) place(resource pcommon.Resource, scope pcommon.InstrumentationScope) (p in) {
	if !s.content {
		return in{}
	}
	resource.Attributes().PutStr("service.name", "orders")
	resource.Attributes().PutStr("host.name", "orders-0")
	scope.SetName("orders::handlers")
	scope.SetVersion("1.2.3")
	p.resource = s.stampResource(resource)
	b := stamp.Scope(nil, scope, "", nil)
	stamp.PutContent(scope.Attributes(), b)
	p.scope = stamp.ID(b)
	return p
}

func (s source) stampResource(resource pcommon.Resource) uint32 {
	b := stamp.Resource(nil, resource, "", nil)
	stamp.PutContent(resource.Attributes(), b)
	return stamp.ID(b)
}

// markContent stamps an item that has all the rest.
func (s source) markContent(p in, signal audit.Signal, a pcommon.Map, fields func() stamp.Fields) {
	if !s.content {
		return
	}
	checksum, _ := a.Get(semconv.StampChecksum)
	f := fields()
	stamp.PutContent(a, stamp.AppendContent(nil, stamp.Owner{Identity: identityOf(a), Checksum: checksum.Int()}, p.resource, p.scope, &f, stamp.FieldCount(signal), a, nil))
}

// identityOf is that of an item with these attributes.
func identityOf(a pcommon.Map) stamp.Identity {
	run, _ := a.Get(semconv.StampRun)
	name, _ := a.Get(semconv.StampSource)
	sequence, _ := a.Get(semconv.StampSequence)
	_, past := a.Get(semconv.StampPast)
	m := stamp.Mark{Sequence: uint64(sequence.Int()), Past: past}
	if skew, found := a.Get(semconv.StampClockSkew); found {
		m.Skew = skew.Int()
	}
	if odd, found := a.Get(semconv.StampOdd); found {
		m.Odd = odd.Str()
	}
	return m.Of(stamp.SourceOf(run.Str(), name.Str()))
}

// reseal makes the checksum of a span right again.
func reseal(span ptrace.Span) {
	span.Attributes().PutInt(semconv.StampChecksum, identityOf(span.Attributes()).Seal(stamp.Span(span)))
}

func (s source) mark(a pcommon.Map, sequence int, checksum int64) {
	a.PutStr("http.route", "/orders/{id}")
	a.PutStr(semconv.StampRun, s.run)
	a.PutStr(semconv.StampSource, s.name)
	a.PutInt(semconv.StampSequence, int64(sequence))
	a.PutInt(semconv.StampChecksum, identityOf(a).Seal(checksum))
}

func (s source) markEnd(a pcommon.Map, signal audit.Signal, total, givenUp int, checksum int64) {
	var b xpdata.MapBuilder
	b.AppendEmpty(semconv.StampRun).SetStr(s.run)
	b.AppendEmpty(semconv.StampSource).SetStr(s.name)
	says := s.says
	says.Source = stamp.SourceOf(s.run, s.name)
	says.Total, says.GivenUp = uint64(total), uint64(givenUp)
	if says.Sources == 0 {
		says.Sources, says.Sends[signal] = 1, true
		says.Process[signal] = stamp.Totals{Numbered: says.Total, GivenUp: says.GivenUp}
	}
	if s.content {
		says.Keys = []string{"http.response.status_code", "http.route", "user.email"}
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
	if s.content {
		event := span.Events().AppendEmpty()
		event.SetName("retried")
		event.Attributes().PutInt("attempt", 2)
		span.Links().AppendEmpty().SetSpanID(spanID(sequence + 7))
		span.Attributes().PutStr("user.email", fmt.Sprintf("user-%d@example.org", sequence))
		span.Attributes().PutInt("http.response.status_code", 200)
	}
	span.SetKind(ptrace.SpanKindServer)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(s.at.Add(-time.Millisecond)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(s.at))
	s.mark(span.Attributes(), sequence, stamp.Span(span))
}

func (s source) traces(sequences ...int) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := spansOf(td)
	place := s.place(td.ResourceSpans().At(0).Resource(), td.ResourceSpans().At(0).ScopeSpans().At(0).Scope())
	for _, n := range sequences {
		span := spans.AppendEmpty()
		s.span(span, n)
		s.markContent(place, audit.Traces, span.Attributes(), func() stamp.Fields { return stamp.SpanContent(span) })
	}
	return td
}

func (s source) tracesEnd(total, givenUp int) ptrace.Traces {
	td := ptrace.NewTraces()
	span := spansOf(td).AppendEmpty()
	span.SetName(stamp.EndMarker)
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(s.at))
	s.markEnd(span.Attributes(), audit.Traces, total, givenUp, stamp.Span(span))
	return td
}

// metrics builds a point for each number: of a gauge, a sum, a histogram and an exponential histogram, in turn.
func (s source) metrics(sequences ...int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	scope := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty()
	metrics, place := scope.Metrics(), s.place(md.ResourceMetrics().At(0).Resource(), scope.Scope())
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
			s.markContent(place, audit.Metrics, p.Attributes(), func() stamp.Fields { return stamp.NumberContent(m, p) })
		case 2:
			p := m.SetEmptyHistogram().DataPoints().AppendEmpty()
			p.SetTimestamp(at)
			p.SetCount(uint64(n))
			s.mark(p.Attributes(), n, stamp.HistogramPoint(m.Name(), p))
			s.markContent(place, audit.Metrics, p.Attributes(), func() stamp.Fields { return stamp.HistogramContent(m, p) })
		default:
			p := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
			p.SetTimestamp(at)
			p.SetCount(uint64(n))
			s.mark(p.Attributes(), n, stamp.ExponentialPoint(m.Name(), p))
			s.markContent(place, audit.Metrics, p.Attributes(), func() stamp.Fields { return stamp.ExponentialContent(m, p) })
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
	scope := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	records, place := scope.LogRecords(), s.place(ld.ResourceLogs().At(0).Resource(), scope.Scope())
	for _, n := range sequences {
		r := records.AppendEmpty()
		r.SetTimestamp(pcommon.NewTimestampFromTime(s.at))
		r.Body().SetStr(fmt.Sprint("task ", n, " ended"))
		s.mark(r.Attributes(), n, stamp.Record(r))
		s.markContent(place, audit.Logs, r.Attributes(), func() stamp.Fields { return stamp.RecordContent(r) })
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
