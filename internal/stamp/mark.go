// SPDX-License-Identifier: Apache-2.0

package stamp

import "github.com/cespare/xxhash/v2"

// Source is what the items of a source have in common in their checksums.
type Source uint64

// SourceOf makes it of the names of a run and of a source in it.
func SourceOf(run, source string) Source {
	return Source(mix(xxhash.Sum64String(run), xxhash.Sum64String(source)))
}

// Mark is what the stamp of an item says of it, beside its source.
type Mark struct {
	Sequence uint64
	// Class of the item, TraceClass of its whole trace, in the generator's list from 1; 0: none.
	Class, TraceClass uint32
	// TraceSpan is the number of a span in its trace, if it is Numbered; Root: it is that of the root.
	TraceSpan      uint32
	Numbered, Root bool
	// Past: the item was sent long after it happened. Skew is how far the clock of its times is ahead, in ns.
	Past bool
	Skew int64
	// Odd is the kind of an item that is odd on purpose; empty: it is ordinary.
	Odd string
}

// Identity is the hash of all that says which item a stamp belongs to.
type Identity uint64

// Of is the identity of an item of a source. It runs once for each item.
func (m *Mark) Of(s Source) Identity {
	flags := uint64(m.TraceSpan) << 3
	if m.Numbered {
		flags |= 1
	}
	if m.Root {
		flags |= 2
	}
	if m.Past {
		flags |= 4
	}
	h := mix(mix(mix(uint64(s), m.Sequence), uint64(m.Class)<<32|uint64(m.TraceClass)), flags)
	if m.Skew != 0 {
		h = mix(h, uint64(m.Skew)) //nolint:gosec // G115: the same 64 bits, for a hash
	}
	if m.Odd != "" {
		h = mix(h, xxhash.Sum64String(m.Odd))
	}
	return Identity(h)
}

// Seal is the checksum that the stamp of an item has. Its upper half is of the identity alone, so that of an item that was changed it is known
// whether it still is the one that its stamp says; its lower half is of both.
func (i Identity) Seal(item int64) int64 {
	return int64(uint64(fold(uint64(i)))<<32 | uint64(fold(mix(uint64(item), uint64(i))))) //nolint:gosec // G115: the same 64 bits, which are only compared
}

// Fits reports whether a checksum is of the identity, whatever became of the item.
func (i Identity) Fits(checksum int64) bool {
	return uint32(uint64(checksum)>>32) == fold(uint64(i)) //nolint:gosec // G115: the upper half
}
