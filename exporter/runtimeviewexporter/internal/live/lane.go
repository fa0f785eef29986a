// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// none stands in a lane where nothing is known.
const none = -1

func newLane(key laneKey, axis Axis) *lane {
	slots := axis.slots()
	l := &lane{axis: axis, Lane: Lane{
		Runtime: key.runtime.String(), Service: key.service,
		Rate: make([]float64, slots), P50: make([]int64, slots), P99: make([]int64, slots),
	}}
	for i := range slots {
		l.P50[i], l.P99[i] = none, none
	}
	return l
}

// close ends a slot in which a record stands for weight spans.
func (l *lane) close(i int, weight float64) {
	n := l.slot.Count()
	if n == 0 {
		return
	}
	l.last = i
	l.total += weight * float64(n)
	l.Rate[i] = weight * float64(n)
	l.P50[i], l.P99[i] = l.slot.Quantile(0.5), l.slot.Quantile(0.99)
	l.slot.Reset()
}

// cut leaves out the end, of which spans may still be on their way: a service exports every few seconds. Only if it has been silent for longer than
// that, there were none.
func (l *lane) cut() {
	end := int(l.axis.Last-l.axis.First) + 1
	if end-l.last <= longestExport {
		end = l.last + 1 - onTheWay
	}
	for i := max(end, 0); i < len(l.Rate); i++ {
		l.Rate[i], l.P50[i], l.P99[i] = none, none, none
	}
}

// curve reads the durations at quantiles of ever more nines. With n records, those beyond 1 - 1/n are guesses, and left out.
func (l *lane) curve() []int64 {
	points := make([]int64, 0, curvePoints)
	below, bucket := 0.0, -1
	for i := range curvePoints {
		beyond := math.Pow(10, -float64(i)/perNine)
		if beyond*float64(l.kept) < 1 {
			break
		}
		rank := max((1-beyond)*l.Spans, math.SmallestNonzeroFloat64) // the first is the minimum
		for below < rank && bucket < histogram.Buckets-1 {
			bucket++
			below += l.counts[bucket]
		}
		points = append(points, int64(histogram.Midpoint(bucket)))
	}
	return points
}

// lanes gives those with the most spans.
func (q *Query) shownLanes() []Lane {
	all := make([]*lane, 0, len(q.lanes))
	for _, l := range q.lanes {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(b.total, a.total), strings.Compare(a.Service, b.Service), strings.Compare(a.Runtime, b.Runtime))
	})
	all = all[:min(len(all), maxLanes)]
	// Their order must not change with every request that comes.
	slices.SortFunc(all, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(order(a.Runtime), order(b.Runtime)), strings.Compare(a.Service, b.Service))
	})
	lanes := make([]Lane, len(all))
	for i, l := range all {
		l.cut()
		l.Curve = l.curve()
		lanes[i] = l.Lane
	}
	return lanes
}
