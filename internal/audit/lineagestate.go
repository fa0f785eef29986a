// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"slices"
)

// fewSpans is how many of the spans that arrived of late a state has in any case. If the auditor awaits parents, some spans of a trace seem to go to other
// auditors: then it has all that are remembered.
const fewSpans = 1 << 16

// encode appends the spans that arrived of late, and whether these are all.
func (l *lineage) encode(e *encoder, brief bool) {
	forgot := l.forgot
	var keys []uint64
	switch {
	case !brief && (l.awaited > 0 || len(l.young)+len(l.older) <= fewSpans):
		keys = sortedKeys(l.older, l.young)
	case len(l.young) > 0:
		forgot = true
	}
	e.flag(forgot)
	e.ascending(keys)
}

// decode reads the spans as a list. Who goes on from there remembers them.
func (l *lineage) decode(d *decoder) {
	l.forgot = d.flag()
	l.lists = [][]uint64{d.ascending(mostStoredSpans)}
}

// remember makes the spans of a state those that arrived of late.
func (l *lineage) remember() {
	for _, list := range l.lists {
		for _, key := range list {
			l.note(key)
		}
	}
	l.lists = nil
}

// encode appends what a run waits for.
func (w *awaiting) encode(e *encoder, of *children) {
	e.number(w.unknown)
	keys := slices.Sorted(maps.Keys(w.parents))
	e.ascending(keys)
	for _, parent := range keys {
		a := w.parents[parent]
		e.fixed(a.trace)
		spans := of.of(a.first)
		slices.Sort(spans)
		e.number(uint64(a.children) - uint64(len(spans)))
		e.fixeds(spans)
	}
}

func (l *lineage) decodeAwaiting(d *decoder, to *awaiting) {
	to.unknown = d.count()
	for _, parent := range d.ascending(mostStoredSpans) {
		a := awaited{trace: d.fixed(), children: uint32(d.upTo(1<<30, "spans"))} //nolint:gosec // G115: at most 2^30
		spans := d.fixeds(mostStoredSpans)
		if d.err != nil {
			return
		}
		for _, span := range spans {
			a.children++
			a.first = l.children.add(span, a.first)
		}
		if to.parents == nil {
			to.parents = map[uint64]awaited{}
		}
		to.parents[parent] = a
		l.awaited++
	}
}

// encode appends the traces. With forgotten they are not in the state, and the state says so.
func (t *traces) encode(e *encoder, forgotten bool) {
	e.flag(t.forgotten || forgotten)
	e.number(t.unknown)
	if forgotten {
		e.ascending(nil)
		return
	}
	keys := slices.Sorted(maps.Keys(t.byKey))
	e.ascending(keys)
	for _, key := range keys {
		of := t.byKey[key]
		e.numbers([]uint64{of.seen, uint64(of.more), uint64(of.highest), uint64(of.root), uint64(of.class)})
	}
}

func (t *traces) decode(d *decoder) {
	t.forgotten = d.flag()
	t.unknown = d.count()
	for _, key := range d.ascending(mostStoredSpans) {
		var of traceState
		of.seen = d.number()
		for _, to := range []*uint32{&of.more, &of.highest, &of.root, &of.class} {
			*to = uint32(d.upTo(1<<32-1, "a number in a trace")) //nolint:gosec // G115: at most 2^32-1
		}
		if d.err != nil {
			return
		}
		if t.byKey == nil {
			t.byKey = map[uint64]traceState{}
		}
		t.byKey[key] = of
	}
}

// ascending appends numbers by their distances.
func (e *encoder) ascending(list []uint64) {
	e.number(uint64(len(list)))
	last := uint64(0)
	for _, x := range list {
		e.number(x - last)
		last = x
	}
}

func (d *decoder) ascending(most int) []uint64 {
	n := d.length(most, 1)
	if n == 0 {
		return nil
	}
	list := make([]uint64, n)
	last := uint64(0)
	for i := range list {
		x := last + d.number()
		if x <= last && i > 0 {
			d.fail("a list is not in its order")
			return nil
		}
		list[i], last = x, x
	}
	if d.err != nil {
		return nil
	}
	return list
}
