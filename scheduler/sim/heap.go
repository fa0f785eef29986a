// SPDX-License-Identifier: Apache-2.0

package sim

// eventHeap is a 4-ary min-heap of events: half the depth of a binary heap, and the four children of a node lie beside each other.
// container/heap is not used because of its interface call per comparison.
type eventHeap []scheduled

func (h *eventHeap) push(ev scheduled) {
	*h = append(*h, ev)
	q := *h
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !ev.before(q[parent].due) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = ev
}

// pop takes the earliest event out of a heap that is not empty.
func (h *eventHeap) pop() scheduled {
	q := *h
	earliest, last := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	if len(q) == 0 {
		return earliest
	}
	i := 0 // a hole, which sinks to where the last event fits
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].before(q[least].due) {
				least = c
			}
		}
		if !q[least].before(last.due) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = last
	return earliest
}
