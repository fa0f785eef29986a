// SPDX-License-Identifier: Apache-2.0

package audit

// lineage finds spans whose parent does not arrive. Parents usually end, and so arrive, after their children, but a task that its
// parent has spawned and not awaited comes later. So lineage keeps both: the parents that are awaited, and the spans that arrived of late.
//
// Two runs of one seed may have the same ids: each run's salt makes its keys its own.
//
// Spans are kept in two generations: when the younger is full it becomes the older one, which is forgotten.
type lineage struct {
	size         int
	young, older map[uint64]struct{} // salted keys of spans
	awaited      int                 // parents, by all runs
}

// awaiting is what one run waits for: a run that is forgotten takes its part along, without a look at the others'.
type awaiting struct {
	parents map[uint64]awaited // by salted key; nil: none
	unknown uint64             // spans whose parent could not be awaited: too many are
}

// awaited is a parent that has not arrived.
type awaited struct {
	trace    uint64
	children uint64
}

func newLineage(size int) lineage {
	return lineage{size: size, young: map[uint64]struct{}{}, older: map[uint64]struct{}{}}
}

// arrived notes a span of a run that arrived for the first time: with the salt of the run, and what the run waits for.
func (l *lineage) arrived(salt uint64, of *awaiting, it *Item) {
	span, parent := it.Span^salt, it.Parent^salt
	if before := len(of.parents); before > 0 {
		delete(of.parents, span)
		l.awaited -= before - len(of.parents)
	}
	if len(l.young) >= l.size {
		clear(l.older)
		l.young, l.older = l.older, l.young
	}
	l.young[span] = struct{}{}
	if it.Parent == 0 || l.has(parent) {
		return
	}
	a, known := of.parents[parent]
	if !known {
		if l.awaited >= l.size {
			of.unknown++
			return
		}
		a = awaited{trace: it.Trace}
		l.awaited++
	}
	a.children++
	if of.parents == nil {
		of.parents = map[uint64]awaited{}
	}
	of.parents[parent] = a
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
	*of = awaiting{}
}

// orphans counts the spans whose parents have not arrived, and the traces they are in.
func (w *awaiting) orphans() (spans, traces uint64) {
	seen := map[uint64]struct{}{}
	for _, a := range w.parents {
		spans += a.children
		seen[a.trace] = struct{}{}
	}
	return spans, uint64(len(seen))
}
