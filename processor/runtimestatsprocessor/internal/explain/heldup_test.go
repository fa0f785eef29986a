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

// A task that sleeps for 30 ms each time, now and then beside a poll of 20 ms, was not held up by it; nor was the request that awaits it.
func TestWhoSleepsAnyway(t *testing.T) {
	s := oneThread()
	sleeper := func(idle int64) (child, parent Findings) {
		child = s.send(func(x *Span) {
			heldFor(idle)(x)
			x.Top, x.Request, x.Parent, x.Callsite = false, false, 1<<40+s.next, 30
		})
		id := uint64(1)<<40 + s.next
		s.now -= ms
		parent = s.send(func(x *Span) { heldFor(idle)(x); x.ID, x.Trace, x.Callsite = id, s.next-1, 31 })
		return child, parent
	}
	for i := range int64(100) {
		s.now += 100 * ms
		if i%5 == 4 {
			s.blocks(1, 20*ms, "hash")
		}
		child, parent := sleeper(30*ms + i%7*100*us)
		assert.Zero(t, (child.Found|parent.Found)&heldUp)
		assert.NotZero(t, child.Judged&parent.Judged&heldUp)
		for range 3 { // requests of the same kind that await nothing
			s.now += 10 * ms
			s.send(func(x *Span) { heldFor(ms)(x); x.Callsite = 31 })
		}
	}
	s.blocks(1, 40*ms, "hash")
	child, _ := sleeper(60 * ms)
	assert.Equal(t, heldUp, child.Found&heldUp, "twice as long as usual")
}

func TestUsual(t *testing.T) {
	var u usual
	u.see(30 * ms)
	assert.InEpsilon(t, 30*ms, float64(u), 0.001)
	for i := range int64(4_000) {
		u.see((i*37%100 + 1) * ms)
	}
	assert.InDelta(t, 25*ms, float64(u), float64(8*ms), "of 1 to 100 ms a quarter is shorter")
}
