// SPDX-License-Identifier: Apache-2.0

// Package servicemetrics records the metrics of a service's own: what its spans record as they end, and what is read at each interval.
//
//	spans --Ended--> Recorder --Take, every interval--> Points --Build--> pmetric, any number of times
//
// It does what an SDK does: values of equal attributes are a series, each of which is one point of each reading, cumulative or delta. What is
// drawn follows from the span, or from the seed of the process, alone.
//
// The files, from the top down: build (points become pdata), recorder, series (what is aggregated), exponential (its buckets).
//
// The package stands above packages workload and scheduler/sim. Package runtimemetrics takes its points with its own samples.
package servicemetrics

import (
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Recorder holds the metrics of one process. Not safe for concurrent use.
type Recorder struct {
	metrics []recorded
	bySpan  [][]int // metrics that spans record, by the label of the span
	delta   bool
	set     func(pcommon.Value, any, workload.Draws)
	seed    uint64
	start   sim.Time
	last    sim.Time // the reading before, or the start
	reading uint64
}

// recorded is a metric, with its series.
type recorded struct {
	*workload.Metric

	integer  bool // all that it records is whole
	bounds   []float64
	series   []*series
	byKey    map[string]*series
	drawn    []*series // without an operation: of each draw of the attributes
	constant bool      // no attribute is drawn
}

// New makes a recorder for a process that starts now; nil if its service has no metrics of its own. Set writes the value of an attribute.
func New(s *workload.Service, seed uint64, delta bool, now sim.Time, set func(pcommon.Value, any, workload.Draws)) *Recorder {
	if len(s.Metrics) == 0 {
		return nil
	}
	r := &Recorder{seed: seed, delta: delta, set: set, start: now, last: now, bySpan: make([][]int, len(s.Spans))}
	for i := range s.Metrics {
		m := &s.Metrics[i]
		of := recorded{Metric: m, byKey: map[string]*series{}, bounds: m.Bounds, constant: true}
		switch {
		case len(m.Bounds) > 0:
		case m.Value == nil:
			of.bounds = secondsBounds
		default:
			of.bounds = sdkBounds
		}
		fixed, is := m.Value.(workload.FixedNumber)
		of.integer = is && float64(fixed) == math.Trunc(float64(fixed))
		for _, a := range m.Attributes {
			switch a.Value.(type) {
			case string, int64, float64, bool:
			default:
				of.constant = false
			}
		}
		r.metrics = append(r.metrics, of)
		for label := range s.Spans {
			if m.Operation != "" && s.Spans[label].Name == m.Operation {
				r.bySpan[label] = append(r.bySpan[label], i)
			}
		}
	}
	return r
}

// sdkBounds are the default of OpenTelemetry's SDKs.
var sdkBounds = []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}

// secondsBounds are those that the conventions advise for durations in seconds.
var secondsBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// Span is a span that has ended.
type Span struct {
	Label       int
	Number, Tag uint64
	Start, End  sim.Time
	Work        sim.Rand
}

// streamValue is the stream of values, beside the attributes' of the same draws.
const streamValue = 1 << 32

// Ended records a span that ended. It runs once for each span.
func (r *Recorder) Ended(s *Span) {
	for _, i := range r.bySpan[s.Label] {
		m := &r.metrics[i]
		draws := workload.DrawsOf(s.Work, s.Label)
		value := (s.End - s.Start).Duration().Seconds()
		if m.Value != nil {
			stream := sim.Stream(uint64(draws), streamValue, uint64(max(0, i)))
			value = m.Value.Draw(&stream)
		}
		of := r.find(m, draws)
		of.record(m.Instrument, m.bounds, value)
		if m.Exemplars > 0 {
			stream := sim.Stream(uint64(draws), streamValue+1, uint64(max(0, i)))
			of.offer(m.Exemplars, exemplar{at: s.End, value: value, span: s.Number, tag: s.Tag}, &stream)
		}
	}
}

// read records what is recorded at each reading.
func (r *Recorder) read() {
	for i := range r.metrics {
		m := &r.metrics[i]
		if m.Operation != "" {
			continue
		}
		for n := range m.Series {
			key := []uint64{uint64(max(0, i)), uint64(max(0, n))}
			if n == len(m.drawn) {
				m.drawn = append(m.drawn, r.find(m, workload.Draws(sim.Stream(r.seed, key...))))
			}
			stream := sim.Stream(r.seed, append(key, streamValue+r.reading)...)
			m.drawn[n].record(m.Instrument, m.bounds, m.Value.Draw(&stream))
		}
	}
	r.reading++
}

// find is the series of a draw of the attributes.
func (r *Recorder) find(m *recorded, d workload.Draws) *series {
	if m.constant && len(m.series) == 1 {
		return m.series[0]
	}
	attributes := pcommon.NewMap()
	var key strings.Builder
	for _, a := range m.Attributes {
		v := attributes.PutEmpty(a.Key)
		r.set(v, a.Value, d)
		text := v.AsString()
		key.WriteString(strconv.Itoa(len(text)) + ":" + text)
	}
	of := m.byKey[key.String()]
	switch {
	case of != nil:
	case len(m.series) >= workload.MostSeries:
		const beyond = "beyond the limit"
		if of = m.byKey[beyond]; of == nil {
			attributes = pcommon.NewMap()
			attributes.PutBool("otel.metric.overflow", true)
			of = m.add(beyond, attributes)
		}
	default:
		of = m.add(key.String(), attributes)
	}
	return of
}

func (m *recorded) add(key string, attributes pcommon.Map) *series {
	s := &series{attributes: attributes}
	if m.Instrument == workload.Histogram {
		s.buckets = make([]uint64, len(m.bounds)+1)
	}
	m.series = append(m.series, s)
	m.byKey[key] = s
	return s
}
