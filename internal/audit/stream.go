// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// stream is the account of one source's items of one signal.
type stream struct {
	numbers
	duplicate  uint64
	outOfOrder uint64 // arrived after a higher number
	corrupt    uint64 // every copy whose checksum is wrong
	impossible uint64 // items and end markers whose numbers cannot be, whatever was sent
	afterGrace uint64 // arrived when the account was final; not known if shared
	content    ContentCounts
	last       int64 // arrival of any item, ns since 1970

	// endings of end markers; none: none has come. Of those that disagree the first counts, the one with the highest total: it does not depend on the order of arrival.
	endings  []ending
	endless  uint64 // end markers that are in no ending
	markedAt int64  // arrival of the first end marker

	// split: items came to several verifiers, so the order in which they came is not known. shared: items and end markers did, so it is not known which came after which.
	split, shared bool
}

// ending is what end markers say that agree.
type ending struct {
	total   uint64 // of numbers
	givenUp uint64 // of total, by the generator
	markers uint64 // that say so
}

// mostEndings bounds the different endings of a series. It has one, unless something is wrong.
const mostEndings = 4

func (s *stream) ended() bool { return len(s.endings) > 0 }

// disagrees is how many end markers say something else than the ending that counts.
func (s *stream) disagrees() (n uint64) {
	n = s.endless
	for i := 1; i < len(s.endings); i++ {
		n += s.endings[i].markers
	}
	return n
}

// arrive notes a number. After the end there are none from total on.
func (s *stream) arrive(x uint64, b *budget) arrival {
	if s.ended() && x >= s.endings[0].total {
		a, kept := s.arriveOver(x, b)
		if !kept {
			s.impossible++
		}
		return a
	}
	a := s.numbers.arrive(x, b)
	if a == beyond {
		s.impossible++
	}
	return a
}

// end notes an end marker. Numbers that it does not allow turn out to be beyond. It returns how many the budget did not allow to know any more.
func (s *stream) end(says ending, now int64, b *budget) (a arrival, left uint64) {
	if says.givenUp > says.total || says.total > mostNumbers {
		return beyond, 0
	}
	if s.ended() {
		return again, s.hear(says, b)
	}
	s.markedAt = now
	return inOrder, s.hear(says, b)
}

// hear takes an ending. It returns how many numbers the budget did not allow to know any more.
func (s *stream) hear(says ending, b *budget) (left uint64) {
	i, known := slices.BinarySearchFunc(s.endings, says, func(a, b ending) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(b.givenUp, a.givenUp))
	})
	if known {
		s.endings[i].markers += says.markers
		return 0
	}
	s.endings = slices.Insert(s.endings, i, says)
	if last := len(s.endings) - 1; last == mostEndings {
		s.endless += s.endings[last].markers
		s.endings = s.endings[:last]
	}
	if i > 0 {
		return 0
	}
	return s.limit(says.total, b)
}

// counts is the account of the stream. totals are what other signals' end markers say of it, which counts where its own has not come; nil:
// they say nothing. Without either, what was sent is what the highest number tells, the least that it can be.
func (s *stream) counts(totals *stamp.Totals) Counts {
	c := Counts{
		Sent: s.next, Received: s.arrived(), Duplicate: s.duplicate, OutOfOrder: Count(s.outOfOrder), Corrupt: s.corrupt, Beyond: s.impossible + s.countOver(),
		AfterGrace: Count(s.afterGrace), Disagreeing: s.disagrees(), ContentCounts: s.content,
	}
	if s.split {
		c.OutOfOrder = NotKnown
	}
	if s.shared && s.ended() {
		c.AfterGrace = NotKnown
	}
	switch {
	case s.ended():
		c.Sent, c.GivenUp = s.endings[0].total, s.endings[0].givenUp
	case totals != nil && totals.Numbered < s.next:
		c.Disagreeing++ // it was told of fewer than have come
		c.outnumbered++
	case totals != nil:
		c.Sent, c.GivenUp = totals.Numbered, totals.GivenUp
	}
	c.Missing = c.Sent - c.Received // of the numbers below next, and so below Sent, none is received twice
	if totals != nil && totals.GivenUp == c.GivenUp {
		if refused, known := totals.RefusedRanges(); known {
			c.refused(s.lacking(refused, c.Sent))
			return c
		}
	}
	c.refusedUnknown()
	return c
}
