// SPDX-License-Identifier: Apache-2.0

package explain

// Bounds of both tables, powers of two. A table begins small, and doubles while it fills.
const (
	minRelatives = 64
	maxFamilies  = 1_024
	maxEndings   = 2_048
)

// small is what part of a long poll a child must take to be remembered: shorter ones explain nothing.
const small = 200

// family is what is known of the children of a span that has not come yet.
type family struct {
	busy      int64      // of all of them. Those of other tasks are among them: they may explain too much, and then a finding is missed
	longest   int64      // no poll of any of them was longer
	neverIdle int64      // busy time of those that never were, or whose children never were
	last      descendant // that ended last

	stretch stretch // the longest of those that were entered once and stayed so

	requestThread int64 // that made the span of a request which is among them; Unknown

	at     int64 // the latest end of a child
	usual  usual // how long one of them is idle anyway
	orphan bool  // counted as one whose parent does not come
}

// descendant is a child, or a child of a child.
type descendant struct {
	end, start int64
	site       *callsite
}

// stretch is a span that was entered once and stayed so to its end.
type stretch struct {
	start, end, busy, idle, thread int64
	site                           *callsite
}

// families are a table by the span that they are the children of. A family that falls out of it before its parent has come leaves that
// parent, whoever it is, unexplained: lost tells up to when this may be.
type families struct {
	parents []uint64 // of the slots, 0 where one is empty: side by side they are looked through at once
	slots   []family // each is at one of the ways places from that of its parent's id on
	used    int
	lost    int64 // the latest end of a child that was forgotten
	evicted int   // families that were forgotten
}

// of returns the family of a parent to add to.
func (f *families) of(parent uint64) *family {
	if len(f.slots) == 0 || f.used > len(f.slots)/2 && len(f.slots) < maxFamilies {
		f.grow()
	}
	at, known := f.find(parent)
	if !known {
		at = f.room(parent)
		if f.parents[at] == 0 {
			f.used++
		} else {
			f.forget(&f.slots[at])
		}
		f.parents[at] = parent
		f.slots[at] = family{requestThread: Unknown}
	}
	return &f.slots[at]
}

// take returns the family of a span that has come, nil for none. It is good until the next call of of.
func (f *families) take(id uint64) *family {
	if f.used == 0 || id == 0 {
		return nil
	}
	at, known := f.find(id)
	if !known {
		return nil
	}
	f.parents[at] = 0
	f.used--
	return &f.slots[at]
}

// find returns the place of a parent's family, and whether it has one.
func (f *families) find(parent uint64) (at uint64, known bool) {
	for i := range uint64(ways) {
		if at = f.place(parent + i); f.parents[at] == parent {
			return at, true
		}
	}
	return 0, false
}

func (f *families) place(n uint64) uint64 { return n & uint64(len(f.parents)-1) } //nolint:gosec // there are some

// room returns a place for a parent's family: one that is empty, or that of the family which ended first.
func (f *families) room(parent uint64) uint64 {
	oldest := f.place(parent)
	for i := range uint64(ways) {
		at := f.place(parent + i)
		if f.parents[at] == 0 {
			return at
		}
		if f.slots[at].at < f.slots[oldest].at {
			oldest = at
		}
	}
	return oldest
}

// forget notes that a family has lost its place before its parent came.
func (f *families) forget(lost *family) {
	f.lost = max(f.lost, lost.at)
	if !lost.orphan {
		f.evicted++
	}
}

func (f *families) grow() {
	parents, slots := f.parents, f.slots
	n := max(minRelatives, 2*len(slots))
	f.parents, f.slots, f.used = make([]uint64, n), make([]family, n), 0
	for i, parent := range parents {
		if parent == 0 {
			continue
		}
		at := f.room(parent)
		if f.parents[at] == 0 {
			f.used++
		} else {
			f.forget(&f.slots[at])
		}
		f.parents[at], f.slots[at] = parent, slots[i]
	}
}

// ended is a span that has come.
type ended struct {
	id, parent uint64
	at         int64
	duration   int64
	top        bool // it has no parent in this process, or is a request: nobody asked here for it to end first
	timed      bool
	site       *callsite
}

// endings are a table of the spans that have come, by id; the later of two in one place stays.
type endings struct {
	slots []ended
	n     int
}

func (e *endings) add(s *Span, site *callsite) {
	if len(e.slots) < maxEndings && e.n >= len(e.slots) {
		old := e.slots
		e.slots = make([]ended, max(minRelatives, 2*len(old)))
		for _, o := range old {
			*e.slot(o.id) = o
		}
	}
	e.n++
	*e.slot(s.ID) = ended{s.ID, s.Parent, s.End, s.Duration, s.Top || s.Request, s.timed(), site}
}

func (e *endings) slot(id uint64) *ended {
	return &e.slots[id&uint64(len(e.slots)-1)] //nolint:gosec // there are some
}

func (e *endings) of(id uint64) *ended {
	if len(e.slots) == 0 || id == 0 {
		return nil
	}
	if found := e.slot(id); found.id == id {
		return found
	}
	return nil
}

// maxDepth bounds how far up the ancestors of a span are looked for.
const maxDepth = 64

// top returns the uppermost ancestor of a span, if all of its ancestors in this process have come.
func (e *endings) top(s *Span) *ended {
	found := e.of(s.Parent)
	for depth := 0; found != nil && depth < maxDepth; depth++ {
		if found.top {
			return found
		}
		found = e.of(found.parent)
	}
	return nil
}
