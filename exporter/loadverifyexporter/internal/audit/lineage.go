// SPDX-License-Identifier: Apache-2.0

package audit

// lineage finds spans whose parent does not arrive. Parents usually end, and so arrive, after their children, but a task that its
// parent has spawned and not awaited comes later. So it keeps both: the parents that are awaited, and the spans that arrived of late.
//
// Two runs of one seed may have the same ids: each run's salt makes its keys its own.
//
// Spans are kept in two generations: when the younger is full it becomes the older one, which is forgotten.
type lineage struct {
	size         int
	young, older map[uint64]struct{} // salted keys of spans
	awaited      map[uint64]awaited  // by salted key of the parent
	unknown      map[*run]uint64     // spans whose parent could not be awaited: too many are
}

// awaited is a parent that has not arrived.
type awaited struct {
	run      *run
	trace    uint64
	children uint64
}

func newLineage(size int) lineage {
	return lineage{
		size: size, young: map[uint64]struct{}{}, older: map[uint64]struct{}{},
		awaited: map[uint64]awaited{}, unknown: map[*run]uint64{},
	}
}

// arrived notes a span that arrived for the first time.
func (l *lineage) arrived(r *run, it *Item) {
	span, parent := it.Span^r.salt, it.Parent^r.salt
	if len(l.awaited) > 0 {
		delete(l.awaited, span)
	}
	if len(l.young) >= l.size {
		clear(l.older)
		l.young, l.older = l.older, l.young
	}
	l.young[span] = struct{}{}
	if it.Parent == 0 || l.has(parent) {
		return
	}
	a, known := l.awaited[parent]
	if !known {
		if len(l.awaited) >= l.size {
			l.unknown[r]++
			return
		}
		a = awaited{run: r, trace: it.Trace}
	}
	a.children++
	l.awaited[parent] = a
}

func (l *lineage) has(span uint64) bool {
	if _, found := l.young[span]; found {
		return true
	}
	_, found := l.older[span]
	return found
}

// orphanage counts the spans of a run whose parents have not arrived, and the traces they are in.
type orphanage struct {
	spans, traces uint64
}

// orphans counts those of all runs, in one pass over all that is awaited.
func (l *lineage) orphans() map[*run]orphanage {
	type traceOf struct {
		run   *run
		trace uint64
	}
	seen := map[traceOf]struct{}{}
	of := map[*run]orphanage{}
	for _, a := range l.awaited {
		o := of[a.run]
		o.spans += a.children
		if _, again := seen[traceOf{a.run, a.trace}]; !again {
			seen[traceOf{a.run, a.trace}] = struct{}{}
			o.traces++
		}
		of[a.run] = o
	}
	return of
}

func (l *lineage) forget(r *run) {
	for parent, a := range l.awaited {
		if a.run == r {
			delete(l.awaited, parent)
		}
	}
	delete(l.unknown, r)
}
