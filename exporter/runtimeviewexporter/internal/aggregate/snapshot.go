// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// Snapshot tells the totals of a moment.
type Snapshot struct {
	// Columns holds the runtimes that occurred, always in the order of semconv.Runtimes, and last Unknown.
	Columns []Column
	// Counts holds the spans of each runtime, those that did not occur included.
	Counts Counts
	// Run holds the rates from the first arrival to the last.
	Run Rates
	// Behind is how far a simulated load is behind the clock; it is not known if none is played, or nothing came of late.
	Behind Value[time.Duration]
	// Malformed is the number of values, of all spans, that were left out as unreadable or out of range.
	Malformed uint64
}

// Column tells the totals of one runtime.
type Column struct {
	Runtime   Runtime
	Spans     uint64
	Latency   Quantiles
	QueueWait Quantiles
	Queued    Value[float64] // queue wait / duration, 0 to 1, of all spans that have both: a second of any span weighs the same
	Polled    Value[float64] // time being polled / duration, 0 to 1, weighted in the same way: the time that is neither was a wait for something else
	Steals    Value[uint64]  // sum
	Outliers  Value[float64] // outliers / warm spans, 0 to 1
}

// Quantiles holds the median and the 99th percentile of a duration in ns.
type Quantiles struct {
	P50, P99 Value[int64]
}

// Snapshot reads the totals.
func (t *Totals) Snapshot() Snapshot {
	s := Snapshot{Counts: t.counts(), Run: t.arrivals.rates(), Malformed: t.malformed}
	for _, runtime := range runtimes() {
		if r := &t.runtimes[runtime]; r.spans > 0 {
			s.Columns = append(s.Columns, r.column(runtime))
		}
	}
	return s
}

func (r *runtimeTotals) column(runtime Runtime) Column {
	c := Column{
		Runtime:   runtime,
		Spans:     r.spans,
		Latency:   quantiles(&r.latency),
		QueueWait: quantiles(&r.queueWait),
		Steals:    Value[uint64]{Number: r.steals, Known: r.stealsCarried},
	}
	if r.ran > 0 {
		c.Queued = Known(r.waited / r.ran)
	}
	if r.lived > 0 {
		c.Polled = Known(r.polled / r.lived)
	}
	if r.warm > 0 {
		c.Outliers = Known(float64(r.outliers) / float64(r.warm))
	}
	return c
}

func quantiles(h *histogram.Histogram) Quantiles {
	if h.Count() == 0 {
		return Quantiles{}
	}
	return Quantiles{P50: Known(h.Quantile(0.50)), P99: Known(h.Quantile(0.99))}
}
