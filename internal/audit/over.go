// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// Numbers that were never sent, as an end marker says, are a set of their own: so a further copy of one is a duplicate, whether the end marker
// came before it or after it, or to another verifier.

// arriveOver adds a number that was never sent. Where the budget is spent it is not kept.
func (n *numbers) arriveOver(x uint64, b *budget) (a arrival, kept bool) {
	switch {
	case x >= mostNumbers:
		return beyond, false
	case n.over != nil && n.over.Contains(x):
		return again, true
	case b.exhausted():
		return beyond, false
	case n.over == nil:
		n.over = roaring64.New()
	}
	n.over.Add(x)
	b.charge(n, overCost)
	return beyond, true
}

// overCost is what a number costs that lies alone, in bytes.
const overCost = 32 + containerCost

// countOver is how many there are.
func (n *numbers) countOver() uint64 {
	if n.over == nil {
		return 0
	}
	return n.over.GetCardinality()
}

// limit makes total what was sent. Numbers from there on are over, and those below are not: with another total, some may have been. It returns how many the budget
// did not allow to know any more.
func (n *numbers) limit(total uint64, b *budget) (left uint64) {
	if n.over != nil && !n.over.IsEmpty() && n.over.Minimum() < total {
		back := n.over.Clone()
		back.RemoveRange(total, mostNumbers)
		n.over.RemoveRange(0, total)
		if !b.holds(back.Minimum(), back.Maximum()+1) || !n.unite(numbersOf(back), b) {
			left += back.GetCardinality()
		}
	}
	if n.next <= total {
		return left
	}
	from := max(total, n.first)
	if b.holds(from, n.next) {
		over := roaring64.New()
		over.AddRange(from, n.next)
		if n.lacks > 0 {
			over.AndNot(n.gaps)
		}
		n.uniteOver(over)
	} else {
		left += n.next - from - n.lacking([]stamp.Range{{First: from, End: n.next}}, n.next)
	}
	if n.lacks > 0 {
		n.gaps.RemoveRange(total, n.next)
		n.setLacks(n.gaps.GetCardinality(), b)
	}
	n.next = total
	if n.first > total {
		n.first = total
	}
	b.measure(n)
	return left
}

// numbersOf makes numbers of a set.
func numbersOf(set *roaring64.Bitmap) *numbers {
	n := &numbers{}
	if set.IsEmpty() {
		return n
	}
	n.first, n.next = set.Minimum(), set.Maximum()+1
	if lacks := n.next - n.first - set.GetCardinality(); lacks > 0 {
		n.gaps = complement(set, n.first, n.next)
		n.lacks, n.top = lacks, n.gaps.Maximum()>>16
	}
	return n
}

// unite adds the numbers of another set, which it takes over, without those that are over. It is false, and nothing is added, if the budget does not allow it.
func (n *numbers) unite(o *numbers, b *budget) bool {
	switch {
	case o.next == o.first:
		return true
	case n.next == n.first:
		n.first, n.next, n.gaps, n.lacks, n.top = o.first, o.next, o.gaps, o.lacks, o.top
		b.measure(n)
		return true
	}
	first, next := min(n.first, o.first), max(n.next, o.next)
	apart := (max(n.first, o.first) - min(n.first, o.first)) + (max(n.next, o.next) - min(n.next, o.next))
	if !b.take(n, int(apart>>16+4)*containerCost) {
		return false
	}
	ours, theirs := n.without(first, next), o.without(first, next)
	n.first, n.next, n.gaps, n.lacks, n.top = first, next, nil, 0, 0
	if ours != nil && theirs != nil {
		ours.And(theirs)
		n.gaps, n.lacks = ours, ours.GetCardinality()
	}
	if n.lacks == 0 {
		n.setLacks(0, b)
		return true
	}
	n.top = n.gaps.Maximum() >> 16
	b.measure(n)
	return true
}

// without is what lacks of the numbers from first to next; nil: nothing. It takes the gaps, and makes more of them.
func (n *numbers) without(first, next uint64) *roaring64.Bitmap {
	if n.lacks == 0 && n.first == first && n.next == next {
		return nil
	}
	set := n.gaps
	if set == nil {
		set = roaring64.New()
	}
	set.AddRange(first, n.first)
	set.AddRange(n.next, next)
	return set
}

// uniteOver adds numbers that were never sent.
func (n *numbers) uniteOver(over *roaring64.Bitmap) {
	switch {
	case over == nil:
	case n.over == nil:
		n.over = over.Clone()
	default:
		n.over.Or(over)
	}
}
