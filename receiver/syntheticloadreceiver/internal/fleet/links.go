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

// linking is what the spans of one label have to do with links.
type linking struct {
	into  []*ring // the spans go there
	from  *ring   // they link to the last of it; nil: they do not link
	count int
	met   bool // other processes link to the spans, or take from what these link to
}

// ring holds the spans of one name that ended last: as many as any span links to. As a queue it holds those that one label of spans has not
// linked to yet, as many as have room.
type ring struct {
	last  []spanRef
	next  int // the place of the oldest, once the ring is full; of a queue always
	queue bool
}

func (r *ring) empty() bool { return len(r.last) == 0 || r.queue && len(r.last) == r.next }

// mostQueued is how many spans wait to be linked to; then the oldest one goes.
const mostQueued = 10_000

// spanName names the spans of a service; without a service those of the same process.
type spanName struct{ service, span string }

// taker is a label of spans of a runtime that take from a queue of their own.
type taker struct {
	service *workload.Service
	label   int
}

// rings are those of a process or of a group.
type rings struct {
	last   map[spanName]*ring   // by what goes into them
	queued map[spanName][]*ring // likewise
	queues map[taker]*ring
}

// forLinks makes room for what the spans of a service link to: across processes, or not.
func (r *rings) forLinks(s *workload.Service, across bool) {
	for i := range s.Spans {
		to := s.Spans[i].Links
		if to == nil || across != (to.Service != "") {
			continue
		}
		if r.last == nil {
			*r = rings{map[spanName]*ring{}, map[spanName][]*ring{}, map[taker]*ring{}}
		}
		name, by := spanName{to.Service, to.Name}, taker{s, i}
		switch {
		case to.Queue && r.queues[by] == nil:
			r.queues[by] = &ring{queue: true}
			r.queued[name] = append(r.queued[name], r.queues[by])
		case to.Queue: // of another instance, with which it shares the queue
		case r.last[name] == nil:
			r.last[name] = &ring{last: make([]spanRef, 0, to.Count)}
		case cap(r.last[name].last) < to.Count:
			r.last[name].last = make([]spanRef, 0, to.Count)
		}
	}
}

// into are the rings that spans go into.
func (r *rings) into(name spanName) []*ring {
	if last := r.last[name]; last != nil {
		return append([]*ring{last}, r.queued[name]...)
	}
	return r.queued[name]
}

// from is the ring that the spans of a label link to.
func (r *rings) from(s *workload.Service, label int, to *workload.Links) *ring {
	if to.Queue {
		return r.queues[taker{s, label}]
	}
	return r.last[spanName{to.Service, to.Name}]
}

// newLinks makes the links of a process in a group with rings that its processes share.
func newLinks(s *workload.Service, shared *rings) links {
	var own rings
	if own.forLinks(s, false); own.last == nil && shared.last == nil {
		return links{}
	}
	of := make([]linking, len(s.Spans))
	for i := range s.Spans {
		span, x := &s.Spans[i], &of[i]
		others := shared.into(spanName{s.Name, span.Name})
		x.into = append(own.into(spanName{span: span.Name}), others...)
		x.met = len(others) > 0
		switch to := span.Links; {
		case to == nil:
		case to.Service == "":
			x.from, x.count = own.from(s, i, to), to.Count
		default:
			x.from, x.count = shared.from(s, i, to), to.Count
			x.met = x.met || to.Queue
		}
	}
	return links{of}
}

// ended notes the end of a span, and returns what the span links to. It runs once for each span.
func (l *links) ended(label int, ref spanRef, free *buffers[spanRef]) (to []spanRef) {
	if len(l.spans) == 0 {
		return nil
	}
	s := &l.spans[label]
	switch {
	case s.from == nil || s.from.empty():
	case s.from.queue:
		to = s.from.take(free.take(), s.count)
	default:
		to = s.from.appendLast(free.take(), s.count)
	}
	for _, r := range s.into {
		r.add(ref)
	}
	return to
}

// meets reports whether what this process does decides what others link to.
func (l *links) meets() bool {
	return slices.ContainsFunc(l.spans, func(s linking) bool { return s.met })
}

func (r *ring) add(s spanRef) {
	if r.queue {
		r.addLast(s)
		return
	}
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

// addLast appends a span to a queue. What is taken is cut off now and then, so that a span costs the same however many wait.
func (r *ring) addLast(s spanRef) {
	r.last = append(r.last, s)
	if len(r.last)-r.next > mostQueued {
		r.next++
	}
	if r.next > mostQueued {
		r.last = slices.Delete(r.last, 0, r.next)
		r.next = 0
	}
}

// take appends the oldest count spans of a queue, which forgets them.
func (r *ring) take(to []spanRef, count int) []spanRef {
	taken := r.last[r.next:]
	taken = taken[:min(count, len(taken))]
	r.next += len(taken)
	return append(to, taken...)
}
