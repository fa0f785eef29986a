// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// lateness is the histogram in which synthetic_load counts how late it handed on each slice of its load.
const lateness = "otelcol_receiver_synthetic_load_lateness"

// Lateness is how late a generator was, by its own schedule. Each is a bound of a bucket, and so the most that it can have been.
type Lateness struct {
	Slices   uint64 // that were handed on; 0: the generator has said nothing
	P50, P99 time.Duration
	Max      time.Duration
}

// LatenessOf reads it from what a generator says.
func LatenessOf(families map[string]*dto.MetricFamily) (l Lateness) {
	points := families[lateness].GetMetric()
	if len(points) != 1 {
		return l
	}
	h := points[0].GetHistogram()
	l.Slices = h.GetSampleCount()
	quantile := func(q float64) time.Duration {
		rank := uint64(math.Ceil(q * float64(l.Slices)))
		for _, bucket := range h.GetBucket() {
			if bucket.GetCumulativeCount() >= rank && !math.IsInf(bucket.GetUpperBound(), 1) {
				return time.Duration(bucket.GetUpperBound() * float64(time.Second))
			}
		}
		return time.Duration(h.GetSampleSum() * float64(time.Second)) // beyond the last bound: not more than all of it
	}
	l.P50, l.P99, l.Max = quantile(0.5), quantile(0.99), quantile(1)
	return l
}
