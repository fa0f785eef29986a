// SPDX-License-Identifier: Apache-2.0

package instances

import "time"

// clock follows the times in nanoseconds at which an instance tells something, by the instance's own clock. Its zero value has heard
// none.
//
// One time from elsewhere may be a mistake: a clock that was stepped ahead and back, a unit mixed up, a hostile sender. It must not
// become the time that all others are held against, or everything after it would come too late for ever. Two that follow each other
// there are a clock that was set: then what was known belongs to a time that is over.
//
//	10 20 30 99999 40 50          the stray one is left out
//	10 20 30 99999 99999 40 50    so it is when it comes twice: a clock goes on
//	10 20 30 99999 99999+10       from here on, the clock is another
type clock struct {
	last  int64 // 0: none yet
	stray int64 // the last one from elsewhere, 0 if another has come since
}

// jitter is by how much what an instance sends may be late, because batches overtake each other.
const jitter = int64(time.Minute)

// hearing says what a time is.
type hearing uint8

const (
	unheard hearing = iota // none at all, or from elsewhere
	late                   // not after the last one, but hardly before
	next
	anew // the first one, or the clock was set: what was known before is over
)

// hear takes a time. One that is further ahead than far is from elsewhere, as is one further back than jitter.
func (c *clock) hear(at, far int64) hearing {
	switch {
	case at <= 0:
		return unheard
	case c.last == 0:
		c.last = at
		return anew
	case at > c.last && at-c.last <= far:
		c.last, c.stray = at, 0
		return next
	case at <= c.last && c.last-at <= jitter:
		c.stray = 0
		return late
	case c.stray != 0 && at > c.stray && at-c.stray <= far:
		c.last, c.stray = at, 0
		return anew
	default:
		c.stray = at
		return unheard
	}
}
