// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/workload"

// links fixes what the spans of one process link to: when a span ends, not when it is built, since it may be built more than
// once, and others end meanwhile.
type links struct {
	spans []linking // by label; empty: nothing links
	rings []ring    // by name that is linked to
}

// spanRef is a span of the process.
type spanRef struct{ tag, number uint64 }

// linking is what the spans of one label have to do with links. Rings count from 0; -1: none.
type linking struct {
	ring  int // that they go into
	from  int // the ring that they link to the last of
	count int
}

// ring holds the spans of one name that ended last: as many as any span links to.
type ring struct {
	last []spanRef
	next int // the place of the oldest, once the ring is full
}

func newLinks(spans []workload.Span) links {
	names := map[string]int{}
	var l links
	for i := range spans {
		if to := spans[i].Links; to != nil {
			n, known := names[to.Name]
			if !known {
				n = len(l.rings)
				names[to.Name] = n
				l.rings = append(l.rings, ring{})
			}
			r := &l.rings[n]
			r.last = make([]spanRef, 0, max(cap(r.last), to.Count))
		}
	}
	if len(l.rings) == 0 {
		return l
	}
	for i := range spans {
		s := linking{ring: -1, from: -1}
		if n, linked := names[spans[i].Name]; linked {
			s.ring = n
		}
		if to := spans[i].Links; to != nil {
			s.from, s.count = names[to.Name], to.Count
		}
		l.spans = append(l.spans, s)
	}
	return l
}

// ended notes the end of a span, and returns what the span links to. It runs once for each span.
func (l *links) ended(label int, ref spanRef, free *buffers[spanRef]) (to []spanRef) {
	if len(l.spans) == 0 {
		return nil
	}
	s := l.spans[label]
	if s.from >= 0 && len(l.rings[s.from].last) > 0 {
		to = l.rings[s.from].appendLast(free.take(), s.count)
	}
	if s.ring >= 0 {
		l.rings[s.ring].add(ref)
	}
	return to
}

func (r *ring) add(s spanRef) {
	if len(r.last) < cap(r.last) {
		r.last = append(r.last, s)
		return
	}
	r.last[r.next] = s
	r.next = (r.next + 1) % len(r.last)
}

// appendLast appends the last count spans, the oldest first.
func (r *ring) appendLast(to []spanRef, count int) []spanRef {
	n := len(r.last)
	count = min(count, n)
	for i := n - count; i < n; i++ {
		to = append(to, r.last[(r.next+i)%n])
	}
	return to
}
