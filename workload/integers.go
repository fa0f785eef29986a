// SPDX-License-Identifier: Apache-2.0

package workload

import "math/bits"

// Range draws whole numbers evenly. [NewRange] makes one.
type Range struct {
	low, high int64
	width     uint64 // how many there are; 0: 2^64
	draw      draw
}

// NewRange draws numbers from low to high, both included, for the attribute key.
func NewRange(key string, low, high int64) Range {
	width := uint64(high) - uint64(low) + 1 //nolint:gosec // G115: modulo 2^64 is what is meant, and 0 is all of it
	return Range{low, high, width, drawOf(key)}
}

// Bounds are the least and the highest number.
func (g Range) Bounds() (low, high int64) { return g.low, g.high }

// Integer implements Integers.
func (g Range) Integer(d Draws) int64 {
	r := g.draw.from(d)
	u := r.Uint64()
	if g.width != 0 {
		u, _ = bits.Mul64(u, g.width)
	}
	return int64(uint64(g.low) + u) //nolint:gosec // G115: modulo 2^64 is what is meant
}
