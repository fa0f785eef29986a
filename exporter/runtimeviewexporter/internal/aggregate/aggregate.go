// SPDX-License-Identifier: Apache-2.0

// Package aggregate adds up what spans say about the async runtime that they ran on, and tells it as plain numbers.
//
// [Totals] takes one [Span] at a time and keeps, for each [Runtime], counts, sums and two histograms: 110 KB
// altogether, whatever arrives and however long. [Operations] keeps, for each operation of each service, counts, a histogram and who held it
// up: 14 KB each, 28 KB if it blocks, for 2,000 operations at most, and 18 MB of spans. Their snapshots read them out. A number that no span carried is an
// unknown [Value], never 0: a pipeline without task measurements has no queue wait, which is not a queue wait of none.
//
// Values out of range are not trusted: they are left out and counted in Snapshot.Malformed, and the span's other
// values count as usual.
//
// The package stands at the bottom of the runtime_view exporter, on package histogram and the table of runtimes in package
// semconv; only that exporter uses it. It knows no telemetry format and no Collector.
package aggregate

import (
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// Totals adds up spans. The zero value is ready. It is not safe for concurrent use.
type Totals struct {
	runtimes  [RuntimeCount]runtimeTotals
	malformed uint64
	arrivals  arrivals
}

type runtimeTotals struct {
	spans         uint64
	latency       histogram.Histogram
	queueWait     histogram.Histogram
	waited, ran   float64 // ns: queue wait and duration of the spans that have both
	polled, lived float64 // ns: time being polled and duration of the spans that carry a busy ratio
	steals        uint64  // saturates: a hostile count must not wrap to a small one
	stealsCarried bool
	warm          uint64
	outliers      uint64 // of the warm ones
}

// Observe adds one span. Called once for each span; it allocates nothing.
func (t *Totals) Observe(s *Span) {
	r := &t.runtimes[s.Runtime]
	r.spans++
	t.malformed += uint64(s.Malformed)

	if s.Latency.Known {
		t.record(&r.latency, s.Latency.Number)
	}
	if s.QueueWait.Known {
		t.record(&r.queueWait, s.QueueWait.Number)
	}
	if s.Latency.Known && s.QueueWait.Known && s.QueueWait.Number >= 0 && s.QueueWait.Number <= s.Latency.Number {
		r.waited += float64(s.QueueWait.Number)
		r.ran += float64(s.Latency.Number)
	}
	if s.BusyRatio.Known {
		if ratio := s.BusyRatio.Number; ratio >= 0 && ratio <= 1 { // NaN is neither
			if s.Latency.Known && s.Latency.Number >= 0 {
				r.polled += ratio * float64(s.Latency.Number)
				r.lived += float64(s.Latency.Number)
			}
		} else {
			t.malformed++
		}
	}
	if s.Steals.Known {
		if n := s.Steals.Number; n >= 0 {
			r.steals = addSaturating(r.steals, uint64(n))
			r.stealsCarried = true
		} else {
			t.malformed++
		}
	}
	if s.Warm {
		r.warm++
		if s.Outlier {
			r.outliers++
		}
	}
}

func (t *Totals) record(h *histogram.Histogram, ns int64) {
	if ns < 0 {
		t.malformed++
		return
	}
	h.Record(ns)
}

func addSaturating(a, b uint64) uint64 {
	if b > math.MaxUint64-a {
		return math.MaxUint64
	}
	return a + b
}

// EndBatch says that the spans observed since the last call arrived together, at this time. A batch without spans is no
// arrival.
func (t *Totals) EndBatch(at time.Time) {
	t.arrivals.batch(at, t.counts())
}

func (t *Totals) counts() Counts {
	var counts Counts
	for i := range t.runtimes {
		counts[i] = t.runtimes[i].spans
	}
	return counts
}

// Total is the number of spans.
func (t *Totals) Total() uint64 { return t.counts().Total() }

// Malformed is the number of values that were left out.
func (t *Totals) Malformed() uint64 { return t.malformed }
