// SPDX-License-Identifier: Apache-2.0

package servicemetrics

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const second = sim.Time(1e9)

var surroundings = Surroundings{
	At:    func(t sim.Time) pcommon.Timestamp { return pcommon.Timestamp(t) },
	Trace: func(tag uint64) pcommon.TraceID { return pcommon.TraceID{byte(tag)} },
	Span:  func(number uint64) pcommon.SpanID { return pcommon.SpanID{byte(number)} },
}

// recorder of a service with spans GET (0) and POST (1).
func recorder(delta bool, metrics ...workload.Metric) *Recorder {
	return New(&workload.Service{Spans: []workload.Span{{Name: "GET"}, {Name: "POST"}}, Metrics: metrics}, 1, delta, 0, set)
}

// set writes what the tests have for attributes.
func set(v pcommon.Value, value any, d workload.Draws) {
	if texts, drawn := value.(workload.Texts); drawn {
		v.SetStr(texts.Text(d))
		return
	}
	v.SetBool(value.(bool))
}

// span n of a label, which takes n seconds.
func span(label, n int) *Span {
	return &Span{Label: label, Number: uint64(n), Tag: uint64(n + 100), End: sim.Time(n) * second, Work: sim.Stream(uint64(n))}
}

func metricsOf(readings ...Points) pmetric.MetricSlice {
	to := pmetric.NewMetricSlice()
	Build(readings, to, &surroundings)
	return to
}

func TestCounters(t *testing.T) {
	for _, delta := range []bool{false, true} {
		r := recorder(delta, workload.Metric{Name: "requests", Unit: "{request}", Instrument: workload.Counter, Operation: "GET", Value: workload.FixedNumber(1)},
			workload.Metric{Name: "open", Instrument: workload.UpDownCounter, Operation: "POST", Value: workload.FixedNumber(-0.5)})
		for n := range 3 {
			r.Ended(span(0, n+1))
		}
		r.Ended(span(1, 1))
		first := r.Take(4 * second)
		r.Ended(span(0, 5))
		next := r.Take(8 * second)
		last := r.Take(12 * second)
		assert.Equal(t, 2, first.Len())
		m := metricsOf(first, next, last)
		require.Equal(t, 2, m.Len())
		requests, open := m.At(0).Sum(), m.At(1).Sum()
		assert.Equal(t, "{request}", m.At(0).Unit())
		assert.True(t, requests.IsMonotonic())
		assert.False(t, open.IsMonotonic())
		assert.Equal(t, pmetric.AggregationTemporalityCumulative, open.AggregationTemporality(), "in any case")
		assert.InDelta(t, -0.5, open.DataPoints().At(2).DoubleValue(), 0)
		var values []int64
		for _, p := range requests.DataPoints().All() {
			values = append(values, p.IntValue())
		}
		if delta {
			assert.Equal(t, []int64{3, 1}, values, "nothing since the second reading")
			assert.EqualValues(t, 4e9, requests.DataPoints().At(1).StartTimestamp())
		} else {
			assert.Equal(t, []int64{3, 4, 4}, values)
			assert.Zero(t, requests.DataPoints().At(1).StartTimestamp())
		}
	}
}

// TestHistograms: buckets, sums and exemplars are those of the durations that spans had.
func TestHistograms(t *testing.T) {
	r := recorder(true, workload.Metric{Name: "d", Instrument: workload.Histogram, Operation: "GET", Bounds: []float64{1, 3}, Exemplars: 2},
		workload.Metric{Name: "e", Instrument: workload.ExponentialHistogram, Operation: "GET"})
	for n := range 10 {
		r.Ended(span(0, n))
	}
	m := metricsOf(r.Take(second))
	p := m.At(0).Histogram().DataPoints().At(0)
	assert.Equal(t, []uint64{2, 2, 6}, p.BucketCounts().AsRaw(), "a bucket includes its upper bound")
	assert.Equal(t, []float64{1, 3}, p.ExplicitBounds().AsRaw())
	assert.InDelta(t, 45, p.Sum(), 0)
	assert.InDelta(t, 9, p.Max(), 0)
	require.Equal(t, 2, p.Exemplars().Len())
	for _, e := range p.Exemplars().All() {
		n := e.SpanID()[0]
		assert.Equal(t, n+100, e.TraceID()[0])
		assert.InDelta(t, float64(n), e.DoubleValue(), 0)
		assert.EqualValues(t, uint64(n)*1e9, e.Timestamp())
	}
	e := m.At(1).ExponentialHistogram().DataPoints().At(0)
	assert.EqualValues(t, 1, e.ZeroCount())
	sum := e.ZeroCount()
	for _, n := range e.Positive().BucketCounts().All() {
		sum += n
	}
	assert.Equal(t, e.Count(), sum)
	again := r.Take(2 * second)
	assert.Zero(t, again.Len(), "nothing was recorded since")
}

