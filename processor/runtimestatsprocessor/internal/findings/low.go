// SPDX-License-Identifier: Apache-2.0

package findings

import (
	"math"
	"sync/atomic"
)

// Low is about the third percentile of some times: how long they are when nothing is amiss, if that is so now and then. Its zero
// value has seen none. It is found within some ten times, and kept in a word: down is easier than up, but no lower than what was seen.
type Low struct{ word atomic.Uint64 }

const (
	// lowUp is the part by which each longer time raises it; each shorter one halves it at most.
	lowUp = 1.02
	// longest is a time that can be added to without an overflow.
	longest = 1 << 60
	// someSeen is how many times make it worth something.
	someSeen = 5
)

// See adds a time. One of which something is known to be amiss may only lower it. Of two at once one may be lost.
func (l *Low) See(ns int64, amiss bool) {
	if ns < 0 {
		return
	}
	word := l.word.Load()
	low, seen := math.Float32frombits(uint32(word)), uint32(word>>32) //nolint:gosec // its lower half
	x := float32(min(ns, longest))
	switch {
	case seen == 0:
		low = x
	case x < low:
		low = max(x, low/2)
	case !amiss:
		low = min(x, low*lowUp+1)
	}
	l.word.Store(uint64(min(seen+1, someSeen))<<32 | uint64(math.Float32bits(low)))
}

// Value returns it; Unknown before enough times were seen.
func (l *Low) Value() int64 {
	word := l.word.Load()
	if word>>32 < someSeen {
		return Unknown
	}
	return int64(math.Float32frombits(uint32(word))) //nolint:gosec // its lower half
}
