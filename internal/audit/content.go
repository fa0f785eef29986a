// SPDX-License-Identifier: Apache-2.0

package audit

// Content is what was found when an item was held against the stamp of what it had when it was sent.
type Content struct {
	// Read: the item has such a stamp, and the stamp is its own.
	Read bool
	// Had has a bit for each field that it was sent with: its own in the order of stamp.FieldNames, after the core; from HadOfResource and
	// HadOfScope on those of its resource and scope, and then one for their attributes.
	Had uint32
	// Met has a bit for each change that is expected and that the item had room for: it was sent with what must change.
	Met uint64
	// Faults are what is not as expected; nil: nothing.
	Faults []Fault
}

// Where the fields of an item's resource and scope begin in Content.Had.
const (
	HadOfResource = 16
	HadOfScope    = 24
)

// FaultKind says what is wrong with a part of an item's content.
type FaultKind uint8

// The kinds of fault.
const (
	Removed   FaultKind = iota // it was sent and is gone
	Changed                    // it has another value or type
	Untouched                  // it is as it was sent, and was to be changed or removed
	Added                      // it was not sent, and is not among what may be added
	Forbidden                  // it matches a pattern that nothing may match
	FaultKinds
)

// faultNames are in the order of the kinds.
var faultNames = [FaultKinds]string{"removed", "changed", "untouched", "added", "forbidden"}

// String names the kind as reports do.
func (k FaultKind) String() string { return faultNames[k] }

// Place is where an attribute is.
type Place uint8

// The places. A field is no attribute: the name of a span, its events.
const (
	OnItem Place = iota
	OnResource
	OnScope
	Field
	Places
)

// Part is an attribute or a field: of an attribute its place and the hash of its key.
type Part struct {
	Place Place
	Key   uint32
}

// Fault is one thing that is wrong with an item's content.
type Fault struct {
	Kind FaultKind
	Part Part
	// Name of the attribute or field as it may be shown; empty: only the hash of its key is known.
	Name string
	// Pattern that it matches, if it is forbidden.
	Pattern int
}

// ContentCounts are how many items, copies included, arrived with a stamp of their content, and what was wrong with how many of these.
type ContentCounts struct {
	// Checked items had a stamp of their content.
	Checked uint64 `json:"content_checked"`
	// Unread items had none, or a damaged one.
	Unread uint64 `json:"content_unread"`
	// Wrong items had one fault or more.
	Wrong uint64 `json:"content_wrong"`
	// Of how many items something was removed, changed and so on: see FaultKind.
	Removed   uint64 `json:"content_removed"`
	Changed   uint64 `json:"content_changed"`
	Untouched uint64 `json:"content_untouched"`
	Added     uint64 `json:"content_added"`
	Forbidden uint64 `json:"content_forbidden"`
}

// Of is the count of a kind of fault.
func (c *ContentCounts) Of(k FaultKind) *uint64 {
	return [FaultKinds]*uint64{&c.Removed, &c.Changed, &c.Untouched, &c.Added, &c.Forbidden}[k]
}

// Add adds the counts of others.
func (c *ContentCounts) Add(o *ContentCounts) {
	c.Checked += o.Checked
	c.Unread += o.Unread
	c.Wrong += o.Wrong
	for k := range FaultKinds {
		*c.Of(k) += *o.Of(k)
	}
}

// count counts an item.
func (c *ContentCounts) count(of *Content) {
	if !of.Read {
		c.Unread++
	} else {
		c.Checked++
	}
	if len(of.Faults) == 0 {
		return
	}
	c.Wrong++
	kinds := 0
	for i := range of.Faults {
		kinds |= 1 << of.Faults[i].Kind
	}
	for k := range FaultKinds {
		if kinds&(1<<k) != 0 {
			*c.Of(k)++
		}
	}
}
