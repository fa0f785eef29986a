// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"sync"
	"sync/atomic"

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
	// numSlices make up a sliding window: the one being filled and those settled before it.
	numSlices = 6
)

// window holds the recent durations of one key. Observing is lock-free; ticking and building take the lock.
type window struct {
	baseline atomic.Pointer[Baseline] // nil while the key is warming up
	missing  atomic.Int64             // while it is: spans still to come
	unit     atomic.Uint32            // what one span counts, a power of two up to maxUnit; 1 in mode Sliding

	mu      sync.Mutex
	peak    uint32   // highest count at the last build
	ticked  bool     // whether it has lived through a tick
	settled []sparse // mode Sliding: the slices before the one being filled, oldest first

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

// tick moves the window on in time: it fades, or slides by a number of slices. Then it rebuilds the tables and reports
// whether the window holds anything worth keeping, at least half a span.
func (w *window) tick(f fading, rotations int, settings *Settings) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.peak > fullBucket {
		switch unit := w.unit.Load(); {
		case settings.Mode == Sliding:
			rotations++
		case unit > 1:
			// A span that read the old unit and adds it after the halving counts twice. Nobody will see one of 4 million.
			w.unit.Store(unit / 2)
			f.keep /= 2
		}
	}
	for range rotations {
		w.rotate()
	}
	var below cumulative
	w.fade(f, &below)
	w.publish(&below, settings)
	// A window just inserted may not have got its first span yet.
	alive := !w.ticked || 2*below.total() >= uint64(w.unit.Load())
	w.ticked = true
	return alive
}

// rotate settles the slice being filled and takes the oldest out of the window. Spans may be added meanwhile: they belong
// to the next slice.
func (w *window) rotate() {
	filled := w.filled()
	var oldest sparse
	if len(w.settled) == numSlices-1 {
		oldest = w.settled[0]
		for i, n := range oldest.all() {
			w.counts[i].Add(-n)
		}
		w.settled = append(w.settled[:0], w.settled[1:]...)
	}
	w.settled = append(w.settled, appendSparse(oldest[:0], &filled)) // its bytes are free now
}

// filled returns the slice being filled; of a fading window that is all. A span only touches counts: what the settled
// slices do not explain there was added since the last rotation.
func (w *window) filled() (filled bucketCounts) {
	for i := range w.counts {
		filled[i] = w.counts[i].Load()
	}
	for _, slice := range w.settled {
		for i, n := range slice.all() {
			filled[i] -= n
		}
	}
	return filled
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

// fade applies f to all counts and sums up what is left in below. Spans may be added meanwhile; none is lost.
func (w *window) fade(f fading, below *cumulative) {
	lose := 1<<32 - f.keep
	sum, peak := uint64(0), uint64(0)
	for i := range w.counts {
		if n := uint64(w.counts[i].Load()); n != 0 {
			if gone := (n*lose + f.dither>>32) >> 32; gone != 0 {
				w.counts[i].Add(^uint32(gone - 1)) // subtracts
				n -= gone
			}
			sum += n
			peak = max(peak, n)
		}
		f.dither += stride
		below[i+1] = sum
	}
	w.peak = uint32(peak)
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
	w.baseline.Store(newBaseline(below, spans, settings.Classes))
}
