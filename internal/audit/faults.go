// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"fmt"
	"slices"
)

// faultKey tells faults apart whose items are counted apart.
type faultKey struct {
	Kind    FaultKind
	Part    Part
	Pattern int
}

// faultCount is how many items had a fault.
type faultCount struct {
	items uint64
	name  string
}

// mostFaults bounds the faults that are counted apart, of each signal of a run. Others are counted together.
const mostFaults = 256

// faults counts items by what is wrong with their content, for a signal of a run.
type faults struct {
	met    uint64 // bits of all items' Met
	had    uint32 // likewise
	counts map[faultKey]*faultCount
	others uint64 // faults that are not counted apart
}

// count counts the faults of an item, and reports whether it has one that no item before had.
func (f *faults) count(of *Content) (news bool) {
	f.met |= of.Met
	f.had |= of.Had
	for i := range of.Faults {
		fault := &of.Faults[i]
		key := faultKey{fault.Kind, fault.Part, fault.Pattern}
		c := f.counts[key]
		if c == nil {
			if len(f.counts) >= mostFaults {
				f.others++
				continue
			}
			if f.counts == nil {
				f.counts = map[faultKey]*faultCount{}
			}
			c = &faultCount{name: shown(fault.Name)}
			f.counts[key] = c
			news = true
		}
		c.items++
	}
	return news
}

// ContentFault is how many items have one fault.
type ContentFault struct {
	Kind string `json:"kind"`
	// Path of the attribute or field, as OTTL writes it.
	Path string `json:"path"`
	// Pattern is the index of the pattern that it matches, if it is forbidden.
	Pattern *int   `json:"pattern,omitempty"`
	Items   uint64 `json:"items"`

	kind    FaultKind
	pattern int
}

// String says what is wrong with how many.
func (f *ContentFault) String() string {
	switch f.kind {
	case Forbidden:
		return fmt.Sprintf("%s matches forbidden[%d]", f.Path, f.pattern)
	case Untouched:
		return f.Path + " arrived as it was sent"
	default:
		return f.Path + " " + f.Kind
	}
}

// list is the faults, most frequent first.
func (f *faults) list(signal Signal, n *names) (list []ContentFault) {
	for key, c := range f.counts {
		fault := ContentFault{Kind: key.Kind.String(), Path: n.path(signal, key.Part, c.name), Items: c.items, kind: key.Kind, pattern: key.Pattern}
		if key.Kind == Forbidden {
			fault.Pattern = &fault.pattern
		}
		list = append(list, fault)
	}
	slices.SortFunc(list, func(a, b ContentFault) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(a.kind, b.kind), cmp.Compare(a.Path, b.Path), cmp.Compare(a.pattern, b.pattern))
	})
	return list
}
