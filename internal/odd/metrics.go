// SPDX-License-Identifier: Apache-2.0

package odd

import (
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// metricKinds are the kinds that metrics alone have. Each metric has one point.
func metricKinds() []Kind {
	return []Kind{
		{Name: "nan", Has: "a value of NaN", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetDoubleValue(math.NaN()) })},
		{Name: "infinite", Has: "an infinite value", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetDoubleValue(math.Inf(1)) })},
		{Name: "negative_zero", Has: "a value of -0", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetDoubleValue(math.Copysign(0, -1)) })},
		{Name: "largest_integer", Has: "an integer that a double cannot hold", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetIntValue(math.MaxInt64) })},
		{Name: "no_value", Forbidden: true, Has: "a point without a value, and without the flag that says so", metric: func(m pmetric.Metric, t Times) {
			m.SetEmptyGauge().DataPoints().AppendEmpty().SetTimestamp(t.At)
		}},
		{Name: "no_recorded_value", Has: "the flag that there is no value, as a series that ended has", metric: gauge(func(p pmetric.NumberDataPoint) {
			p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		})},
		{Name: "zero_time", Forbidden: true, Has: "no time", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(0) })},
		{Name: "far_future", Has: "a time in the year 2262, the last that 63 bits of nanoseconds hold", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(farFuture) })},
		{Name: "time_overflow", Has: "a time in the year 2554, negative as a signed number", metric: gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(noTime) })},
		{Name: "start_after_time", Forbidden: true, Has: "a sum that begins after its time", metric: sum(1, func(_ pmetric.Sum, p pmetric.NumberDataPoint) {
			p.SetStartTimestamp(p.Timestamp() + pcommon.Timestamp(time.Second))
		})},
		{Name: "no_start", Has: "a cumulative sum without a start", metric: sum(1, func(_ pmetric.Sum, p pmetric.NumberDataPoint) { p.SetStartTimestamp(0) })},
		{Name: "negative_counter", Forbidden: true, Has: "a monotonic sum of -1", metric: sum(-1, nil)},
		{Name: "unspecified_temporality", Forbidden: true, Has: "a sum without a temporality", metric: sum(1, func(s pmetric.Sum, _ pmetric.NumberDataPoint) {
			s.SetAggregationTemporality(pmetric.AggregationTemporalityUnspecified)
		})},
		{Name: "invalid_temporality", Has: "a sum with a temporality of 99", metric: sum(1, func(s pmetric.Sum, _ pmetric.NumberDataPoint) { s.SetAggregationTemporality(99) })},
		{Name: "empty_name", Forbidden: true, Has: "no name", metric: func(m pmetric.Metric, _ Times) { m.SetName("") }},
		{Name: "odd_name", Has: "a name with blanks, slashes and letters that are not ASCII", metric: func(m pmetric.Metric, _ Times) { m.SetName("größe / zeit (%)") }},
		{Name: "long_name", Has: "a name of 300 bytes; the specification of the API allows 255", metric: func(m pmetric.Metric, _ Times) { m.SetName(longName) }},
		{Name: "odd_unit", Has: "a unit that UCUM does not know", metric: func(m pmetric.Metric, _ Times) { m.SetUnit("furlongs per {fortnight") }},
		{Name: "too_few_buckets", Forbidden: true, Has: "a histogram with fewer buckets than its bounds make", metric: histogram([]uint64{1, 2}, 3, 1, 2, 3)},
		{Name: "too_many_buckets", Forbidden: true, Has: "a histogram with more buckets than its bounds make", metric: histogram([]uint64{1, 1, 1}, 3, 1)},
		{Name: "bucket_count_mismatch", Forbidden: true, Has: "a histogram whose buckets do not add up to its count", metric: histogram([]uint64{1, 2}, 100, 1)},
		{Name: "unsorted_bounds", Forbidden: true, Has: "a histogram whose bounds are not in order", metric: histogram([]uint64{1, 1, 1}, 3, 2, 1)},
		{Name: "infinite_bound", Forbidden: true, Has: "a histogram with a bound of infinity", metric: histogram([]uint64{1, 1, 1}, 3, 1, math.Inf(1))},
		{Name: "no_buckets", Has: "a histogram without buckets: count and sum only", metric: histogram(nil, 3)},
		{Name: "empty_histogram", Has: "a histogram of nothing, with a bucket and a least value", metric: histogram([]uint64{0}, 0)},
		{Name: "nan_sum", Has: "a histogram whose sum is NaN", metric: func(m pmetric.Metric, t Times) {
			histogram([]uint64{1, 2}, 3, 1)(m, t)
			m.Histogram().DataPoints().At(0).SetSum(math.NaN())
		}},
		{Name: "exponential_scale", Has: "an exponential histogram with a scale of 1000; the data model has up to 20", metric: exponential(func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(1000) })},
		{Name: "exponential_least_scale", Has: "an exponential histogram with the scale -2147483648", metric: exponential(func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(math.MinInt32) })},
		{Name: "exponential_offset", Has: "an exponential histogram with the offset 2147483647: its buckets have no number", metric: exponential(func(p pmetric.ExponentialHistogramDataPoint) {
			p.Positive().SetOffset(math.MaxInt32)
		})},
		{Name: "exponential_count_mismatch", Forbidden: true, Has: "an exponential histogram whose buckets do not add up to its count", metric: exponential(func(p pmetric.ExponentialHistogramDataPoint) { p.SetCount(100) })},
		{Name: "zero_exemplar", Has: "an exemplar without a value, a time or ids", metric: gauge(func(p pmetric.NumberDataPoint) { p.Exemplars().AppendEmpty() })},
	}
}

var longName = strings.Repeat("a", 300)

func gauge(alter func(pmetric.NumberDataPoint)) func(pmetric.Metric, Times) {
	return func(m pmetric.Metric, _ Times) { alter(m.Gauge().DataPoints().At(0)) }
}

func sum(value int64, alter func(pmetric.Sum, pmetric.NumberDataPoint)) func(pmetric.Metric, Times) {
	return func(m pmetric.Metric, t Times) {
		s := m.SetEmptySum()
		s.SetIsMonotonic(true)
		s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := s.DataPoints().AppendEmpty()
		p.SetStartTimestamp(t.Start)
		p.SetTimestamp(t.At)
		p.SetIntValue(value)
		if alter != nil {
			alter(s, p)
		}
	}
}

func histogram(buckets []uint64, count uint64, bounds ...float64) func(pmetric.Metric, Times) {
	return func(m pmetric.Metric, t Times) {
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := h.DataPoints().AppendEmpty()
		p.SetStartTimestamp(t.Start)
		p.SetTimestamp(t.At)
		p.SetCount(count)
		p.SetSum(3)
		p.SetMin(0.5)
		p.BucketCounts().FromRaw(buckets)
		p.ExplicitBounds().FromRaw(bounds)
	}
}

func exponential(alter func(pmetric.ExponentialHistogramDataPoint)) func(pmetric.Metric, Times) {
	return func(m pmetric.Metric, t Times) {
		h := m.SetEmptyExponentialHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := h.DataPoints().AppendEmpty()
		p.SetStartTimestamp(t.Start)
		p.SetTimestamp(t.At)
		p.SetCount(3)
		p.SetSum(3)
		p.Positive().BucketCounts().FromRaw([]uint64{1, 2})
		alter(p)
	}
}
