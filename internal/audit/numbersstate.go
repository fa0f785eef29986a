// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// How numbers are kept in a state.
const (
	asAll     = 0 // none is missing between the first and the last
	asGaps    = 1 // those that are missing follow
	asArrived = 2 // those that have arrived follow: they are fewer
	withOver  = 4 // and then those that were never sent
)

// encode appends the numbers: the first, how many there are to the last, and, as roaring bitmaps, what is missing, or what is not, if that is shorter.
func (n *numbers) encode(e *encoder) error {
	kind := uint64(asAll)
	var set *roaring64.Bitmap
	if n.lacks > 0 {
		n.gaps.RunOptimize()
		kind, set = asGaps, n.gaps
		if n.arrived() < n.lacks {
			arrived := complement(n.gaps, n.first, n.next)
			if arrived.GetSerializedSizeInBytes() < set.GetSerializedSizeInBytes() {
				kind, set = asArrived, arrived
			}
		}
	}
	if n.over != nil && !n.over.IsEmpty() {
		kind |= withOver
	}
	e.number(kind)
	e.numbers([]uint64{n.first, n.next - n.first})
	if set != nil {
		if err := e.bitmap(set); err != nil {
			return err
		}
	}
	if kind&withOver != 0 {
		return e.bitmap(n.over)
	}
	return nil
}

// decode reads them, and returns how many are left out, as the budget does not allow to keep what lies between them.
func (n *numbers) decode(d *decoder, b *budget) (left uint64) {
	kind := d.upTo(asArrived|withOver, "a kind of numbers")
	n.first = d.count()
	n.next = n.first + d.count()
	if n.next > mostNumbers {
		d.fail("numbers up to %d; at most %d can be", n.next, uint64(mostNumbers))
	}
	switch kind &^ withOver {
	case asAll:
	case asGaps, asArrived:
		left = n.decodeSet(d, kind&^withOver == asArrived, b)
	default:
		d.fail("a kind of numbers of %d", kind)
	}
	if kind&withOver == 0 {
		return left
	}
	if n.over = d.bitmap(); n.over == nil || n.over.IsEmpty() {
		n.over = nil
	} else if most := n.over.Maximum(); most >= mostNumbers {
		d.fail("a number of %d; at most %d can be", most, uint64(mostNumbers)-1)
	}
	return left
}

// decodeSet reads the numbers that are missing, or those that are not. Few bytes may say that few of many have arrived: what is missing then takes more memory.
func (n *numbers) decodeSet(d *decoder, arrived bool, b *budget) (left uint64) {
	set := d.bitmap()
	if set == nil {
		return 0
	}
	if set.IsEmpty() || set.Minimum() < n.first || set.Maximum() >= n.next {
		d.fail("numbers that are not between %d and %d", n.first, n.next)
		return 0
	}
	if arrived {
		if !b.holds(n.first, n.next) {
			n.first, n.next = 0, 0
			return set.GetCardinality()
		}
		if set = complement(set, n.first, n.next); set.IsEmpty() {
			return 0
		}
	}
	n.gaps, n.lacks, n.top = set, set.GetCardinality(), set.Maximum()>>16
	if n.arrived() == 0 {
		d.fail("of numbers from %d to %d none has arrived", n.first, n.next)
	}
	return 0
}

func (e *encoder) bitmap(set *roaring64.Bitmap) error {
	b, err := set.ToPortableBytes()
	if err == nil {
		e.bytes(b)
	}
	return err
}

// leastOfBitmap is what a bitmap of 32 bits takes at least in one of 64, with its key, in bytes.
const leastOfBitmap = 4 + 8

// bitmap reads a roaring bitmap. It is nil if there is none.
func (d *decoder) bitmap() *roaring64.Bitmap {
	b := d.bytes()
	if d.err != nil {
		return nil
	}
	if len(b) < 8 || binary.LittleEndian.Uint64(b) > uint64(len(b)/leastOfBitmap) {
		d.fail("a bitmap is damaged: it has more parts than bytes")
		return nil
	}
	set, in := roaring64.New(), bytes.NewReader(b)
	if _, err := set.ReadPortableFrom(in); err != nil {
		d.fail("a bitmap is damaged: %v", err)
		return nil
	}
	if err := set.Validate(); err != nil {
		d.fail("a bitmap is damaged: %v", err)
		return nil
	}
	if in.Len() > 0 {
		d.fail("%d bytes follow a bitmap", in.Len())
		return nil
	}
	return set
}
