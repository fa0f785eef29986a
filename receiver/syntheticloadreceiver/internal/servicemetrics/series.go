// SPDX-License-Identifier: Apache-2.0

package servicemetrics

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// series is what is aggregated of the values with the same attributes, since the start or the last reading.
type series struct {
	attributes pcommon.Map
	recorded   bool    // since the last reading
	value      float64 // the sum, or the last value of a gauge
	count      uint64
	min, max   float64
	buckets    []uint64
	spread     exponential

	exemplars []exemplar
	offered   int // for exemplars, since the last reading
}

// exemplar is a value with the span that recorded it.
type exemplar struct {
	at        sim.Time
	value     float64
	span, tag uint64
}

// record adds a value. Bounds are those of a histogram.
func (s *series) record(instrument workload.Instrument, bounds []float64, value float64) {
	s.recorded = true
	switch instrument {
	case workload.Gauge:
		s.value = value
		return
	case workload.UpDownCounter:
		s.value += value
		return
	case workload.Counter, workload.Histogram, workload.ExponentialHistogram:
	}
	value = max(value, 0)
	s.value += value
	if instrument == workload.Counter {
		return
	}
	if s.count == 0 {
		s.min, s.max = value, value
	}
	s.min, s.max = min(s.min, value), max(s.max, value)
	s.count++
	if instrument == workload.ExponentialHistogram {
		s.spread.add(value)
		return
	}
	at, _ := slices.BinarySearch(bounds, value) // a bucket includes its upper bound
	s.buckets[at]++
}

// offer keeps a uniform choice of the values since the last reading, as the SDKs' reservoir does.
func (s *series) offer(most int, e exemplar, r *sim.Rand) {
	s.offered++
	if len(s.exemplars) < most {
		s.exemplars = append(s.exemplars, e)
		return
	}
	if i := r.IntN(s.offered); i < most {
		s.exemplars[i] = e
	}
}

// taken ends what counts until a reading: with delta, all that was aggregated.
func (s *series) taken(delta bool) {
	s.recorded, s.exemplars, s.offered = false, nil, 0
	if delta {
		s.value, s.count, s.min, s.max = 0, 0, 0, 0
		clear(s.buckets)
		s.spread = exponential{}
	}
}
