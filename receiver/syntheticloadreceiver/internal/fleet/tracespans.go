// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/workload/play"

// traceSpans numbers the spans of each trace, in the order in which they end: so the root has the number of all that ended before it, and
// itself, and whoever has the numbers up to that of the root has the trace. What ends after its root has higher numbers.
//
// The numbers of the last traces whose root has ended are kept for that. A span that comes still later is not numbered: it gets 0. So do the
// spans of further traces, when too many have no root.
type traceSpans struct {
	last   map[uint64]numberedTrace // by tag
	open   uint64                   // traces in last without a root
	closed []uint64                 // tags whose root has ended, a ring
	next   int
	passed map[int]uint64 // of each instance the latest arrival that is kept no more
}

// numberedTrace is the number of its last span, and whether its root has ended.
type numberedTrace struct {
	last   uint32
	closed bool
}

const (
	// mostClosed is how many traces are kept after their root.
	mostClosed = 1 << 16
	// mostOpen is how many may be without one: it is still running, or found the queue of its SDK full.
	mostOpen = 1 << 20
)

// number is that of a span that ends now.
func (t *traceSpans) number(tag uint64, root bool) uint32 {
	if t.last == nil {
		t.last, t.passed = map[uint64]numberedTrace{}, map[int]uint64{}
	}
	of, known := t.last[tag]
	if !known {
		instance, arrival := play.Origin(tag)
		if before, some := t.passed[instance]; some && arrival <= before || t.open == mostOpen {
			return 0 // the trace may be one that is kept no more
		}
		t.open++
	}
	of.last++
	closes := root && !of.closed
	of.closed = of.closed || root
	t.last[tag] = of
	if closes {
		t.open--
		t.close(tag)
	}
	return of.last
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
