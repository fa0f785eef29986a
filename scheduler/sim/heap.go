// SPDX-License-Identifier: Apache-2.0

package sim

// eventHeap is a 4-ary min-heap by (At, from, order): half the depth of a binary heap, and the four children of a node lie
// beside each other. It runs once per scheduled event, which is why container/heap (an interface call per comparison) is not used.
type eventHeap []Event

func (e *Event) before(o *Event) bool {
	if e.At != o.At {
		return e.At < o.At
	}
	if e.from != o.from {
		return e.from < o.from
	}
	return e.order < o.order
}

func (h *eventHeap) push(ev Event) {
	*h = append(*h, ev)
	q := *h
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !ev.before(&q[parent]) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = ev
}

// removeHead takes the earliest event out.
func (h *eventHeap) removeHead() {
	q := *h
	last := q[len(q)-1]
	*h = q[:len(q)-1]
	if len(*h) > 0 {
		h.replaceHead(last)
	}
}

// replaceHead puts an event in the place of the earliest one.
func (h *eventHeap) replaceHead(ev Event) {
	q := *h
	i := 0
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].before(&q[least]) {
				least = c
			}
		}
		if !q[least].before(&ev) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = ev
}

// second is the time of the earliest event after the head, or Never.
func (h *eventHeap) second() Time {
	q := *h
	at := Never
	for c := 1; c < min(5, len(q)); c++ {
		at = min(at, q[c].At)
	}
	return at
}
