// SPDX-License-Identifier: Apache-2.0

package findings

import (
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

const (
	// perOctave is enough for a comparison: a bucket is 9 % wide. A window takes 2 KB.
	perOctave = 8
	coarser   = (1 << histogram.Scale) / perOctave
	buckets   = (histogram.Buckets-2)/coarser + 2

	// enough is how many times make a percentile that is worth a comparison.
	enough = 100
	// outstanding is how many times the median a time must be, too, to exceed what is usual: there is always a longest one. Of
	// exponentially distributed times one in a thousand is.
	outstanding = 10
)

// unusual is what part of a long time is worth a comparison with the operation's own.
const unusual = 10

// Window holds the polls and queue waits of the recent spans of a key. Its zero value is empty. Adding is lock-free; one
// goroutine at a time may call Tick.
type Window struct {
	polls, waits times

	// How long the spans and their polls are when nothing is amiss; of processes alone of which the kernel tells.
	lowDuration, lowPoll Low

	sinceHalving time.Duration
	halvings     uint
}

// times are a histogram and what follows from it at the last tick.
type times struct {
	counts      [buckets]atomic.Uint32
	median, p99 atomic.Int64 // 0: there are not enough
}

// exceededBy reports whether a time is long for this operation. An unknown time is not.
func (t *times) exceededBy(ns, long int64) bool {
	if ns < long/unusual {
		return false
	}
	p99 := t.p99.Load()
	return p99 > 0 && ns > p99 && ns >= outstanding*t.median.Load()
}

// LongPoll reports whether a poll is long: for any operation, or for this one. A nil window knows nothing of this one.
func (w *Window) LongPoll(ns, long int64) bool {
	return ns >= long || w != nil && w.polls.exceededBy(ns, long)
}

// LongWait is the same for a queue wait.
func (w *Window) LongWait(ns, long int64) bool {
	return ns >= long || w != nil && w.waits.exceededBy(ns, long)
}

// MedianWait returns the usual queue wait, 0 if it is not known.
func (w *Window) MedianWait() int64 {
	if w == nil {
		return 0
	}
	return w.waits.median.Load()
}

// Add adds the times of a span; one that is not known is negative.
func (w *Window) Add(poll, wait int64) {
	if poll >= 0 {
		w.polls.counts[bucketOf(poll)].Add(1)
	}
	if wait >= 0 {
		w.waits.counts[bucketOf(wait)].Add(1)
	}
}

// AddUsual adds the duration and the longest poll of a span, to those of which nothing is amiss if it lacked no CPU.
func (w *Window) AddUsual(duration, poll int64, lacked bool) {
	if w != nil {
		w.lowDuration.See(duration, lacked)
		w.lowPoll.See(poll, lacked)
	}
}

// Usual returns how long a span and its longest poll take when nothing is amiss; Unknown as long as that is not known, and of a nil window.
func (w *Window) Usual() (duration, poll int64) {
	if w == nil {
		return Unknown, Unknown
	}
	return w.lowDuration.Value(), w.lowPoll.Value()
}

// bucketOf returns the bucket of a time, with the finer buckets' underflow and overflow at both ends.
func bucketOf(ns int64) int { return (histogram.Index(ns) + coarser - 1) / coarser }

// Tick moves the window on in time. Spans lose half their weight in each half-life.
func (w *Window) Tick(elapsed, halfLife time.Duration) {
	halve := false
	if w.sinceHalving += elapsed; w.sinceHalving >= halfLife {
		w.sinceHalving, halve = 0, true
		w.halvings++
	}
	for _, t := range []*times{&w.polls, &w.waits} {
		if halve {
			t.halve(w.halvings % 8)
		}
		t.rank()
	}
}

// halve rounds up in every other bucket, other ones each time: of buckets with a single span half lose it, then half of the rest.
func (t *times) halve(bit uint) {
	for i := range uint32(len(t.counts)) {
		if n := t.counts[i].Load(); n != 0 {
			roundUp := i >> bit & 1
			t.counts[i].Add(-(n - (n+roundUp)/2))
		}
	}
}

// rank updates median and 99th percentile, the upper bounds of their buckets.
func (t *times) rank() {
	total := uint64(0)
	for i := range t.counts {
		total += uint64(t.counts[i].Load())
	}
	var median, p99 int64
	if total >= enough {
		below := uint64(0)
		for i := range t.counts {
			below += uint64(t.counts[i].Load())
			if median == 0 && 2*below >= total {
				median = upperBound(i)
			}
			if 100*below >= 99*total {
				p99 = upperBound(i)
				break
			}
		}
	}
	t.median.Store(median)
	t.p99.Store(p99)
}

func upperBound(bucket int) int64 {
	if bucket == buckets-1 {
		bucket-- // the overflow bucket: what lies in it exceeds its lower bound
	}
	return int64(histogram.UpperBound(bucket * coarser))
}
