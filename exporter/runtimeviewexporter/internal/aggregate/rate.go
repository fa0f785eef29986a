// SPDX-License-Identifier: Apache-2.0

package aggregate

import "time"

// Counts holds the number of spans of each runtime.
type Counts [RuntimeCount]uint64

// Total is the number of spans of all runtimes.
func (c Counts) Total() uint64 {
	var total uint64
	for _, n := range c {
		total += n
	}
	return total
}

// Rates holds spans a second over one window of time.
type Rates struct {
	Window  time.Duration
	Total   Value[float64]
	runtime [RuntimeCount]Value[float64]
}

// Of returns the rate of one runtime.
func (r Rates) Of(runtime Runtime) Value[float64] {
	return r.runtime[runtime]
}

// RatesBetween returns the rates at which counts grew from one to the other within window. In a window of no length
// they are not known.
func RatesBetween(from, to Counts, window time.Duration) Rates {
	rates := Rates{Window: window}
	if window <= 0 {
		return rates
	}
	rates.Total = Known(float64(to.Total()-from.Total()) / window.Seconds())
	for i := range to {
		rates.runtime[i] = Known(float64(to[i]-from[i]) / window.Seconds())
	}
	return rates
}

// arrivals measures the rate of a whole run from its batches alone, so that neither the wait for the first span nor the
// silence after the last one dilutes it:
//
//	rate = spans after the first batch / (arrival of the last batch - arrival of the first)
//
// The first batch opens the window but is not counted: its spans gathered before the window began. With it, k batches
// would be divided by k-1 gaps, and a short run would look up to twice as fast as it was.
type arrivals struct {
	first, last time.Time
	atFirst     Counts // what had arrived with the first batch
	atLast      Counts
}

// batch notes what had arrived at this time. Without a new span it was no arrival.
func (a *arrivals) batch(at time.Time, counts Counts) {
	if counts == a.atLast {
		return
	}
	if a.first.IsZero() {
		a.first, a.atFirst = at, counts
	}
	a.last, a.atLast = at, counts
}

// rates returns the rates of the run. A runtime that no batch but the first carried has no rate: one arrival shows how
// many, not how often.
func (a *arrivals) rates() Rates {
	rates := RatesBetween(a.atFirst, a.atLast, a.last.Sub(a.first))
	for i := range rates.runtime {
		if a.atLast[i] == a.atFirst[i] {
			rates.runtime[i] = Value[float64]{}
		}
	}
	return rates
}
