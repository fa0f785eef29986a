// SPDX-License-Identifier: Apache-2.0

package audit

import "math"

// lineage finds spans whose parent does not arrive. Parents usually end, and so arrive, after their children, but a task that its
// parent has spawned and not awaited comes later. So lineage keeps both: the parents that are awaited, and the spans that arrived of late.
//
// Two runs of one seed may have the same ids: each run's salt makes its keys its own.
//
// Spans are kept in two generations: when the younger is full it becomes the older one, which is forgotten.
type lineage struct {
	size         int
	young, older map[uint64]struct{} // salted keys of spans
	forgot       bool                // some spans that arrived are in neither
	awaited      int                 // parents, by all runs
	children     children
	// Of accounts that are united: the spans that arrived at each auditor, ascending.
	lists [][]uint64
}

// awaiting is what one run waits for: a run that is forgotten takes its part along, without a look at the others'.
type awaiting struct {
	parents map[uint64]awaited // by salted key; nil: none
	unknown uint64             // spans whose parent could not be awaited: too many are

	// Of united accounts: how many of the auditors have forgotten spans, and how many of those wait for a parent.
	forgetful int
	waiting   map[uint64]int
}

// awaited is a parent that has not arrived.
type awaited struct {
	trace    uint64
	first    int32  // the latest of its children that is kept; see children
	children uint32 // that have arrived; 2^32-1: or more
}

// children are spans whose parents are awaited: lists in one array, so that nothing is allocated for one. Who unites accounts needs them: a span that came
// to two auditors is one.
type children struct {
	all  []child // the first is none
	free int32   // the first of a list of those not in use; 0: there is none
	used int
	most int // of them; at most 2^31-1
}

type child struct {
	key  uint64 // salted
	next int32
}

func newLineage(size int) lineage {
	return lineage{size: size, young: map[uint64]struct{}{}, older: map[uint64]struct{}{}, children: children{all: make([]child, 1), most: min(2*size, math.MaxInt32)}}
}

// arrived notes a span of a run that arrived for the first time: with the salt of the run, and what the run waits for.
func (l *lineage) arrived(salt uint64, of *awaiting, it *Item) {
	span, parent := it.Span^salt, it.Parent^salt
	if len(of.parents) > 0 {
		l.resolve(of, span)
	}
	l.note(span)
	if it.Parent == 0 || l.has(parent) {
		return
	}
	l.await(of, parent, it.Trace, span)
}

// note notes that a span has arrived.
func (l *lineage) note(span uint64) {
	if len(l.young) >= l.size {
		l.forgot = l.forgot || len(l.older) > 0
		clear(l.older)
		l.young, l.older = l.older, l.young
	}
	l.young[span] = struct{}{}
}

// resolve ends the wait for a parent, if there is one.
func (l *lineage) resolve(of *awaiting, span uint64) {
	a, waited := of.parents[span]
	if !waited {
		return
	}
	delete(of.parents, span)
	l.awaited--
	l.children.release(a.first)
}

// await waits for the parent of a span.
func (l *lineage) await(of *awaiting, parent, trace, span uint64) {
	a, known := of.parents[parent]
	if !known {
		if l.awaited >= l.size {
			of.unknown++
			return
		}
		a = awaited{trace: trace}
		l.awaited++
	}
	a.take(&l.children, span)
	if of.parents == nil {
		of.parents = map[uint64]awaited{}
	}
	of.parents[parent] = a
}

// take adds a child, which is kept if there is room.
func (a *awaited) take(children *children, span uint64) {
	a.children = min(a.children, math.MaxUint32-1) + 1
	a.first = children.add(span, a.first)
}

// has reports whether a span arrived of late.
func (l *lineage) has(span uint64) bool {
	if _, found := l.young[span]; found {
		return true
	}
	_, found := l.older[span]
	return found
}

// forget takes away what a run waits for: others may wait in its place.
func (l *lineage) forget(of *awaiting) {
	l.awaited -= len(of.parents)
	for _, a := range of.parents {
		l.children.release(a.first)
	}
	*of = awaiting{}
}

// orphans counts the spans whose parents have not arrived, and the traces they are in.
func (w *awaiting) orphans() (spans, traces uint64) {
	seen := map[uint64]struct{}{}
	for _, a := range w.parents {
		spans += uint64(a.children)
		seen[a.trace] = struct{}{}
	}
	return spans, uint64(len(seen))
}

// add puts a span before a list, unless there are too many.
func (c *children) add(key uint64, next int32) int32 {
	if c.used >= c.most {
		return next
	}
	c.used++
	if i := c.free; i != 0 {
		c.free = c.all[i].next
		c.all[i] = child{key, next}
		return i
	}
	c.all = append(c.all, child{key, next})
	return int32(len(c.all) - 1) //nolint:gosec // G115: most of them, at most, and the first, which is none
}

// release takes a list out of use.
func (c *children) release(first int32) {
	for i := first; i != 0; {
		next := c.all[i].next
		c.all[i].next, c.free = c.free, i
		c.used--
		i = next
	}
}

// of are the spans of a list.
func (c *children) of(first int32) (keys []uint64) {
	for i := first; i != 0; i = c.all[i].next {
		keys = append(keys, c.all[i].key)
	}
	return keys
}
