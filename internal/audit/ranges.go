// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Sets of numbers are large where numbers lie together, and small in memory: a container of 65536 numbers in a row is one run. What is made of them here stays small
// on the way, too.

// complementAtOnce is how many numbers are turned round at once: while they are, each 65536 of them may take 8 KiB.
const complementAtOnce = 1 << 22

// complement is what a set lacks of the numbers from first to next.
func complement(set *roaring64.Bitmap, first, next uint64) *roaring64.Bitmap {
	all := roaring64.New()
	for from := first; from < next; {
		to := min(next, (from/complementAtOnce+1)*complementAtOnce)
		part := roaring64.New()
		part.AddRange(from, to)
		part.AndNot(set)
		part.RunOptimize()
		all.Or(part)
		from = to
	}
	return all
}

// holds reports whether there is room for all that can lack between two numbers. That is an estimate; twice the limit is more than an auditor with the same
// limit has.
func (b *budget) holds(first, next uint64) bool {
	if first >= next {
		return true
	}
	containers := (next-1)>>16 - first>>16 + 1
	return containers <= uint64(max(2*b.limit-b.used, 0)/containerCost)
}

// renumbered are the numbers of a set with other upper halves: the list has the new one for each.
func renumbered(set *roaring64.Bitmap, upper []uint32) (*roaring64.Bitmap, error) {
	text, err := set.ToPortableBytes()
	if err != nil {
		return nil, err
	}
	to := roaring64.New()
	one := binary.LittleEndian.AppendUint64(nil, 1)
	for at := len(one); at < len(text); {
		key := binary.LittleEndian.Uint32(text[at:])
		at += 4
		n, err := roaring.New().FromBuffer(text[at:])
		if err != nil {
			return nil, err
		}
		part := roaring64.New()
		one = append(binary.LittleEndian.AppendUint32(one[:8], upper[key]), text[at:at+int(n)]...)
		if _, err = part.ReadPortableFrom(bytes.NewReader(one)); err != nil {
			return nil, err
		}
		to.Or(part)
		at += int(n)
	}
	return to, nil
}
