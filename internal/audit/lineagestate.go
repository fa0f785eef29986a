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
			a.take(&l.children, span)
		}
		if to.parents == nil {
			to.parents = map[uint64]awaited{}
		}
		to.parents[parent] = a
		l.awaited++
	}
}
