// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding"
	"encoding/base64"
	"encoding/binary"
	"slices"
)

// Range is the numbers from First up to End, without End.
type Range struct{ First, End uint64 }

// mostRanges bounds what one source can tell of one signal, to some 4 KB.
const mostRanges = 1024

// Ranges collects numbers. The zero value has none.
type Ranges struct {
	ranges []Range // ascending, and apart
	burst  bool    // there were too many
}

// Add adds numbers that it does not have: count of them, from first on.
func (r *Ranges) Add(first, count uint64) {
	if r.burst || count == 0 {
		return
	}
	end := first + count
	i := len(r.ranges)
	for i > 0 && r.ranges[i-1].First > first {
		i--
	}
	after := i < len(r.ranges) && r.ranges[i].First == end
	before := i > 0 && r.ranges[i-1].End == first
	switch {
	case before && after:
		r.ranges[i-1].End = r.ranges[i].End
		r.ranges = slices.Delete(r.ranges, i, i+1)
	case before:
		r.ranges[i-1].End = end
	case after:
		r.ranges[i].First = first
	case len(r.ranges) == mostRanges:
		*r = Ranges{burst: true}
	default:
		r.ranges = slices.Insert(r.ranges, i, Range{first, end})
	}
}

// Pack makes text of the ranges: empty if there are none, or too many to tell.
func (r *Ranges) Pack() Packed {
	var b []byte
	last := uint64(0)
	for _, of := range r.ranges {
		b = binary.AppendUvarint(b, of.First-last)
		b = binary.AppendUvarint(b, of.End-of.First)
		last = of.End
	}
	return Packed(b)
}

// Packed is ranges as bytes: of each its distance from the one before and its length. Two are equal if their ranges are.
type Packed string

var (
	_ encoding.TextMarshaler   = Packed("")
	_ encoding.TextUnmarshaler = (*Packed)(nil)
)

// MarshalText makes printable text of it.
func (p Packed) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, []byte(p)), nil
}

// UnmarshalText reads what MarshalText has written.
func (p *Packed) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	*p = Packed(b)
	return err
}

// Ranges unpacks. It is not ok if it was not packed so.
func (p Packed) Ranges() (ranges []Range, ok bool) {
	b, last := []byte(p), uint64(0)
	for len(b) > 0 {
		distance, n := binary.Uvarint(b)
		if n <= 0 || distance > mostItems || len(ranges) == mostRanges {
			return nil, false
		}
		length, m := binary.Uvarint(b[n:])
		if m <= 0 || length == 0 || length > mostItems || distance == 0 && last > 0 {
			return nil, false
		}
		first := last + distance
		last = first + length
		if last > mostItems {
			return nil, false
		}
		ranges = append(ranges, Range{first, last})
		b = b[n+m:]
	}
	return ranges, true
}
