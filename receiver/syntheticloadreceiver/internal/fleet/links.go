// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// links fixes what the spans of one process link to: when a span ends, not when it is built, since it may be built more than
// once, and others end meanwhile.
type links struct {
	spans []linking // by label; empty: nothing links
}

// spanRef is a span of the group: of the process at a place in origins.
type spanRef struct {
	tag, number uint64
	place       int
}

// linking is what the spans of one label have to do with links. A ring that is nil is none.
type linking struct {
	own, shared *ring // that they go into: of the process, of all instances of the service
	from        *ring // that they link to the last of
	count       int
}

// ring holds the spans of one name that ended last: as many as any span links to.
type ring struct {
	last []spanRef
	next int // the place of the oldest, once the ring is full
}

// spanName names the spans of a service.
type spanName struct{ service, span string }

// rings are those of a process or of a group, by what goes into them.
type rings map[spanName]*ring

// forLinks makes room for what the spans of a service link to: across processes, or not.
func (r rings) forLinks(s *workload.Service, across bool) {
	for i := range s.Spans {
		if to := s.Spans[i].Links; to != nil && across == (to.Service != "") {
			name := spanName{to.Service, to.Name}
			if r[name] == nil {
				r[name] = &ring{}
			}
			r[name].last = make([]spanRef, 0, max(cap(r[name].last), to.Count))
		}
	}
}

// newLinks makes the links of a process in a group with rings that its processes share.
func newLinks(s *workload.Service, shared rings) links {
	own := rings{}
	own.forLinks(s, false)
	of := make([]linking, len(s.Spans))
	some := false
	for i := range s.Spans {
		span, x := &s.Spans[i], &of[i]
		x.own, x.shared = own[spanName{span: span.Name}], shared[spanName{s.Name, span.Name}]
		if to := span.Links; to != nil {
			x.count = to.Count
			if x.from = own[spanName{span: to.Name}]; to.Service != "" {
				x.from = shared[spanName{to.Service, to.Name}]
			}
		}
		some = some || *x != linking{}
	}
	if !some {
		return links{}
	}
	return links{of}
}

// ended notes the end of a span, and returns what the span links to. It runs once for each span.
func (l *links) ended(label int, ref spanRef, free *buffers[spanRef]) (to []spanRef) {
	if len(l.spans) == 0 {
		return nil
	}
	s := &l.spans[label]
	if s.from != nil && len(s.from.last) > 0 {
		to = s.from.appendLast(free.take(), s.count)
	}
	if s.own != nil {
		s.own.add(ref)
	}
	if s.shared != nil {
		s.shared.add(ref)
	}
	return to
}

// linkedTo reports whether other processes link to spans of this one.
func (l *links) linkedTo() bool {
	return slices.ContainsFunc(l.spans, func(s linking) bool { return s.shared != nil })
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
