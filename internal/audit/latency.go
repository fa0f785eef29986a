// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// took notes how long an item was on its way.
func (a *account) took(ns int64) {
	if ns < 0 {
		a.skewed++
		return
	}
	if a.latency == nil {
		a.latency = &histogram.Histogram{}
	}
	a.latency.Record(ns)
	a.slowest = max(a.slowest, ns)
}

// reportLatency describes how long items were on their way. Where some are counted twice, the least P99 is that without as many of the slowest, and the most that
// without as many of the fastest.
func (a *account) reportLatency(to *LatencyReport) {
	to.Skewed, to.Past, to.Max = a.skewed, a.past, time.Duration(a.slowest)
	if a.latency == nil {
		return
	}
	to.Count = a.latency.Count()
	to.P50 = time.Duration(min(a.latency.Quantile(0.5), a.slowest))
	to.P99 = time.Duration(min(a.latency.Quantile(0.99), a.slowest))
	if twice := min(a.twice, to.Count); twice > 0 {
		n := to.Count - twice
		rank := n - n/100
		to.leastP99, to.mostP99 = min(to.P99, a.latencyOf(rank)), max(to.P99, a.latencyOf(twice+rank))
	}
}

// boundsP99 are what P99 is at least and at most.
func (l *LatencyReport) boundsP99() (least, most time.Duration) {
	if l.mostP99 == 0 {
		return l.P99, l.P99
	}
	return l.leastP99, l.mostP99
}

// latencyOf is that of an item by its rank, from 1 on, among all by their latency. Of rank 0 nothing is known.
func (a *account) latencyOf(rank uint64) time.Duration {
	below := uint64(0)
	for i := range histogram.Buckets {
		if below += a.latency.Bucket(i); below >= rank && rank > 0 {
			return time.Duration(min(int64(histogram.Midpoint(i)), a.slowest))
		}
	}
	return 0
}
