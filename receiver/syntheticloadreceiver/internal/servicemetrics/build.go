// SPDX-License-Identifier: Apache-2.0

package servicemetrics

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Points are those of one reading. They stay as they are when the recorder goes on.
type Points struct {
	of     *Recorder
	from   sim.Time // the reading before
	at     sim.Time
	points []point
}

// point is a series as it was.
type point struct {
	metric int
	series
}

// Take reads all series, now. Those of which nothing was recorded since the reading before are left out with delta, and those of a gauge.
func (r *Recorder) Take(now sim.Time) Points {
	r.read()
	taken := Points{of: r, from: r.last, at: now}
	for i := range r.metrics {
		m := &r.metrics[i]
		for _, s := range m.series {
			if s.recorded || !r.isDelta(m) && m.Instrument != workload.Gauge {
				p := point{metric: i, series: *s}
				p.buckets, p.spread.counts = slices.Clone(s.buckets), slices.Clone(s.spread.counts)
				taken.points = append(taken.points, p)
			}
			s.taken(r.isDelta(m))
		}
	}
	r.last = now
	return taken
}

// isDelta: an up-down counter is cumulative in any case, as OpenTelemetry's SDKs have it.
func (r *Recorder) isDelta(m *recorded) bool {
	return r.delta && m.Instrument != workload.UpDownCounter && m.Instrument != workload.Gauge
}

// Len is the number of points.
func (p *Points) Len() int { return len(p.points) }

// Surroundings are what points need of the process: wall times, and ids of spans.
type Surroundings struct {
	At    func(sim.Time) pcommon.Timestamp
	Trace func(tag uint64) pcommon.TraceID
	Span  func(number uint64) pcommon.SpanID
}

// Build writes the points of some readings, a metric each of those that have any.
func Build(readings []Points, to pmetric.MetricSlice, with *Surroundings) {
	var metrics []pmetric.Metric // by number; those that have no points yet are the zero value
	var made []bool
	for i := range readings {
		of := readings[i].of
		if metrics == nil {
			metrics, made = make([]pmetric.Metric, len(of.metrics)), make([]bool, len(of.metrics))
		}
		for k := range readings[i].points {
			p := &readings[i].points[k]
			m := &of.metrics[p.metric]
			if !made[p.metric] {
				made[p.metric] = true
				metrics[p.metric] = to.AppendEmpty()
				of.describe(metrics[p.metric], m)
			}
			of.build(metrics[p.metric], m, &readings[i], p, with)
		}
	}
}

func (r *Recorder) describe(to pmetric.Metric, m *recorded) {
	to.SetName(m.Name)
	to.SetUnit(m.Unit)
	to.SetDescription(m.Description)
	temporality := pmetric.AggregationTemporalityCumulative
	if r.isDelta(m) {
		temporality = pmetric.AggregationTemporalityDelta
	}
	switch m.Instrument {
	case workload.Gauge:
		to.SetEmptyGauge()
	case workload.Counter, workload.UpDownCounter:
		sum := to.SetEmptySum()
		sum.SetIsMonotonic(m.Instrument == workload.Counter)
		sum.SetAggregationTemporality(temporality)
	case workload.Histogram:
		to.SetEmptyHistogram().SetAggregationTemporality(temporality)
	case workload.ExponentialHistogram:
		to.SetEmptyExponentialHistogram().SetAggregationTemporality(temporality)
	}
}

func (r *Recorder) build(to pmetric.Metric, m *recorded, reading *Points, p *point, with *Surroundings) {
	at, since := with.At(reading.at), with.At(r.start)
	if r.isDelta(m) {
		since = with.At(reading.from)
	}
	switch m.Instrument {
	case workload.Histogram:
		x := to.Histogram().DataPoints().AppendEmpty()
		x.SetTimestamp(at)
		x.SetStartTimestamp(since)
		x.SetCount(p.count)
		x.SetSum(p.value)
		if p.count > 0 {
			x.SetMin(p.min)
			x.SetMax(p.max)
		}
		x.ExplicitBounds().FromRaw(m.bounds)
		x.BucketCounts().FromRaw(p.buckets)
		p.write(x.Attributes(), x.Exemplars(), with)
	case workload.ExponentialHistogram:
		x := to.ExponentialHistogram().DataPoints().AppendEmpty()
		x.SetTimestamp(at)
		x.SetStartTimestamp(since)
		x.SetCount(p.count)
		x.SetSum(p.value)
		if p.count > 0 {
			x.SetMin(p.min)
			x.SetMax(p.max)
		}
		x.SetScale(int32(p.spread.scale)) //nolint:gosec // G115: at most firstScale, and no less than the range of doubles asks for
		x.SetZeroCount(p.spread.zero)
		x.Positive().SetOffset(int32(p.spread.offset)) //nolint:gosec // G115: at most 1024 << firstScale
		x.Positive().BucketCounts().FromRaw(p.spread.counts)
		p.write(x.Attributes(), x.Exemplars(), with)
	default:
		var x pmetric.NumberDataPoint
		if m.Instrument == workload.Gauge {
			x = to.Gauge().DataPoints().AppendEmpty()
		} else {
			x = to.Sum().DataPoints().AppendEmpty()
		}
		x.SetTimestamp(at)
		if m.Instrument != workload.Gauge {
			x.SetStartTimestamp(since)
		}
		if m.integer {
			x.SetIntValue(int64(p.value))
		} else {
			x.SetDoubleValue(p.value)
		}
		p.write(x.Attributes(), x.Exemplars(), with)
	}
}

// write writes the attributes and exemplars of a point.
func (p *point) write(attributes pcommon.Map, exemplars pmetric.ExemplarSlice, with *Surroundings) {
	p.attributes.CopyTo(attributes)
	for _, e := range p.exemplars {
		x := exemplars.AppendEmpty()
		x.SetTimestamp(with.At(e.at))
		x.SetDoubleValue(e.value)
		x.SetTraceID(with.Trace(e.tag))
		x.SetSpanID(with.Span(e.span))
	}
}
