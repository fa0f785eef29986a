// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"slices"
)

// mostStoredFaults bounds the faults of a signal in a state.
const mostStoredFaults = 1 << 16

// encode appends what is wrong with the content of a signal's items.
func (f *faults) encode(e *encoder) {
	e.numbers([]uint64{f.met, uint64(f.had), f.others, uint64(len(f.counts))})
	keys := make([]faultKey, 0, len(f.counts))
	for key := range f.counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b faultKey) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Part.Place, b.Part.Place), cmp.Compare(a.Part.Key, b.Part.Key), cmp.Compare(a.Pattern, b.Pattern))
	})
	for _, key := range keys {
		c := f.counts[key]
		e.numbers([]uint64{uint64(key.Kind), uint64(key.Part.Place), uint64(key.Part.Key), uint64(max(key.Pattern, 0)), c.items})
		e.string(c.name)
	}
}

func (f *faults) decode(d *decoder) {
	f.met, f.had, f.others = d.number(), uint32(d.upTo(1<<32-1, "fields")), d.count() //nolint:gosec // G115: at most 2^32-1
	for range d.length(mostStoredFaults, 6) {
		var key faultKey
		key.Kind, key.Part.Place = FaultKind(d.upTo(uint64(FaultKinds)-1, "a kind of fault")), Place(d.upTo(uint64(Places)-1, "a place")) //nolint:gosec // G115: likewise
		key.Part.Key = uint32(d.upTo(1<<32-1, "a key"))                                                                                   //nolint:gosec // G115: likewise
		key.Pattern = int(d.upTo(1<<20, "a pattern"))                                                                                     //nolint:gosec // G115: likewise
		c := &faultCount{items: d.count(), name: d.string(LongestName)}
		if d.err != nil {
			return
		}
		if f.counts == nil {
			f.counts = map[faultKey]*faultCount{}
		}
		f.counts[key] = c
	}
}
