// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// oddTook is how long odd spans and intervals last that last at all.
const oddTook = time.Millisecond

// oddItem is an item that is being made.
type oddItem struct {
	fleet   *Fleet
	process *process
	kind    *oddKind
	number  uint64
	times   odd.Times
	in      within
}

// oddItems enters each item of a request of odd ones.
func (f *Fleet) oddItems(r *Request, epoch time.Time, build func(item *oddItem)) {
	if r.noted.IsZero() {
		f.odds.note(r)
		r.noted = epoch
	}
	f.past = r.Past
	for i := range r.parts {
		part := &r.parts[i]
		at := timestamp(part.process.identity.clock(epoch), part.at)
		build(&oddItem{fleet: f, process: part.process, kind: r.odd, number: part.first, times: odd.Times{Start: at - pcommon.Timestamp(oddTook), At: at}})
	}
}

func (f *Fleet) oddTraces(r *Request, epoch time.Time) ptrace.Traces {
	td := ptrace.NewTraces()
	f.oddItems(r, epoch, func(item *oddItem) {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl(semconv.SchemaURL)
		ss := rs.ScopeSpans().AppendEmpty()
		item.enter(rs.Resource(), ss.Scope())
		span := ss.Spans().AppendEmpty()
		trace, id := item.ids()
		span.SetTraceID(trace)
		span.SetSpanID(id)
		item.kind.Span(span, item.times)
		checksum := stamp.Span(span)
		fields := stamp.SpanContent(span)
		item.mark(Traces, span.Attributes(), checksum, &fields)
	})
	return td
}

func (f *Fleet) oddLogs(r *Request, epoch time.Time) plog.Logs {
	ld := plog.NewLogs()
	f.oddItems(r, epoch, func(item *oddItem) {
		rl := ld.ResourceLogs().AppendEmpty()
		rl.SetSchemaUrl(semconv.SchemaURL)
		sl := rl.ScopeLogs().AppendEmpty()
		item.enter(rl.Resource(), sl.Scope())
		record := sl.LogRecords().AppendEmpty()
		trace, id := item.ids()
		record.SetTraceID(trace)
		record.SetSpanID(id)
		item.kind.Record(record, item.times)
		checksum := stamp.Record(record)
		fields := stamp.RecordContent(record)
		item.mark(Logs, record.Attributes(), checksum, &fields)
	})
	return ld
}

func (f *Fleet) oddMetrics(r *Request, epoch time.Time) pmetric.Metrics {
	md := pmetric.NewMetrics()
	f.oddItems(r, epoch, func(item *oddItem) {
		rm := md.ResourceMetrics().AppendEmpty()
		rm.SetSchemaUrl(semconv.SchemaURL)
		sm := rm.ScopeMetrics().AppendEmpty()
		item.enter(rm.Resource(), sm.Scope())
		m := sm.Metrics().AppendEmpty()
		item.kind.Metric(m, item.times)
		switch m.Type() {
		case pmetric.MetricTypeHistogram:
			p := m.Histogram().DataPoints().At(0)
			fields := stamp.HistogramContent(m, p)
			item.mark(Metrics, p.Attributes(), stamp.HistogramPoint(m.Name(), p), &fields)
		case pmetric.MetricTypeExponentialHistogram:
			p := m.ExponentialHistogram().DataPoints().At(0)
			fields := stamp.ExponentialContent(m, p)
			item.mark(Metrics, p.Attributes(), stamp.ExponentialPoint(m.Name(), p), &fields)
		default:
			p := numberPoints(m).At(0)
			fields := stamp.NumberContent(m, p)
			item.mark(Metrics, p.Attributes(), stamp.NumberPoint(m.Name(), p), &fields)
		}
	})
	return md
}

// enter makes the resource and scope of the item.
func (item *oddItem) enter(r pcommon.Resource, scope pcommon.InstrumentationScope) {
	c, id := item.fleet.contents, &item.process.identity
	scope.SetName(id.scope)
	own := pcommon.NewResource()
	id.resource.CopyTo(own)
	if !item.kind.Resource(own) {
		item.in = c.resource(item.process, r).scoped(scope, "")
		return
	}
	own.CopyTo(r)
	if c != nil {
		c.buffer = stamp.Resource(c.buffer[:0], own, semconv.SchemaURL, &c.keys)
		item.in = within{of: c, resource: stamp.ID(c.buffer)}
		stamp.PutContent(r.Attributes(), c.buffer)
	}
	item.in = item.in.scoped(scope, "")
}

// ids are those of the item's own trace and span.
func (item *oddItem) ids() (trace pcommon.TraceID, span pcommon.SpanID) {
	r := sim.Stream(item.process.identity.traces, item.number, clusterOdd, uint64(item.kind.Signal))
	binary.BigEndian.PutUint64(trace[:8], r.Uint64())
	binary.BigEndian.PutUint64(trace[8:], r.Uint64()|1)
	binary.BigEndian.PutUint64(span[:], r.Uint64()|1)
	return trace, span
}

// mark gives the item its attributes. Stamps come first: who cuts a long list cuts its end.
func (item *oddItem) mark(s Signal, attributes pcommon.Map, checksum int64, fields *stamp.Fields) {
	f := item.fleet
	var of, b xpdata.MapBuilder
	item.kind.Attributes(&of)
	of.UnsafeIntoMap(attributes)
	if f.options.Verify {
		owner := f.stamp(&b, item.process, &stamp.Mark{Sequence: item.number, Odd: item.kind.Name}, checksum)
		if c := item.in.of; c != nil {
			c.buffer = stamp.AppendContent(c.buffer[:0], owner, item.in.resource, item.in.scope, fields, stamp.FieldCount(s), attributes, &c.keys)
			b.AppendEmpty(semconv.StampContent).SetEmptyBytes().FromRaw(c.buffer)
		}
	}
	b.AppendEmpty(semconv.StampOdd).SetStr(item.kind.Name)
	for key, v := range attributes.All() {
		v.CopyTo(b.AppendEmpty(key))
	}
	b.UnsafeIntoMap(attributes)
}

// numberPoints are the points of a sum or gauge.
func numberPoints(m pmetric.Metric) pmetric.NumberDataPointSlice {
	if m.Type() == pmetric.MetricTypeSum {
		return m.Sum().DataPoints()
	}
	return m.Gauge().DataPoints()
}
