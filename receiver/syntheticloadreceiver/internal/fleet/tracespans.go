// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/workload/play"

// traceSpans numbers the spans of each trace, in the order in which they end: so the root has the number of all that ended before it, and
// itself, and whoever has the numbers up to that of the root has the trace. What ends after its root has higher numbers.
//
// The numbers of the last traces whose root has ended are kept for that. A span that comes still later is not numbered: it gets 0.
type traceSpans struct {
	last   map[uint64]uint32 // by tag
	closed []uint64          // tags whose root has ended, a ring
	next   int
	passed map[int]uint64 // of each instance the latest arrival that is kept no more
}

// mostClosed is how many traces are kept after their root.
const mostClosed = 1 << 16

// number is that of a span that ends now.
func (t *traceSpans) number(tag uint64, root bool) uint32 {
	if t.last == nil {
		t.last, t.passed = map[uint64]uint32{}, map[int]uint64{}
	}
	n, known := t.last[tag]
	if !known {
		instance, arrival := play.Origin(tag)
		if before, some := t.passed[instance]; some && arrival <= before {
			return 0 // the trace may be one that is kept no more
		}
	}
	n++
	t.last[tag] = n
	if root {
		t.close(tag)
	}
	return n
}

func (t *traceSpans) close(tag uint64) {
	if len(t.closed) < mostClosed {
		t.closed = append(t.closed, tag)
		return
	}
	old := t.closed[t.next]
	t.closed[t.next] = tag
	t.next = (t.next + 1) % mostClosed
	delete(t.last, old)
	instance, arrival := play.Origin(old)
	t.passed[instance] = max(t.passed[instance], arrival)
}
