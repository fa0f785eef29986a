// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/servicemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Metrics builds the data points of a request. Virtual time 0 is epoch.
func (f *Fleet) Metrics(r *Request, epoch time.Time) pmetric.Metrics {
	if r.odd != nil {
		return f.oddMetrics(r, epoch)
	}
	f.note(r, epoch)
	md := pmetric.NewMetrics()
	md.ResourceMetrics().EnsureCapacity(len(r.parts))
	for _, part := range r.parts {
		p := part.process
		epoch := p.identity.clock(epoch)
		at := func(t sim.Time) pcommon.Timestamp { return timestamp(epoch, t) }
		rm := md.ResourceMetrics().AppendEmpty()
		rm.SetSchemaUrl(semconv.SchemaURL) // of async_runtime.simulated
		in := f.contents.resource(p, rm.Resource())
		if r.ends {
			f.buildMetricsEnd(rm.ScopeMetrics().AppendEmpty(), p, epoch, in)
			continue
		}
		number := part.first
		if part.samples.OfRuntime() {
			sm := rm.ScopeMetrics().AppendEmpty()
			part.samples.Build(sm, at)
			if f.options.Verify {
				number = f.stampPoints(sm.Metrics(), p, number, in.scoped(sm.Scope(), sm.SchemaUrl()))
			}
		}
		if part.samples.Own() {
			sm := rm.ScopeMetrics().AppendEmpty()
			sm.Scope().SetName(p.identity.scope)
			part.samples.BuildOwn(sm.Metrics(), &servicemetrics.Surroundings{At: at, Trace: p.origins.traceID, Span: p.identity.spanID})
			if f.options.Verify {
				f.stampPoints(sm.Metrics(), p, number, in.scoped(sm.Scope(), ""))
			}
		}
	}
	return md
}

// stampPoints marks the points of a process in their order, from a number on, and returns the next number.
func (f *Fleet) stampPoints(metrics pmetric.MetricSlice, p *process, number uint64, in within) (next uint64) {
	mark := func(m pmetric.Metric, attributes pcommon.Map, checksum int64) stamp.Owner {
		says := stamp.Mark{Sequence: number}
		if f.classes != nil {
			f.classes.item(&says, Metrics, p.identity.service.Name, m.Name(), ptrace.StatusCodeUnset, attributes, 0)
		}
		number++
		var b xpdata.MapBuilder
		b.EnsureCapacity(attributes.Len() + stampAttributes + in.attributes())
		for key, v := range attributes.All() {
			v.CopyTo(b.AppendEmpty(key))
		}
		of := f.stamp(&b, p, &says, checksum)
		b.UnsafeIntoMap(attributes)
		return of
	}
	for _, m := range metrics.All() {
		if m.Type() == pmetric.MetricTypeExponentialHistogram {
			for _, point := range m.ExponentialHistogram().DataPoints().All() {
				in.exponential(m, point, mark(m, point.Attributes(), stamp.ExponentialPoint(m.Name(), point)))
			}
			continue
		}
		if m.Type() == pmetric.MetricTypeHistogram {
			for _, point := range m.Histogram().DataPoints().All() {
				in.histogram(m, point, mark(m, point.Attributes(), stamp.HistogramPoint(m.Name(), point)))
			}
			continue
		}
		for _, point := range numberPoints(m).All() {
			in.number(m, point, mark(m, point.Attributes(), stamp.NumberPoint(m.Name(), point)))
		}
	}
	return number
}

func (f *Fleet) buildMetricsEnd(sm pmetric.ScopeMetrics, p *process, epoch time.Time, in within) {
	sm.Scope().SetName(p.identity.scope)
	in.scoped(sm.Scope(), "")
	m := sm.Metrics().AppendEmpty()
	m.SetName(stamp.EndMarker)
	point := m.SetEmptyGauge().DataPoints().AppendEmpty()
	point.SetTimestamp(timestamp(epoch, p.endedAt))
	point.SetIntValue(int64(min(p.exporters[Metrics].numbered(), math.MaxInt64)))
	var b xpdata.MapBuilder
	f.stampEnd(&b, p, Metrics, stamp.NumberPoint(stamp.EndMarker, point))
	b.UnsafeIntoMap(point.Attributes())
}
