// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"encoding/binary"
	"errors"
	"math"
)

// mostItems bounds what a window may hold when it is decoded: sums of any number of timelines stay far from overflow.
const mostItems = 1 << 48

// Append appends the timeline as bytes: level, first window, number of windows and whether there are spreads, then the windows. All are
// varints; with a spread a window takes some 25 bytes, without some 3.
func (t *Timeline) Append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.level))
	b = binary.AppendVarint(b, t.first)
	b = binary.AppendUvarint(b, uint64(len(t.items)))
	if t.spreads == nil {
		b = append(b, 0)
	} else {
		b = append(b, 1)
	}
	for i, n := range t.items {
		b = binary.AppendUvarint(b, n)
		if t.spreads == nil {
			continue
		}
		for _, x := range t.spreads[i] {
			b = binary.AppendVarint(b, x)
		}
	}
	return b
}

var errDamaged = errors.New("timeline is damaged")

// Cut reads a timeline that Append has written, and returns what follows it. It takes nothing that Append cannot write.
func Cut(b []byte) (t Timeline, rest []byte, err error) {
	in := decoder{rest: b}
	level, first, windows, hasSpreads := in.unsigned(), in.signed(), in.unsigned(), in.unsigned()
	if in.failed || level > MostLevel || windows > Most || hasSpreads > 1 || first < 0 || first > math.MaxInt64>>(finest+level)-int64(windows)+1 {
		return Timeline{}, nil, errDamaged
	}
	t = Timeline{level: uint(level), first: first, items: make([]uint64, windows)}
	if hasSpreads == 1 {
		t.spreads = make([]Spread, windows)
	}
	for i := range t.items {
		t.items[i] = in.unsigned()
		in.failed = in.failed || t.items[i] > mostItems
		if t.spreads == nil {
			continue
		}
		for j := range t.spreads[i] {
			x := in.signed()
			t.spreads[i][j] = x
			in.failed = in.failed || max(x, -x) > int64(min(t.items[i], mostItems)) || x == math.MinInt64
		}
	}
	if in.failed {
		return Timeline{}, nil, errDamaged
	}
	return t, in.rest, nil
}

// decoder reads varints until one is not there.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) unsigned() uint64 {
	x, n := binary.Uvarint(d.rest)
	d.skip(n)
	return x
}

func (d *decoder) signed() int64 {
	x, n := binary.Varint(d.rest)
	d.skip(n)
	return x
}

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.failed, d.rest = true, nil
		return
	}
	d.rest = d.rest[n:]
}
