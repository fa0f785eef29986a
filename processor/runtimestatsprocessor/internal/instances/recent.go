// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"sort"
	"time"
)

// stale is after how many intervals a sample tells nothing any more.
const stale = 2

// usualInterval is that of an SDK's metric reader (OTEL_METRIC_EXPORT_INTERVAL), for as long as only one point has been seen.
const usualInterval = int64(time.Minute)

// Recent is what is known of an instance at some moment. It does not change.
type Recent struct {
	intervals   []Total // ascending, without overlap; those without polls too
	longestMean int64

	workers      int64
	workersAt    int64 // 0: never heard of
	workersEvery int64 // 0: heard of once
	// workersDoubtful: the number before was another.
	workersDoubtful bool

	skewed   workerSet
	skewedAt int64 // by spans until then
}

// LongestMean returns the longest of the mean queue waits of all intervals: none that [Recent.QueueWait] returns is longer.
func (r *Recent) LongestMean() int64 { return r.longestMean }

// QueueWait returns the mean queue wait of the polls in the intervals that a span touches, or in the last one before it,
// unless that ended more than two of its lengths before the span did. Without polls there is no mean.
func (r *Recent) QueueWait(start, end int64) (mean int64, known bool) {
	all := r.intervals
	first := sort.Search(len(all), func(i int) bool { return all[i].To > start })
	var touched Total
	for _, t := range all[first:] {
		if t.From > end {
			break
		}
		touched.Sum += t.Sum
		touched.Count += t.Count
	}
	if touched.Count == 0 && first > 0 && first == len(all) {
		if before := all[first-1]; end-before.To <= stale*(before.To-before.From) {
			touched = before
		}
	}
	return touched.mean(), touched.Count > 0
}

// Workers returns the number of workers, unless it was told more than two intervals before a span's end, or is in doubt.
func (r *Recent) Workers(end int64) (n int64, known bool) {
	every := r.workersEvery
	if every == 0 {
		every = usualInterval
	}
	return r.workers, r.workersAt != 0 && !r.workersDoubtful && end-r.workersAt <= stale*every
}

// Skewed reports whether a worker did several times the work of the others at about that time.
func (r *Recent) Skewed(worker, at int64) bool {
	return worker >= 0 && r.skewed&(1<<min(worker, MaxWorkers-1)) != 0 && max(at, r.skewedAt)-min(at, r.skewedAt) <= int64(memory)
}
