// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/servicemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// clock gives the wall time of a virtual one.
type clock = func(sim.Time) pcommon.Timestamp

// Samples are some of a sampler's samples. They stay as they are when the sampler goes on.
type Samples struct {
	of      *Sampler
	samples []sample
}

// Samples are those whose points, counted since the last Discard, are the ones from first up to end, without end.
func (s *Sampler) Samples(first, end int) Samples {
	from := slices.IndexFunc(s.samples, func(x sample) bool { return x.point >= first })
	if from < 0 {
		return Samples{of: s}
	}
	to := from
	for to < len(s.samples) && s.samples[to].point < end {
		to++
	}
	return Samples{of: s, samples: s.samples[from:to]}
}

// Cut divides the samples after the one that has the n-th point, and tells how many points come before the cut.
func (x Samples) Cut(n int) (first, second Samples, points int) {
	k := 0
	for k < len(x.samples) && points < n {
		points += x.samples[k].len()
		k++
	}
	return Samples{of: x.of, samples: x.samples[:k]}, Samples{of: x.of, samples: x.samples[k:]}, points
}

// OfRuntime reports whether there are metrics of the runtime.
func (x Samples) OfRuntime() bool { return len(x.of.metrics) > 0 }

// Own reports whether there are points of the service's own.
func (x Samples) Own() bool {
	return slices.ContainsFunc(x.samples, func(s sample) bool { return s.own.Len() > 0 })
}

// BuildOwn writes the metrics of the service's own.
func (x Samples) BuildOwn(to pmetric.MetricSlice, with *servicemetrics.Surroundings) {
	readings := make([]servicemetrics.Points, len(x.samples))
	for i := range readings {
		readings[i] = x.samples[i].own
	}
	servicemetrics.Build(readings, to, with)
}

// Build writes the metrics of the samples into an empty scope. at gives the wall time of a virtual time.
func (x Samples) Build(to pmetric.ScopeMetrics, at clock) {
	s := x.of
	samples := make([]*sample, len(x.samples))
	for i := range samples {
		samples[i] = &x.samples[i]
	}
	to.Scope().SetName(s.scheme.Scope)
	to.Scope().SetVersion(s.scheme.Version)
	to.SetSchemaUrl(s.scheme.SchemaURL)
	metrics := to.Metrics()
	metrics.EnsureCapacity(len(s.metrics))
	value, spread := make([]int, len(samples)), 0 // where each sample's next points are
	for i := range s.metrics {
		m := &s.metrics[i]
		metric := metrics.AppendEmpty()
		metric.SetName(m.Name)
		metric.SetUnit(m.Unit)
		metric.SetDescription(m.Meaning)
		if m.Instrument == semconv.ExponentialHistogram {
			h := metric.SetEmptyExponentialHistogram()
			h.SetAggregationTemporality(s.temporality(m))
			for _, taken := range samples {
				s.buildSpread(h.DataPoints().AppendEmpty(), m, taken, spread, at)
			}
			spread++
			continue
		}
		points := s.numbers(metric, m)
		for k, taken := range samples {
			for j := range m.Series {
				n := 1
				if s.each(m) {
					n = taken.workers
				}
				for worker := range n {
					s.buildNumber(points.AppendEmpty(), m, j, worker, taken, taken.values[value[k]], at)
					value[k]++
				}
			}
		}
	}
}

// numbers makes a metric a sum or a gauge.
func (s *Sampler) numbers(metric pmetric.Metric, m *semconv.Metric) pmetric.NumberDataPointSlice {
	if m.Instrument == semconv.Gauge {
		return metric.SetEmptyGauge().DataPoints()
	}
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(m.Instrument == semconv.Counter)
	sum.SetAggregationTemporality(s.temporality(m))
	return sum.DataPoints()
}

func (s *Sampler) temporality(m *semconv.Metric) pmetric.AggregationTemporality {
	if s.delta && m.Instrument != semconv.UpDownCounter {
		return pmetric.AggregationTemporalityDelta
	}
	return pmetric.AggregationTemporalityCumulative
}

// since is what a point of a metric counts from.
func (s *Sampler) since(m *semconv.Metric, taken *sample) sim.Time {
	if s.temporality(m) == pmetric.AggregationTemporalityDelta {
		return taken.from
	}
	return s.start
}

func (s *Sampler) buildNumber(p pmetric.NumberDataPoint, m *semconv.Metric, series, worker int, taken *sample, v value, at clock) {
	p.SetTimestamp(at(taken.at))
	if m.Instrument != semconv.Gauge {
		p.SetStartTimestamp(at(s.since(m, taken)))
	}
	s.buildAttributes(p.Attributes(), m, series, worker)

	begin := int64(0) // what the point counts from
	if m.Instrument == semconv.Gauge || s.since(m, taken) != s.start {
		begin = v.from
	}
	elapsed := float64(taken.at - taken.from)
	switch m.Number {
	case semconv.Seconds:
		p.SetDoubleValue(seconds(sim.Time(v.to - begin)))
	case semconv.Utilization:
		if !s.each(m) {
			elapsed *= float64(taken.workers)
		}
		p.SetDoubleValue(min(float64(v.to-begin)/elapsed, 1)) // Tokio's busy time may be that of an earlier interval
	case semconv.Ratio:
		p.SetDoubleValue(float64(v.to-begin) / elapsed)
	default:
		n := v.to/units[m.Number] - begin/units[m.Number]
		if s.scheme.Doubles {
			p.SetDoubleValue(float64(n))
		} else {
			p.SetIntValue(n)
		}
	}
}

// units are the nanoseconds, or whatever a quantity counts, in one of a number.
var units = map[semconv.Number]int64{
	semconv.AsIs: 1, semconv.Microseconds: int64(time.Microsecond), semconv.Milliseconds: int64(time.Millisecond),
}

func (s *Sampler) buildAttributes(to pcommon.Map, m *semconv.Metric, series, worker int) {
	if s.scheme.Runtime != "" {
		to.PutStr(semconv.TokioRuntimeID, s.scheme.Runtime)
	}
	if key := m.Series[series].Key; key != "" {
		to.PutStr(key, m.Series[series].Value)
	}
	if s.each(m) {
		to.PutInt(s.scheme.WorkerKey, int64(worker))
	}
}

func (s *Sampler) buildSpread(p pmetric.ExponentialHistogramDataPoint, m *semconv.Metric, taken *sample, of int, at clock) {
	d := &taken.spreads[of]
	p.SetTimestamp(at(taken.at))
	p.SetStartTimestamp(at(s.since(m, taken)))
	p.SetCount(d.count)
	p.SetSum(seconds(d.sum))
	if d.count > 0 {
		p.SetMin(seconds(d.min))
		p.SetMax(seconds(d.max))
	}
	p.SetScale(d.Scale)
	p.SetZeroCount(d.Zero)
	p.SetZeroThreshold(zeroThreshold)
	p.Positive().SetOffset(d.Offset - unitOctaves<<d.Scale)
	p.Positive().BucketCounts().FromRaw(d.Counts)
}

func seconds(t sim.Time) float64 { return float64(t) / float64(time.Second) }