// TestExponential: each value is in its bucket, however far the values are apart, and there are never more than the SDKs have.
func TestExponential(t *testing.T) {
	var e exponential
	draws := sim.Stream(1)
	values := []float64{5e-324, 1e300, 1, 2, 4}
	for range 2000 {
		values = append(values, math.Exp(5*draws.Norm()))
	}
	for i, v := range values {
		e.add(v)
		require.LessOrEqual(t, len(e.counts), mostBuckets)
		sum := uint64(0)
		for _, n := range e.counts {
			sum += n
		}
		require.EqualValues(t, i+1, sum)
	}
	e = exponential{}
	for _, v := range values[5:] {
		e.add(v)
	}
	require.Positive(t, e.scale)
	counts := make([]uint64, len(e.counts))
	for _, v := range values[5:] {
		i := e.index(v)
		low, high := math.Exp2(math.Ldexp(float64(i), -e.scale)), math.Exp2(math.Ldexp(float64(i+1), -e.scale))
		assert.Greater(t, v, low*(1-1e-12))
		assert.LessOrEqual(t, v, high*(1+1e-12))
		counts[i-e.offset]++
	}
	assert.Equal(t, counts, e.counts)
}

// TestSeries: drawn attributes make series, those of a span the span's own; beyond the limit there is one more.
func TestSeries(t *testing.T) {
	tenant := workload.NewCardinality("tenant", workload.NewNumbered("t-", 3))
	metrics := []workload.Metric{
		{Name: "by tenant", Instrument: workload.Counter, Operation: "GET", Value: workload.FixedNumber(1), Attributes: []workload.Attribute{{Key: "tenant", Value: tenant}}},
		{
			Name: "pods", Instrument: workload.Gauge, Series: workload.MostSeries, Value: workload.UniformNumber{Min: 1, Max: 2},
			Attributes: []workload.Attribute{{Key: "fixed", Value: true}, {Key: "id", Value: workload.NewUUID("id")}},
		},
		{Name: "many", Instrument: workload.Counter, Operation: "GET", Value: workload.FixedNumber(1), Attributes: []workload.Attribute{{Key: "id", Value: workload.NewUUID("id")}}},
	}
	r, same := recorder(false, metrics...), recorder(false, metrics...)
	want := map[string]int64{}
	for n := range workload.MostSeries + 100 {
		s := span(0, n)
		want[tenant.Text(workload.DrawsOf(s.Work, 0))]++
		r.Ended(s)
		same.Ended(s)
	}
	m := metricsOf(r.Take(second), r.Take(2*second))
	assert.Equal(t, m, metricsOf(same.Take(second), same.Take(2*second)), "the same of the same seed")
	got := map[string]int64{}
	for i, p := range m.At(0).Sum().DataPoints().All() {
		if v, _ := p.Attributes().Get("tenant"); i < 3 {
			got[v.Str()] += p.IntValue()
		}
	}
	assert.Equal(t, want, got)
	pods := m.At(1).Gauge().DataPoints()
	require.Equal(t, 2*workload.MostSeries, pods.Len())
	first, again := pods.At(0), pods.At(workload.MostSeries)
	assert.Equal(t, first.Attributes().AsRaw(), again.Attributes().AsRaw(), "a series stays")
	assert.NotEqual(t, first.DoubleValue(), again.DoubleValue(), "its value is drawn each time")
	many := m.At(2).Sum().DataPoints()
	require.Equal(t, 2*(workload.MostSeries+1), many.Len())
	last := many.At(workload.MostSeries)
	assert.Equal(t, map[string]any{"otel.metric.overflow": true}, last.Attributes().AsRaw())
	assert.EqualValues(t, 100, last.IntValue())
}
