// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"math"
	"time"
)

// When a thread makes its process another program, by exec, all other threads end, and the thread gets the number and the start time of the
// first one. It keeps what it has counted. So the numbers of the first thread are then those of another thread, most of which its group
// has counted already. Linux tells nobody: the signs are a new name, a smaller address space, numbers that fall, or more CPU time than
// time has passed; that it lives again is more than a sign. They are believed only if all other threads are gone.

// lag is by how much CPU time may seem longer than it was, for the kernel adds it up at ticks.
const lag = 100 * time.Millisecond

// anew reports whether the first thread runs another program than before, as far as one can see.
func (t *thread) anew(r *reading) bool {
	return t.group != nil && (r.renamed || r.peak > 0 && r.peak < t.peak || t.ended && !r.ended)
}

// odd reports whether the numbers of the first thread can be those of another thread.
func (t *thread) odd(r *reading, elapsed time.Duration) bool {
	return t.group != nil && (t.anew(r) || !t.ran(r) || r.cpu()-t.last.cpu() > elapsed)
}

// ran reports whether the thread's numbers can have become those that were read.
func (t *thread) ran(r *reading) bool {
	last, now := &t.last, &r.Counts
	return (!t.ended || r.ended) && (!r.told[schedstat] || now.OnCPU >= last.OnCPU && now.Wait >= last.Wait && now.Slices >= last.Slices) &&
		(!r.told[stat] || now.User >= last.User && now.System >= last.System) &&
		(!r.told[status] || now.Voluntary >= last.Voluntary && now.Involuntary >= last.Involuntary)
}

// cpu returns the CPU time, to the tick if that is all there is.
func (c *Counts) cpu() time.Duration {
	if c.OnCPU > 0 {
		return time.Duration(c.OnCPU) //nolint:gosec // the parser allows less
	}
	const tick = 10 * time.Millisecond
	return tick * time.Duration(min(c.User+c.System, uint64(math.MaxInt64/tick)))
}

// follow finds out which thread has become the first one, and lets the first one go on from what that one had counted. others are those
// that are gone. Of several that it can have been it is the one that had counted most: then no time counts twice. It reports whether it
// is another thread than before.
func (t *thread) follow(others []*thread, r *reading, elapsed time.Duration) bool {
	var by *thread
	for _, o := range append([]*thread{t}, others...) {
		if o.group != nil && o.ran(r) && (by == nil || o.last.cpu() > by.last.cpu()) {
			by = o
		}
	}
	switch {
	case by == t, by == nil && !t.anew(r): // a number that falls without another sign is wrong
		return false
	case by != nil:
		t.last, t.since = by.last, by.since
	case r.cpu() <= elapsed+lag: // it began after the read before
		t.last, t.since = Counts{}, [numFiles]bool{}
	default:
		t.last, t.since = Counts{}, [numFiles]bool{true, true, true}
	}
	return true
}
