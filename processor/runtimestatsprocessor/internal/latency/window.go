// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

const (
	// maxUnit is what one span adds to its bucket in mode Decay. Fading works on fractions of a span, hence more than 1.
	maxUnit = 256
	// fullBucket is the count at which a window makes room: a fading one halves its unit, together with all its counts; a
	// sliding one lets its oldest slice go early. It leaves room for three times as much, 12 million fading spans, before
	// the next tick.
	fullBucket = 1 << 30
)

// window holds the recent durations of one key. Observing is lock-free; ticking and building take the lock.
type window struct {
	baseline atomic.Pointer[Baseline] // nil while the key is warming up
	missing  atomic.Int64             // while it is: spans still to come
	unit     atomic.Uint32            // what one span counts, a power of two up to maxUnit; 1 in mode Sliding

	mu      sync.Mutex
	peak    uint32        // highest count at the last build
	ticked  bool          // whether it has lived through a tick
	fades   bool          // whether the spans in it have different weights
	total   uint64        // sum of all counts at the last build
	seen    time.Duration // when it last got a span, on the clock of the windows
	settled []slice       // the slices before the one being filled, oldest first; of a fading window only if it is small

	tasks findings.Window // what else is kept of the key's spans, beside their durations

	counts [histogram.Buckets]atomic.Uint32 // in units, all slices together
	// ranks holds the mid-rank of bucket i in the lower (even i) or upper half of element i/2.
	ranks [histogram.Buckets / 2]atomic.Uint32
}

func newWindow(settings *Settings) *window {
	w := &window{}
	w.unit.Store(maxUnit)
	if settings.Mode == Sliding {
		w.unit.Store(1)
	}
	w.missing.Store(int64(settings.MinCount))
	return w
}

// observe judges a duration and adds it. It runs for every span.
func (w *window) observe(ns int64, settings *Settings) Verdict {
	bucket := histogram.Index(ns)
	verdict := w.judge(bucket, ns)
	w.counts[bucket].Add(w.unit.Load())
	if verdict.State == Warming && w.missing.Add(-1) == 0 {
		w.build(settings)
	}
	return verdict
}

// judge compares a duration, and its bucket, with those in the window.
func (w *window) judge(bucket int, ns int64) Verdict {
	baseline := w.baseline.Load()
	if baseline == nil {
		return Verdict{State: Warming}
	}
	rank := w.ranks[bucket/2].Load() >> (bucket % 2 * 16) & math.MaxUint16
	return Verdict{
		Baseline: baseline,
		Rank:     uint16(rank),
		Class:    baseline.class(ns),
		State:    Judged,
	}
}

// build makes the tables as soon as the window is warm, between ticks.
func (w *window) build(settings *Settings) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var below cumulative // on the stack, as in tick: 14 KB
	w.fade(fading{keep: 1 << 32}, &below)
	w.publish(&below, settings)
}

// step is what one tick does to every window. Times are on the clock of the windows.
type step struct {
	fading
	now     time.Duration
	began   time.Duration // when the slice began that has been filled since
	next    time.Duration // when the one to be filled from now on began: the same, if the slice goes on
	rotate  bool          // whether another one begins
	crowded bool          // whether windows without traffic must make room
}

// tick moves the window on in time: it fades, or slides. Then it rebuilds the tables and reports whether the window is worth keeping.
func (w *window) tick(s step, settings *Settings) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.peak > fullBucket {
		w.makeRoom(&s, settings)
	}
	switch settings.Mode {
	case Sliding:
		w.slide(s, settings)
	case Decay:
		s.keep = w.hold(s, settings)
	}
	var below cumulative
	before := w.total
	if found := w.fade(s.fading, &below); found > before {
		w.seen = s.now
	}
	w.publish(&below, settings)
	// A window just inserted may not have got its first span yet.
	alive := !w.ticked || w.alive(s, settings)
	w.ticked = true
	return alive
}

