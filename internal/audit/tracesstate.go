// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"slices"
)

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
