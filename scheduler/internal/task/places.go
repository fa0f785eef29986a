// SPDX-License-Identifier: Apache-2.0

package task

import "math/bits"

// Places is a set of workers, by index: a bit for each. A search for work over many workers asks it which queues are worth a look.
type Places []uint64

// NewPlaces makes an empty set for n workers.
func NewPlaces(n int) Places { return make(Places, (n+63)/64) }

// Add puts a worker in.
func (p Places) Add(i int) { p[i>>6] |= 1 << (i & 63) }

// Remove takes a worker out.
func (p Places) Remove(i int) { p[i>>6] &^= 1 << (i & 63) }

// Next is the first worker in the set from an index on, before another; that other if there is none.
func (p Places) Next(from, before int) int {
	for from < before {
		if word := p[from>>6] >> (from & 63); word != 0 {
			return min(from+bits.TrailingZeros64(word), before)
		}
		from = from&^63 + 64
	}
	return before
}
