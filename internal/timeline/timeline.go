// SPDX-License-Identifier: Apache-2.0

// Package timeline counts items by when they happened, so that two ends of a pipeline can compare their counts window by window. It knows
// no telemetry: a generator and an auditor that never meet fill timelines of their own, and both get the same windows.
//
// # Windows
//
// A window is a stretch of event time on an absolute grid: its index is at >> (30+level), where at is in ns since 1970. At level 0 a
// window is 1.07 s long. When more than [Most] windows would be needed, the level grows by one, and neighbours merge. So the
// windows of a coarse timeline are unions of those of a fine one, and two timelines are brought to one grid by making the finer one
// coarser.
//
// # Clusters
//
// A sampler keeps or drops clusters of items (traces), not items. How much the share of kept items varies by chance follows from the sum
// of the squares of the clusters' sizes. A [Spread] estimates that sum without a list of clusters: it adds each item to one of 16
// counters, with a sign, both drawn from the cluster's key. The squares of the counters add up to the sum on average, with a relative
// standard deviation of sqrt(2/16) = 35 %. Spreads add up like counts: that of a trace whose spans lie in several windows, or come from
// several generators, is as right as any.
package timeline

import "slices"

// Most is how many windows a timeline has at most.
const Most = 128

const (
	finest = 30 // log2 of the length of a window of level 0, in ns
	// MostLevel is where a single window holds all times from 1970 on.
	MostLevel = 63 - finest
)

// Timeline counts items by time. The zero value is empty.
type Timeline struct {
	level   uint
	first   int64    // index of the first window
	items   []uint64 // by window
	spreads []Spread // beside items; nil: no cluster is known
}

// Spread is a sketch of the sizes of clusters.
type Spread [16]int64

// add counts n items of a cluster, whose key has 64 random bits.
func (s *Spread) add(cluster uint64, n int64) {
	if cluster&1 != 0 {
		n = -n
	}
	s[cluster>>60] += n
}

// Add counts n items of a cluster; n < 0 takes back as many.
func (s *Spread) Add(cluster uint64, n int64) { s.add(cluster, n) }

// Merge adds another spread.
func (s *Spread) Merge(o *Spread) {
	for i, n := range o {
		s[i] += n
	}
}

// Squares estimates the sum of the squares of the clusters' sizes.
func (s *Spread) Squares() (sum float64) {
	for _, n := range s {
		sum += float64(n) * float64(n)
	}
	return sum
}

// Add counts n items of no known cluster, at a time in ns since 1970.
func (t *Timeline) Add(at int64, n uint64) { t.items[t.window(at)] += n }

// AddCluster counts n items of a cluster; n < 0 takes back as many, which have been counted before.
func (t *Timeline) AddCluster(at int64, cluster uint64, n int64) {
	i := t.window(at)
	if t.spreads == nil {
		t.spreads = make([]Spread, len(t.items), cap(t.items))
	}
	t.spreads[i].add(cluster, n)
	if n < 0 {
		t.items[i] -= min(uint64(-n), t.items[i])
		return
	}
	t.items[i] += uint64(n)
}

// Empty reports whether nothing was ever counted.
func (t *Timeline) Empty() bool { return len(t.items) == 0 }

// Begin is where the first window begins, ns since 1970. It is false if there is none.
func (t *Timeline) Begin() (at int64, some bool) { return t.first << (finest + t.level), !t.Empty() }

// Total is the number of items of all windows.
func (t *Timeline) Total() (n uint64) {
	for _, of := range t.items {
		n += of
	}
	return n
}

// window is the place of a time, for which it makes room. It runs for each item.
func (t *Timeline) window(at int64) int {
	at = max(at, 0)
	if i := at>>(finest+t.level) - t.first; i >= 0 && i < int64(len(t.items)) {
		return int(i)
	}
	return t.grow(at)
}

func (t *Timeline) grow(at int64) int {
	if t.Empty() {
		t.first = at >> (finest + t.level)
	}
	for {
		i := at >> (finest + t.level)
		from, to := min(t.first, i), max(t.first+int64(len(t.items)), i+1)
		if to-from <= Most {
			t.extend(from, to)
			return int(i - t.first)
		}
		t.coarsen()
	}
}

// extend adds empty windows at both ends, if need be.
func (t *Timeline) extend(from, to int64) {
	before, all := int(t.first-from), int(to-from)
	t.items = slices.Concat(make([]uint64, before), t.items, make([]uint64, all-before-len(t.items)))
	if t.spreads != nil {
		t.spreads = slices.Concat(make([]Spread, before), t.spreads, make([]Spread, all-before-len(t.spreads)))
	}
	t.first = from
}

// coarsen merges neighbours: those whose indices differ in the last bit.
func (t *Timeline) coarsen() {
	t.level++
	if t.Empty() {
		return
	}
	first := t.first >> 1
	place := func(i int) int64 { return (t.first+int64(i))>>1 - first }
	n := place(len(t.items)-1) + 1
	items := make([]uint64, n)
	for i, of := range t.items {
		items[place(i)] += of
	}
	if t.spreads != nil {
		spreads := make([]Spread, n)
		for i := range t.spreads {
			spreads[place(i)].Merge(&t.spreads[i])
		}
		t.spreads = spreads
	}
	t.items, t.first = items, first
}

// Merge adds another timeline.
func (t *Timeline) Merge(o *Timeline) {
	if o.Empty() {
		return
	}
	other := o.Clone()
	t.align(&other)
	for i, n := range other.items {
		t.items[i] += n
	}
	if other.spreads != nil && t.spreads == nil {
		t.spreads = make([]Spread, len(t.items))
	}
	for i := range other.spreads {
		t.spreads[i].Merge(&other.spreads[i])
	}
}

// Clone is a copy.
func (t *Timeline) Clone() Timeline {
	c := *t
	c.items, c.spreads = slices.Clone(t.items), slices.Clone(t.spreads)
	return c
}

// align gives two timelines the same windows.
func (t *Timeline) align(o *Timeline) {
	for {
		for t.level < o.level {
			t.coarsen()
		}
		for o.level < t.level {
			o.coarsen()
		}
		from, to := t.first, t.first+int64(len(t.items))
		switch {
		case t.Empty():
			from, to = o.first, o.first+int64(len(o.items))
			t.first = from
		case o.Empty():
			o.first = from
		default:
			from, to = min(from, o.first), max(to, o.first+int64(len(o.items)))
		}
		if to-from <= Most {
			t.extend(from, to)
			o.extend(from, to)
			return
		}
		t.coarsen()
	}
}

// Window is a stretch of time, with what was sent in it and what of that was received.
type Window struct {
	From, To       int64 // ns since 1970; To is not in it
	Sent, Received uint64
	Spread         Spread // of what was sent
}

// Compare lays two timelines side by side.
func Compare(sent, received *Timeline) []Window {
	s, r := sent.Clone(), received.Clone()
	s.align(&r)
	all := make([]Window, len(s.items))
	for i := range all {
		from := s.first + int64(i)
		all[i] = Window{From: from << (finest + s.level), To: (from + 1) << (finest + s.level), Sent: s.items[i], Received: r.items[i]}
		if s.spreads != nil {
			all[i].Spread = s.spreads[i]
		}
	}
	return all
}
