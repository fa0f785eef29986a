// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"fmt"
	"slices"
)

// ContentExpectation is what is expected of the content of items, beside what each item is held against when it arrives.
type ContentExpectation struct {
	// Max is the share of the items sent whose content may be otherwise.
	Max float64
	// Changes must be seen: Content.Met has a bit for each, in this order.
	Changes []Change
}

// Change is an attribute or field that is to be removed or changed, by its path.
type Change struct {
	Path    string
	Kind    FaultKind // Removed or Changed
	Signals Set
}

// contentExpectation is what findings about content are called.
const contentExpectation = "content"

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

var wantedOf = [FaultKinds]string{
	Removed: "want it there", Changed: "want it unchanged", Untouched: "want it removed or changed, as content says", Added: "want only what content.added has",
	Forbidden: "want no match",
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

// mostContentFindings bounds the findings of a signal: a pipeline that strips all attributes has one for each key.
const mostContentFindings = 16

// judgeContent finds what is wrong with the content of a signal's items.
func (r *RunReport) judgeContent(e *Expectations, s *SignalReport) {
	most := 0.0
	if e.Content != nil {
		most = e.Content.Max
	}
	if s.Checked == 0 && !r.content {
		if e.Content != nil && s.Final && s.Received > 0 {
			r.doubt(contentExpectation, s, "no item has a stamp of its content, so nothing is known of that: set verify_content of synthetic_load")
		}
		return
	}
	if float64(s.Wrong+s.Unread) <= most*float64(s.offered()) {
		return
	}
	if s.Unread > 0 {
		r.find(contentExpectation, s, "%s with the stamp of their content gone or damaged", items(s.Unread))
	}
	arrived := s.Checked + s.Unread
	for i := range s.Faults {
		if i == mostContentFindings {
			r.find(contentExpectation, s, "and %d more faults", len(s.Faults)-i)
			break
		}
		f := &s.Faults[i]
		r.find(contentExpectation, s, "%s: %d of %s; %s", f, f.Items, items(arrived), wantedOf[f.kind])
	}
}

// judgeChanges: that what was to change has changed proves nothing if no item had it.
func (r *RunReport) judgeChanges(e *Expectations) {
	if e.Content == nil || !r.Final {
		return
	}
	for i := range e.Content.Changes {
		c := &e.Content.Changes[i]
		checked, met := false, false
		for k := range r.Signals {
			s := &r.Signals[k]
			if c.Signals.Has(s.Signal) {
				checked = checked || s.Checked > 0
				met = met || s.met&(1<<i) != 0
			}
		}
		if checked && !met {
			r.doubt(contentExpectation, nil, "no item was sent with %s, so nothing shows that it is %s: take it out of content.%s", c.Path, c.Kind, c.Kind)
		}
	}
}
