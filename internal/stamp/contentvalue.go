// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// deepest is how many levels of lists and maps are told apart: what arrives may nest without end.
const deepest = 16

// Value is the hash of a value and its type. The order of a map does not count, that of a list does.
func Value(v pcommon.Value) uint32 { return fold(value(v, 0)) }

// value runs once for each attribute.
func value(v pcommon.Value, depth int) uint64 {
	kind := uint64(v.Type()) + 1 //nolint:gosec // G115: a small number
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return mix(kind, xxhash.Sum64String(v.Str()))
	case pcommon.ValueTypeInt:
		return mix(kind, uint64(v.Int())) //nolint:gosec // G115: the same 64 bits, for a hash
	case pcommon.ValueTypeDouble:
		return mix(kind, math.Float64bits(v.Double()))
	case pcommon.ValueTypeBool:
		if v.Bool() {
			kind += 1 << 8
		}
		return mix(kind, 0)
	case pcommon.ValueTypeBytes:
		return mix(kind, xxhash.Sum64(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice:
		h := mix(kind, uint64(max(0, v.Slice().Len())))
		if depth == deepest {
			return h
		}
		for _, element := range v.Slice().All() {
			h = mix(h, value(element, depth+1))
		}
		return h
	case pcommon.ValueTypeMap:
		return mix(kind, entries(v.Map(), depth))
	case pcommon.ValueTypeEmpty:
	}
	return mix(kind, 0)
}

// entries is the hash of a map, in any order.
func entries(m pcommon.Map, depth int) uint64 {
	sum := uint64(max(0, m.Len()))
	if depth == deepest {
		return sum
	}
	for key, v := range m.All() {
		sum += mix(xxhash.Sum64String(key), value(v, depth+1))
	}
	return sum
}

// text is the hash of a field that is a text; 0: empty.
func text(s string) uint32 {
	if s == "" {
		return 0
	}
	return fold(xxhash.Sum64String(s))
}

// count is the hash of a field that is a number; 0: none.
func count(n uint64) uint32 {
	if n == 0 {
		return 0
	}
	return fold(mix(n, 0))
}

// fold makes 32 bits of 64, not 0.
func fold(h uint64) uint32 { return max(uint32(h)^uint32(h>>32), 1) } //nolint:gosec // G115: both halves are wanted

// mix makes one number of two. Each bit of both counts.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^0xa0761d6478bd642f, b^0xe7037ed1a0b428db)
	return high ^ low
}
