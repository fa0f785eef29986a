// SPDX-License-Identifier: Apache-2.0

package workload

import "math/bits"

// Range draws whole numbers evenly. [NewRange] makes one.
type Range struct {
	low, high int64
	draw      draw
}

// NewRange draws numbers from low to high, both included, for the attribute key.
func NewRange(key string, low, high int64) Range { return Range{low, high, drawOf(key)} }

// Bounds are the least and the highest number.
func (g Range) Bounds() (low, high int64) { return g.low, g.high }

// Integer implements Integers.
func (g Range) Integer(d Draws) int64 {
	r := g.draw.from(d)
	u := r.Uint64()
	if width := uint64(g.high) - uint64(g.low) + 1; width != 0 { // modulo 2^64; 0 is all of it
		u, _ = bits.Mul64(u, width)
	}
	return int64(uint64(g.low) + u) //nolint:gosec // G115: modulo 2^64
}
