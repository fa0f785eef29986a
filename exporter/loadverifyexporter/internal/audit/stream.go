// SPDX-License-Identifier: Apache-2.0

package audit

import "github.com/runtimelab/otelcol-runtimelab/internal/stamp"

// stream is the account of one source's items of one signal.
type stream struct {
	numbers
	duplicate  uint64
	outOfOrder uint64 // arrived after a higher number
	corrupt    uint64 // every copy whose checksum is wrong
	beyond     uint64 // numbers that cannot be
	afterGrace uint64 // arrived when the account was final
	content    ContentCounts
	last       int64 // arrival of any item, ns since 1970

	ended     bool
	total     uint64 // if ended
	givenUp   uint64 // of total, by the generator
	markedAt  int64  // arrival of the end marker
	disagrees uint64 // further end markers that say otherwise
}

// arrive notes a number. After the end there are none from total on.
func (s *stream) arrive(x uint64, b *budget) arrival {
	if s.ended && x >= s.total {
		return beyond
	}
	return s.numbers.arrive(x, b)
}

// end notes an end marker. The first counts: numbers that it does not allow turn out to be beyond.
func (s *stream) end(total, givenUp uint64, now int64, b *budget) arrival {
	switch {
	case s.ended:
		if total != s.total || givenUp != s.givenUp {
			s.disagrees++
		}
		return again
	case givenUp > total, total > s.next && total-s.next > plausible:
		return beyond
	}
	s.ended, s.total, s.givenUp, s.markedAt = true, total, givenUp, now
	s.beyond += s.truncate(total, b)
	return inOrder
}

// counts is the account of the stream. totals are what other signals' end markers say of it, which counts where its own has not come; nil:
// they say nothing. Without either, what was sent is what the highest number tells, the least that it can be.
func (s *stream) counts(totals *stamp.Totals) Counts {
	c := Counts{
		Sent: s.next, Received: s.arrived(), Duplicate: s.duplicate, OutOfOrder: s.outOfOrder, Corrupt: s.corrupt, Beyond: s.beyond,
		AfterGrace: s.afterGrace, Disagreeing: s.disagrees, ContentCounts: s.content,
	}
	switch {
	case s.ended:
		c.Sent, c.GivenUp = s.total, s.givenUp
	case totals != nil && totals.Numbered < s.next:
		c.Disagreeing++ // it was told of fewer than have come
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
