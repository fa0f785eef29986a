package audit

// lineage finds spans whose parent does not arrive. Parents usually end, and so arrive, after their children, but a task that its
// parent has spawned and not awaited comes later. So it keeps both: the parents that are awaited, and the spans that arrived of late.
//
// Spans are kept in two generations: when the younger is full it becomes the older one, which is forgotten.
type lineage struct {
	size         int
	young, older map[uint64]struct{} // keys of spans
	awaited      map[uint64]awaited // by key of the parent
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
	if len(l.awaited) > 0 {
		delete(l.awaited, it.Span)
	}
	if len(l.young) >= l.size {
		clear(l.older)
		l.young, l.older = l.older, l.young
	}
	l.young[it.Span] = struct{}{}
	if it.Parent == 0 || l.has(it.Parent) {
		return
	}
	a, known := l.awaited[it.Parent]
	if !known {
		if len(l.awaited) >= l.size {
			l.unknown[r]++
			return
		}
		a = awaited{run: r, trace: it.Trace}
	}
	a.children++
	l.awaited[it.Parent] = a
}

func (l *lineage) has(span uint64) bool {
	if _, found := l.young[span]; found {
		return true
	}
	_, found := l.older[span]
	return found
}

// orphans counts the spans of a run whose parents have not arrived, and the traces they are in.
func (l *lineage) orphans(r *run) (spans, traces uint64) {
	seen := map[uint64]struct{}{}
	for _, a := range l.awaited {
		if a.run == r {
			spans += a.children
			seen[a.trace] = struct{}{}
		}
	}
	return spans, uint64(len(seen))
}

func (l *lineage) forget(r *run) {
	for parent, a := range l.awaited {
		if a.run == r {
			delete(l.awaited, parent)
		}
	}
	delete(l.unknown, r)
}
