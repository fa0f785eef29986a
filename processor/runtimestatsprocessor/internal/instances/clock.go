package instances

// clock follows the times in nanoseconds at which an instance tells something, by the instance's own clock. Its zero value has heard
// none.
//
// One time from far away may be a mistake: a clock that was stepped ahead and back, a unit mixed up, a hostile sender. It must not
// become the time that all others are held against, or everything after it would come too late for ever. Two that follow each other
// there are a clock that was set: then what was known belongs to a time that is over.
//
//	10 20 30 99999 40 50          the stray one is left out
//	10 20 30 99999 99999 40 50    so it is when it comes twice: a clock goes on
//	10 20 30 99999 99999+10       from here on, the clock is another
type clock struct {
	last  int64 // 0: none yet
	stray int64 // the last one far from it, 0 if another has come since
}

// hearing says what a time is.
type hearing uint8

const (
	unheard hearing = iota // none at all, or far from the others
	late                   // near, but not after the last one
	next
	anew // the first one, or the clock was set: what was known before is over
)

// hear takes a time. Those further apart than far are not of the same clock.
func (c *clock) hear(at, far int64) hearing {
	switch {
	case at <= 0:
		return unheard
	case c.last == 0 || c.stray != 0 && at > c.stray && at-c.stray <= far && !near(at, c.last, far):
		c.last, c.stray = at, 0
		return anew
	case !near(at, c.last, far):
		c.stray = at
		return unheard
	}
	c.stray = 0
	if at <= c.last {
		return late
	}
	c.last = at
	return next
}

// near reports whether two times, neither negative, are at most so far apart.
func near(a, b, far int64) bool { return max(a, b)-min(a, b) <= far }
