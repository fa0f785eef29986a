package audit

// stream is the account of one source's items of one signal.
type stream struct {
	numbers
	duplicate  uint64
	outOfOrder uint64 // arrived after a higher number
	corrupt    uint64 // every copy whose checksum is wrong
	beyond     uint64 // numbers that cannot be
	afterGrace uint64 // arrived when the account was final
	last       int64  // arrival of any item, ns since 1970

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

// sent is how many items there must have been. Before the end marker it is what the highest number tells.
func (s *stream) sent() uint64 {
	if s.ended {
		return s.total
	}
	return s.next
}

func (s *stream) missing() uint64 { return s.sent() - s.arrived() }

// lost is what is missing beyond what the generator gave up. Some of that may have arrived all the same: then it is the least that
// was lost.
func (s *stream) lost() uint64 {
	missing := s.missing()
	return missing - min(missing, s.givenUp)
}
