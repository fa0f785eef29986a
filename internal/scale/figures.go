// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
)

// spread is what repeats of the same measurement have shown.
type spread struct{ median, least, most float64 }

// spreadOf wants one value at least. Of an even number the median is the mean of both in the middle.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

// text has the median, and behind it how far the repeats reach.
func (s spread) text(decimals int) string {
	return fmt.Sprintf("%.*f (%.*f to %.*f)", decimals, s.median, decimals, s.least, decimals, s.most)
}

// figure is something of a trial that is shown.
type figure func(*trial) float64

// microseconds of CPU for a span.
func costOf(r role) figure { return func(t *trial) float64 { return t.Roles[r].each() * 1e6 } }

// costOfAll is the same of the whole chain.
func costOfAll(t *trial) (sum float64) {
	for r := range roles {
		sum += costOf(r)(t)
	}
	return sum
}

// bytesOf is what a role sends for a span. A verifier sends nothing.
func bytesOf(r role) figure {
	return func(t *trial) float64 { return t.Roles[r].Written / t.Roles[r].Spans }
}

// peakOf is megabytes of the largest process.
func peakOf(r role) figure { return func(t *trial) float64 { return t.Roles[r].Peak / 1e6 } }

// largestShare is how many times its fair part the busiest process of a role got.
func largestShare(r role) figure {
	return func(t *trial) float64 { return slices.Max(t.Roles[r].Shares) * float64(t.Plan.Shape[r]) }
}

// stateOf is kilobytes of the largest state.
func stateOf(t *trial) float64 { return slices.Max(t.Judge.States) / 1e3 }

func mergeCost(t *trial) float64 { return t.Judge.MergeCPU }

func mergePeak(t *trial) float64 { return t.Judge.MergePeak / 1e6 }

// of are the trials of a plan.
func (m *measurement) of(p plan) (found []*trial) {
	for i := range m.Trials {
		if m.Trials[i].Plan == p {
			found = append(found, &m.Trials[i])
		}
	}
	return found
}

// spread is a figure over the repeats of a plan, and false where no trial of it counts.
func (m *measurement) spread(p plan, f figure) (spread, bool) {
	var values []float64
	for _, t := range m.of(p) {
		values = append(values, f(t))
	}
	if len(values) == 0 {
		return spread{}, false
	}
	return spreadOf(values), true
}

// times is how many times the figure of the base a figure is. Both are of the same repeat, because the machine may be another the next time.
func (m *measurement) times(p plan, f figure) (spread, bool) {
	var values []float64
	for _, b := range m.of(plan{base, p.Load}) {
		for _, t := range m.of(p) {
			if t.Repeat == b.Repeat && f(b) > 0 {
				values = append(values, f(t)/f(b))
			}
		}
	}
	if len(values) == 0 {
		return spread{}, false
	}
	return spreadOf(values), true
}

// presence is how much of a CPU each further process of a role takes for being there, in percent: at a fixed rate, what the largest shape takes beyond the base.
func (m *measurement) presence(r role) (spread, bool) {
	l, largest := load{Compressed: true}, shapes[len(shapes)-1]
	var values []float64
	for _, b := range m.of(plan{base, l}) {
		for _, t := range m.of(plan{largest, l}) {
			if t.Repeat == b.Repeat {
				values = append(values, 100*(t.Roles[r].each()-b.Roles[r].each())*t.rate()/float64(largest[r]-base[r]))
			}
		}
	}
	if len(values) == 0 {
		return spread{}, false
	}
	return spreadOf(values), true
}

// worst is the greatest median of a figure among all shapes of a load.
func (m *measurement) worst(l load, f figure) (most float64) {
	for _, s := range shapes {
		if got, ok := m.spread(plan{s, l}, f); ok {
			most = max(most, got.median)
		}
	}
	return most
}
