// SPDX-License-Identifier: Apache-2.0

package explain

// overdue is how long after the last of its children a parent is expected to have come. It may come later: then it was not lost.
const overdue = 5_000_000_000

// losses count families by whether their parents came. Where some do not, spans are lost on the way, children as well as parents: because
// a queue was full, or because somebody samples spans instead of traces.
type losses struct {
	arrived, missing votes
	next             int // place of the table of families to look at
	evicted          int // families that were forgotten, as of the last look
}

// some reports whether spans are lost: more of them than a few whose parents may take hours.
func (l *losses) some() bool { return int(l.missing)*oneIn > int(l.arrived) }

// came notes that the parent of a family has come.
func (l *losses) came(f *family) {
	if f.orphan && l.missing > 0 {
		l.missing--
	}
	l.arrived.add()
}

// look looks at a few of the families, another few each time, for one whose parent should have come.
func (l *losses) look(f *families, now int64) {
	for ; l.evicted < f.evicted; l.evicted++ {
		l.missing.add()
	}
	const few = 2
	for range min(few, len(f.slots)) {
		l.next = (l.next + 1) % len(f.slots)
		if found := &f.slots[l.next]; f.parents[l.next] != 0 && !found.orphan && found.at < now-overdue {
			found.orphan = true
			l.missing.add()
		}
	}
}