// makeRoom keeps the counts from overflowing.
func (w *window) makeRoom(s *step, settings *Settings) {
	switch unit := w.unit.Load(); {
	case settings.Mode == Sliding:
		w.settle(s.began)
		if len(w.settled) >= numSlices {
			w.removeOldest()
		}
	case unit > 1:
		// A span that read the old unit and adds it after the halving counts twice. Nobody will see one of 4 million.
		w.unit.Store(unit / 2)
		s.keep /= 2
	}
}

// alive reports whether the window holds anything, at least half a span; where room is short, whether it would if nothing were held
// for longer than Length says.
func (w *window) alive(s step, settings *Settings) bool {
	halves := 2 * float64(w.total) / float64(w.unit.Load())
	if halves < 1 || !s.crowded {
		return halves >= 1
	}
	life := settings.Length
	if settings.Mode == Decay {
		life = time.Duration(float64(life) * math.Log(halves))
	}
	return s.now-w.seen < life
}

// fading is what one tick does to every count: n becomes n*keep/2^32, rounded by dither.
type fading struct {
	keep   uint64 // the share that stays, as a fraction of 2^32
	dither uint64 // a new term of a low-discrepancy sequence over [0, 2^64) at each tick
}

// The fractional parts of k*golden/2^64 (k = 1, 2, ...) are spread evenly over [0, 1): as a rounding threshold they round
// up just as often as the fraction to be rounded says. stride shifts the sequence from bucket to bucket.
const (
	golden = 0x9E3779B97F4A7C15
	stride = 0xC2B2AE3D27D4EB4F
)

// at returns the fading for a bucket.
func (f fading) at(bucket int) fading {
	f.dither += uint64(bucket) * stride //nolint:gosec // not negative
	return f
}

// gone returns how much of n fades away.
func (f fading) gone(n uint64) uint64 {
	return (n*(1<<32-f.keep) + f.dither>>32) >> 32
}

// fade applies f to all counts, and sums up what is left in below. It returns the sum before. Spans may be added meanwhile; none is
// lost.
func (w *window) fade(f fading, below *cumulative) (before uint64) {
	if len(w.settled) > 0 && f.keep < 1<<32 {
		return w.fadeSlices(f, below)
	}
	sum, peak := uint64(0), uint64(0)
	for i := range w.counts {
		if n := uint64(w.counts[i].Load()); n != 0 {
			before += n
			if gone := f.gone(n); gone != 0 {
				w.subtract(i, gone)
				n -= gone
			}
			sum += n
			peak = max(peak, n)
		}
		f.dither += stride
		below[i+1] = sum
	}
	w.total, w.peak = sum, uint32(peak)
	return before
}

// examples returns how many spans of equal weight would tell as much as those in the window do: the square of the sum of all weights,
// divided by the sum of their squares.
func (w *window) examples(spans float64) float64 {
	if w.fades {
		return 2 * spans // what that is for weights of exp(-t/Length) at a steady rate
	}
	return spans
}

// publish makes the tables that the sums amount to visible to observe.
func (w *window) publish(below *cumulative, settings *Settings) {
	spans := float64(below.total()) / float64(w.unit.Load())
	if spans < float64(settings.MinCount) {
		w.missing.Store(int64(math.Ceil(float64(settings.MinCount) - spans)))
		w.baseline.Store(nil)
		return
	}
	scale := maxRank / 2 / float64(below.total())
	for i := range w.ranks {
		// The mid-rank of a bucket: all spans below it and half of its own.
		low := uint32(float64(below[2*i]+below[2*i+1])*scale + 0.5)
		high := uint32(float64(below[2*i+1]+below[2*i+2])*scale + 0.5)
		// Most ranks stay; comparing is several times cheaper than an atomic store.
		if pair := high<<16 | low; w.ranks[i].Load() != pair {
			w.ranks[i].Store(pair)
		}
	}
	w.baseline.Store(newBaseline(below, w.examples(spans), spans, settings.Classes))
}
