// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// runtimeMetrics are what the metrics of one resource tell of its process, in all scopes.
type runtimeMetrics struct {
	workers, waits, waitTimes, waitCounts streams
}

// streams are the points of metrics that tell the same, apart by scope, metric and attributes.
type streams struct {
	byName map[string]int // index in all
	all    []stream
}

// stream is what one source of points tells, in the order in which the points come.
type stream struct {
	runtime     string // what tells its runtime from others of the process
	temporality pmetric.AggregationTemporality
	points      []instances.Total // of workers, the sum is their number
}

// empty reports whether they tell nothing.
func (m *runtimeMetrics) empty() bool {
	return len(m.workers.all)+len(m.waits.all)+len(m.waitTimes.all)+len(m.waitCounts.all) == 0
}

// metricSource is where points come from.
type metricSource struct {
	scope, metric string
	temporality   pmetric.AggregationTemporality
	scale         float64 // makes nanoseconds of durations
}

var (
	scales     = map[semconv.Number]float64{semconv.Seconds: 1e9, semconv.Milliseconds: 1e6, semconv.Microseconds: 1e3}
	unitScales = map[string]float64{"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1}
)

// add adds the points of a metric, if it is of a kind that can tell this.
func (m *runtimeMetrics) add(scope string, metric pmetric.Metric, what *semconv.ReadMetric) {
	from := metricSource{scope: scope, metric: metric.Name(), scale: 1}
	durations := what.Told == semconv.WaitsTold || what.Told == semconv.WaitTimeTold
	if durations {
		if from.scale = unitScales[metric.Unit()]; from.scale == 0 {
			from.scale = scales[what.Number]
		}
	}
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		if what.Told == semconv.WorkersTold {
			m.workers.addNumbers(from, metric.Gauge().DataPoints())
		}
	case pmetric.MetricTypeSum:
		from.temporality = metric.Sum().AggregationTemporality()
		switch monotonic := metric.Sum().IsMonotonic(); {
		case what.Told == semconv.WorkersTold:
			m.workers.addNumbers(from, metric.Sum().DataPoints())
		case what.Told == semconv.WaitTimeTold && monotonic:
			from.metric = "" // so that it has the name of the stream that counts
			m.waitTimes.addNumbers(from, metric.Sum().DataPoints())
		case what.Told == semconv.WaitCountTold && monotonic:
			from.metric = ""
			m.waitCounts.addNumbers(from, metric.Sum().DataPoints())
		}
	case pmetric.MetricTypeHistogram:
		if what.Told == semconv.WaitsTold {
			from.temporality = metric.Histogram().AggregationTemporality()
			addHistogram[pmetric.HistogramDataPoint](&m.waits, from, metric.Histogram().DataPoints())
		}
	case pmetric.MetricTypeExponentialHistogram:
		if what.Told == semconv.WaitsTold {
			from.temporality = metric.ExponentialHistogram().AggregationTemporality()
			addHistogram[pmetric.ExponentialHistogramDataPoint](&m.waits, from, metric.ExponentialHistogram().DataPoints())
		}
	default: // a summary; no naming has one
	}
}

func (s *streams) addNumbers(from metricSource, points pmetric.NumberDataPointSlice) {
	for _, point := range points.All() {
		if point.Flags().NoRecordedValue() {
			continue
		}
		n := point.DoubleValue()
		if point.ValueType() == pmetric.NumberDataPointValueTypeInt {
			n = float64(point.IntValue())
		}
		s.add(from, point.Attributes(), instances.Total{
			From: nanoseconds(point.StartTimestamp()), To: nanoseconds(point.Timestamp()), Sum: n * from.scale,
		})
	}
}

// histogramPoint is a point of either kind of histogram.
type histogramPoint interface {
	Attributes() pcommon.Map
	StartTimestamp() pcommon.Timestamp
	Timestamp() pcommon.Timestamp
	Count() uint64
	Flags() pmetric.DataPointFlags
	HasSum() bool
	Sum() float64
}

// histogramPoints is a slice of points of either kind.
type histogramPoints[P histogramPoint] interface {
	Len() int
	At(i int) P
}

