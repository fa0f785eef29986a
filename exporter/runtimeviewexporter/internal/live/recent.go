// SPDX-License-Identifier: Apache-2.0

// Package live keeps the spans of the last two minutes, and answers what somebody who looks at them asks: how many there were over time and how
// long they took, where their time went, what was found on them, and which were the slowest.
//
// [Recent] takes spans, one at a time. It has a slot for each second, by the end of the span, and keeps up to 8,192 spans of it in 36 bytes each:
// 35 MB at the most. Of further spans in a second a random sample stays, in which each span stands for several. So every answer is exact up to
// that rate, and beyond it an estimate that says of itself that it is one.
//
// A [Query] is put to one slot after the other, so that whoever guards Recent with a lock holds it for a fraction of a millisecond, and gives a [View].
// All parts of a view come from the same spans. So what somebody selects in one of them can narrow the others.
//
// The package stands on package aggregate of the runtime_view exporter, which numbers the operations, and on package histogram. It knows no
// telemetry format and no HTTP.
package live

import (
	"math/rand/v2"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

const (
	// Slots is the number of seconds that are kept.
	Slots = 120
	// maxKept is how many spans of a second are kept.
	maxKept = 8_192
	// maxAhead is by how many seconds a span may end after it came: clocks of hosts differ. A span from further ahead would empty all slots.
	maxAhead = 10
	// maxSlow is how many of the slow spans are kept with their trace.
	maxSlow  = 512
	nsPerSec = 1_000_000_000
)

// Recent keeps the spans of the last seconds. It is not safe for concurrent use.
type Recent struct {
	slots   [Slots]slot
	newest  int64 // second; 0: no span came
	oldest  int64 // of all that came
	omitted uint64
	random  *rand.Rand
	slow    []slowSpan // a ring
	next    int        // in the ring, once it is full
}

// slot holds the spans that ended in a second.
type slot struct {
	second int64
	seen   uint64
	kept   []record // all of them, or a random sample
}

// record is what is kept of a span. There are up to a million: 36 bytes and no pointer.
type record struct {
	operation, culprit aggregate.Number
	findings           aggregate.Findings
	bucket             uint16 // of the duration, in package histogram
	runtime            aggregate.Runtime
	class              aggregate.Class
	request            bool
	parts              [PartCount]float32
}

// slowSpan is an outlier of its operation.
type slowSpan struct {
	record
	end, duration int64
	trace         [16]byte
	span          uint64
}

// NewRecent returns an empty one. Those with the same seed keep the same samples.
func NewRecent(seed uint64) *Recent {
	return &Recent{random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // G404: which spans a sample holds is no secret
}

// Observe adds a span of an operation, which came at a time in ns since 1970. usual is what the operation's spans take, and culprit the operation
// that held it up, if that is known. Called once for each span; it allocates only until each slot has been full once.
func (r *Recent) Observe(operation, culprit aggregate.Number, s *aggregate.Span, usual, now int64) {
	second := s.End / nsPerSec
	if !s.Latency.Known || s.Latency.Number < 0 || second <= 0 || second > now/nsPerSec+maxAhead || second <= r.newest-Slots {
		r.omitted++
		return
	}
	if r.newest == 0 || second < r.oldest {
		r.oldest = second
	}
	r.newest = max(r.newest, second)
	kept := record{
		operation: operation, culprit: culprit, findings: s.Findings, runtime: s.Runtime, class: s.Class, request: s.Request,
		bucket: uint16(histogram.Index(s.Latency.Number)), //nolint:gosec // G115: fewer than 2,000 buckets
	}
	for i, ns := range split(s, usual) {
		kept.parts[i] = float32(ns)
	}
	r.keep(second, &kept)
	if s.Warm && s.Outlier {
		r.keepSlow(slowSpan{kept, s.End, s.Latency.Number, s.TraceID, s.ID})
	}
}

// keep adds a span to the slot of its second, which is emptied first if it holds those of an older one. Each span of a second has the same
// chance to be in the sample (Vitter's algorithm R).
func (r *Recent) keep(second int64, kept *record) {
	s := &r.slots[second%Slots]
	if s.second != second {
		*s = slot{second: second, kept: s.kept[:0]}
	}
	s.seen++
	if len(s.kept) < maxKept {
		s.kept = append(s.kept, *kept)
		return
	}
	if i := r.random.Uint64N(s.seen); i < maxKept {
		s.kept[i] = *kept
	}
}

func (r *Recent) keepSlow(s slowSpan) {
	if len(r.slow) < maxSlow {
		r.slow = append(r.slow, s)
		return
	}
	r.slow[r.next] = s
	r.next = (r.next + 1) % maxSlow
}

// Axis is a stretch of time in seconds, the last one included. The zero value has none.
type Axis struct{ First, Last int64 }

// leastSlots is how long an axis is at least: that of a load that has just begun grows from there.
const leastSlots = 20

// slots is the length of an axis.
func (a Axis) slots() int {
	if a.Last == 0 {
		return 0
	}
	return max(int(a.Last-a.First)+1, leastSlots)
}

// Axis ends with the newest span that came, and begins with the oldest, or Slots before its end.
func (r *Recent) Axis() Axis {
	if r.newest == 0 {
		return Axis{}
	}
	return Axis{First: max(r.oldest, r.newest-Slots+1), Last: r.newest}
}

// Omitted is the number of spans that are on no axis: without a duration, too old, or too far in the future.
func (r *Recent) Omitted() uint64 { return r.omitted }
