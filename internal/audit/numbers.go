// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// plausible is how far a number may lie beyond all others of its stream: a source at a million a second loses as many in an hour.
const plausible = 1 << 32

// mostNumbers is more than any source sends: end markers cannot say more either.
const mostNumbers = 1 << 48

// numbers is a set of numbers that arrived, kept as what it lacks: all from first to next have arrived but those in gaps. In order and without
// loss it is two numbers.
type numbers struct {
	first uint64            // the lowest
	next  uint64            // one more than the highest; first: none has arrived
	gaps  *roaring64.Bitmap // nil: none yet
	lacks uint64            // cardinality of gaps
	top   uint64            // the last container of gaps, or one after it
	bytes int               // of gaps and over, estimated; part of the budget
	// over are numbers that came and were never sent, as the end marker says; nil: none.
	over *roaring64.Bitmap
}

// arrival is what the arrival of a number means.
type arrival uint8

const (
	inOrder arrival = iota
	late            // it was missing, and higher ones have arrived
	again           // a duplicate
	beyond          // there can be no such number
	tooMany         // the budget does not allow to remember what lacks
)

// arrived is how many different numbers have arrived.
func (n *numbers) arrived() uint64 { return n.next - n.first - n.lacks }

// arrive adds a number. The first may be any: who listens late hears none of those before. A lower one may come at any distance.
func (n *numbers) arrive(x uint64, b *budget) arrival {
	b.since++
	switch {
	case x >= mostNumbers:
		return beyond
	case x == n.next:
		n.next++
		return inOrder
	case n.next == n.first:
		n.first, n.next = x, x+1
		return inOrder
	case x > n.next:
		if x-n.next > plausible {
			return beyond
		}
		if !b.take(n, n.gapCost(x)) {
			return tooMany
		}
		n.lack(n.next, x)
		n.top = (x - 1) >> 16
		n.next = x + 1
		return inOrder
	case x < n.first:
		if !b.take(n, n.gapCostBelow(x)) {
			return tooMany
		}
		n.lack(x+1, n.first)
		n.first = x
		return late
	case n.lacks == 0:
		return again
	case b.exhausted():
		if n.gaps.Contains(x) {
			return tooMany
		}
		return again
	case !n.gaps.CheckedRemove(x):
		return again
	}
	b.charge(n, splitCost)
	n.setLacks(n.lacks-1, b)
	return late
}

// lack adds numbers that have not arrived.
func (n *numbers) lack(from, to uint64) {
	if from >= to {
		return
	}
	if n.gaps == nil {
		n.gaps = roaring64.New()
	}
	n.gaps.AddRange(from, to)
	n.lacks += to - from
	n.top = max(n.top, (to-1)>>16)
}

func (n *numbers) setLacks(lacks uint64, b *budget) {
	if n.lacks = lacks; lacks == 0 {
		n.gaps, n.top = nil, 0
		if n.over == nil {
			b.release(n)
		}
	}
}

// fits reports whether the budget allows a number's arrival now.
func (n *numbers) fits(x uint64, b *budget) bool {
	switch {
	case n.next == n.first:
		return true
	case x < n.first:
		return b.used+n.gapCostBelow(x) <= b.limit
	case x <= n.next:
		return !b.exhausted()
	}
	return b.used+n.gapCost(x) <= b.limit
}

// lacking is how many of some numbers below total have not arrived.
func (n *numbers) lacking(of []stamp.Range, total uint64) (count uint64) {
	for _, r := range of {
		end := min(r.End, total)
		if end > n.next {
			count += end - min(end, max(r.First, n.next))
		}
		if below := min(end, n.first); below > r.First {
			count += below - r.First
		}
		if end := min(end, n.next); n.lacks > 0 && r.First < end {
			count += n.gaps.Rank(end - 1)
			if r.First > 0 {
				count -= n.gaps.Rank(r.First - 1)
			}
		}
	}
	return count
}

// Costs in bytes, at most. A roaring bitmap keeps the numbers of each 65536 in a container of their own: a list of 2 bytes each, a list
// of runs of 4 bytes each, or a bitmap of 8 KiB, whichever is smallest or nearly.
const (
	containerCost = 64
	splitCost     = 4
	bitmapCost    = 8 << 10
)

// gapCost is what it costs that x arrives next, and what lies between is missing.
func (n *numbers) gapCost(x uint64) int {
	containers := (x-1)>>16 - n.next>>16
	if n.gaps == nil || n.top < n.next>>16 {
		containers++
	}
	return int(containers)*containerCost + int(min(2*(x-n.next), bitmapCost))
}

// gapCostBelow is what it costs that x arrives, which is lower than all before, and what lies between is missing.
func (n *numbers) gapCostBelow(x uint64) int {
	if x+1 == n.first {
		return 0
	}
	return int((n.first>>16-x>>16+1)*containerCost) + int(min(2*(n.first-x), bitmapCost))
}

// budget bounds what the gaps of all streams take. It is charged with estimates that are never too low; a recount corrects them.
type budget struct {
	limit, used int
	since       uint64 // arrivals since the last recount
	counted     bool   // there was one
}

// recountEvery is how many arrivals there are between two recounts, at least.
const recountEvery = 1 << 15

func (b *budget) exhausted() bool { return b.used >= b.limit }

func (b *budget) take(n *numbers, bytes int) bool {
	if b.used+bytes > b.limit {
		return false
	}
	b.charge(n, bytes)
	return true
}

func (b *budget) charge(n *numbers, bytes int) {
	n.bytes += bytes
	b.used += bytes
}

func (b *budget) release(n *numbers) {
	b.used -= n.bytes
	n.bytes = 0
}

// due reports whether it is time for a recount, which then has to follow.
func (b *budget) due() bool {
	if b.counted && b.since < recountEvery {
		return false
	}
	b.counted, b.since = true, 0
	return true
}

// measure replaces the estimate for one set by its true size, as small as it can be.
func (b *budget) measure(n *numbers) {
	if n.gaps == nil && n.over == nil {
		return
	}
	b.release(n)
	for _, set := range []*roaring64.Bitmap{n.gaps, n.over} {
		if set != nil {
			set.RunOptimize()
			b.charge(n, int(set.GetSizeInBytes())+int(set.Stats().Containers)*containerCost) //nolint:gosec // G115: sizes of what is in memory
		}
	}
}
