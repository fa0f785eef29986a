// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A process with eight workers and one request a second: those that have had nothing to do for seconds are there, and were free.
func TestIdleWorkersCount(t *testing.T) {
	s := &service{now: begin}
	for i := range int64(2 * settled) {
		s.now += 1_000 * ms
		s.send(func(x *Span) { waiting(x); x.Thread = i%8 + 1 })
	}
	for range 20 * counting {
		s.now += 1_000 * ms
		s.send(waiting) // for an hour the same one
		if s.spans%10 == 0 {
			s.blocks(1, 20*ms, "hash")
			assert.Zero(t, s.send(heldFor(20*ms)).Found&heldUp, "any of seven others could have run it")
		}
		if s.spans > 2*settled+recent/2 {
			break
		}
	}

	// Two of eight workers block at once, and the others are idle.
	s = &service{now: begin}
	for i := range int64(2 * settled) {
		s.now += 1_000 * ms
		s.send(func(x *Span) { waiting(x); x.Thread = i%8 + 1 })
	}
	s.now += 10_000 * ms
	s.blocks(1, 20*ms, "hash")
	s.now -= 20 * ms
	s.blocks(2, 20*ms, "hash")
	assert.Zero(t, s.send(heldFor(20*ms)).Found&heldUp)
}