func addHistogram[P histogramPoint](s *streams, from metricSource, points histogramPoints[P]) {
	for i := range points.Len() {
		point := points.At(i)
		if point.Flags().NoRecordedValue() {
			continue
		}
		sum := math.NaN()
		if point.HasSum() {
			sum = point.Sum() * from.scale
		}
		s.add(from, point.Attributes(), instances.Total{
			From: nanoseconds(point.StartTimestamp()), To: nanoseconds(point.Timestamp()), Sum: sum, Count: point.Count(),
		})
	}
}

func (s *streams) add(from metricSource, attributes pcommon.Map, point instances.Total) {
	name, runtime := from.name(attributes)
	i, known := s.byName[name]
	if !known {
		if s.byName == nil {
			s.byName = map[string]int{}
		}
		i = len(s.all)
		s.byName[name] = i
		s.all = append(s.all, stream{runtime: runtime, temporality: from.temporality})
	}
	s.all[i].points = append(s.all[i].points, point)
}

// name says which stream points with these attributes belong to, and of which runtime of the process they are: as its id or its name
// says, under any key that speaks of a runtime.
func (m *metricSource) name(attributes pcommon.Map) (name, runtime string) {
	var all, named strings.Builder
	all.WriteString(untrusted.Cut(m.scope))
	all.WriteByte(0)
	all.WriteString(m.metric)
	for key, value := range attributes.All() {
		text, _ := untrusted.Text(value)
		for _, part := range []string{key, text} {
			all.WriteByte(0)
			all.WriteString(untrusted.Cut(part))
			if strings.Contains(key, "runtime") {
				named.WriteByte(0)
				named.WriteString(untrusted.Cut(part))
			}
		}
	}
	return all.String(), named.String()
}

// keepWorkers takes the number of workers that the runtimes of the process have: no span says which of them ran it, so they must have
// as many.
func (m *runtimeMetrics) keepWorkers(instance *instances.Instance) {
	workers, at := 0.0, int64(0)
	for i := range m.workers.all {
		points := m.workers.all[i].points
		last := points[len(points)-1]
		if i > 0 && last.Sum != workers {
			return
		}
		workers, at = last.Sum, max(at, last.To)
	}
	if workers >= 1 && workers < 1<<31 {
		instance.SetWorkers(int64(workers), at)
	}
}

// keepWaits takes the queue waits, added up over all streams. It takes none if they are of several runtimes: their mean would be that
// of no runtime.
func (m *runtimeMetrics) keepWaits(instance *instances.Instance) {
	all := m.waits.all
	if len(all) == 0 {
		all = m.counted()
	}
	for i := range all {
		if all[i].runtime != all[0].runtime || all[i].temporality != all[0].temporality || len(all[i].points) != len(all[0].points) {
			return
		}
	}
	if len(all) == 0 {
		return
	}
	for n := range all[0].points {
		total := all[0].points[n]
		for i := range all[1:] {
			total.Include(all[1+i].points[n])
		}
		switch all[0].temporality {
		case pmetric.AggregationTemporalityCumulative:
			instance.AddTotal(total)
		case pmetric.AggregationTemporalityDelta:
			instance.AddInterval(total)
		default:
		}
	}
}

// counted returns the streams of waits that come as a counter of their time and one of their number: none, if one of these is missing
// anywhere.
func (m *runtimeMetrics) counted() []stream {
	if len(m.waitTimes.all) != len(m.waitCounts.all) {
		return nil
	}
	for name, i := range m.waitTimes.byName {
		times := &m.waitTimes.all[i]
		of, known := m.waitCounts.byName[name]
		if !known {
			return nil
		}
		counts := &m.waitCounts.all[of]
		if counts.temporality != times.temporality || len(counts.points) != len(times.points) {
			return nil
		}
		for n := range times.points {
			count := counts.points[n].Sum
			if !(count >= 0 && count < math.MaxInt64) { // or NaN
				count, times.points[n].Sum = 0, math.NaN()
			}
			times.points[n].Count = uint64(count)
		}
	}
	return m.waitTimes.all
}
