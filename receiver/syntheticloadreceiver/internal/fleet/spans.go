// SPDX-License-Identifier: Apache-2.0

package fleet

// endedSpans are the spans of a process that wait in its exporter or were exported, and what they point at.
type endedSpans struct {
	list    []span
	extras  []extras     // that the spans have, in their order
	threads []threadName // from Outside on; only ever grows
}

// add appends a span.
func (s *endedSpans) add(x *span, has extras) {
	if has.events != nil || has.links != nil {
		s.extras = append(s.extras, has)
		x.extras = len(s.extras)
	}
	s.list = append(s.list, *x)
}

// from are the spans from one up to another, without it.
func (s *endedSpans) from(first, end int) endedSpans {
	return endedSpans{s.list[first:end], s.extras, s.threads}
}

// has are the extras of a span.
func (s *endedSpans) has(x *span) extras {
	if x.extras == 0 {
		return extras{}
	}
	return s.extras[x.extras-1]
}

// discard forgets the first n spans. Requests may still hold their lists: what waits goes on in others.
func (s *endedSpans) discard(n int, free *spareSpans) {
	waiting := endedSpans{free.lists.take(), free.extras.take(), s.threads}
	for i := range s.list[n:] {
		x := s.list[n+i]
		has := s.has(&x)
		x.extras = 0
		waiting.add(&x, has)
	}
	*s = waiting
}

// spareSpans are lists of spans that are free.
type spareSpans struct {
	lists  buffers[span]
	extras buffers[extras]
}
