// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"slices"
	"time"
)

const (
	// numSlices make up a sliding window: the one being filled and those settled before it.
	numSlices = 6
	// maxAge is how old a span may be that still counts because there are few others.
	maxAge = time.Hour
	// maxHeld is how long a slice may be that is held: it goes as a whole when its first span is an hour old.
	maxHeld = maxAge / 12
	// maxSettled bounds what is read from outside; windows stay far below.
	maxSettled = 100
)

// slice is what is left in a window of the spans that came in one stretch of time.
type slice struct {
	counts sparse
	sum    uint64        // of all counts
	began  time.Duration // on the clock of the windows; nothing in it is older
}

// filled returns the slice being filled. A span only touches counts: what the settled slices do not explain there is in this slice.
func (w *window) filled() (filled bucketCounts) {
	for i := range w.counts {
		filled[i] = w.counts[i].Load()
	}
	for _, settled := range w.settled {
		for i, n := range settled.counts.all() {
			filled[i] -= n
		}
	}
	return filled
}

// settle ends the slice being filled, unless it is empty. Spans may be added meanwhile: they belong to the next slice.
func (w *window) settle(began time.Duration) {
	filled := w.filled()
	if s := newSlice(&filled, began); s.sum > 0 {
		w.settled = append(w.settled, s)
	}
}

func newSlice(counts *bucketCounts, began time.Duration) slice {
	s := slice{counts: newSparse(counts), began: began}
	for _, n := range counts {
		s.sum += uint64(n)
	}
	return s
}

// removeOldest takes the oldest settled slice out of the window.
func (w *window) removeOldest() {
	oldest := w.settled[0]
	for i, n := range oldest.counts.all() {
		w.counts[i].Add(-n)
	}
	w.total -= min(w.total, oldest.sum) // it may hold spans that have come since the total was taken
	w.settled = slices.Delete(w.settled, 0, 1)
}

// slide moves a sliding window on: slices that are older than Length go, from the oldest on, unless too few spans would be left and they
// are not an hour old.
func (w *window) slide(s step, settings *Settings) {
	if s.rotate {
		w.settle(s.began)
	}
	rest := uint64(0)
	for _, settled := range w.settled {
		rest += settled.sum
	}
	for len(w.settled) > 0 && s.outlived(w.settled[0], settings) {
		rest -= w.settled[0].sum
		if rest < uint64(settings.MinCount) && s.now-w.settled[0].began < maxAge { //nolint:gosec // positive
			break
		}
		w.removeOldest()
	}
	w.mergeHeld(s, settings)
}

// outlived reports whether a slice of a sliding window is older than the window is long.
func (s step) outlived(settled slice, settings *Settings) bool {
	return s.next-settled.began >= settings.Length/numSlices*numSlices
}

// mergeHeld makes one slice of neighbours that are held for want of others, where both are small: a window of seconds would have
// hundreds of them in an hour.
func (w *window) mergeHeld(s step, settings *Settings) {
	for i := 1; i < len(w.settled) && s.outlived(w.settled[i], settings); {
		older, newer := w.settled[i-1], w.settled[i]
		if older.sum+newer.sum > uint64(settings.MinCount)/4 || newer.began-older.began >= maxHeld { //nolint:gosec // positive
			i++
			continue
		}
		var both bucketCounts
		for _, part := range []slice{older, newer} {
			for bucket, n := range part.counts.all() {
				both[bucket] += n
			}
		}
		w.settled[i-1] = newSlice(&both, older.began)
		w.settled = slices.Delete(w.settled, i, i+1)
	}
}

// A fading window that holds up to so many times MinCount spans keeps account of their ages. More than one, as a few spans that come
// together must not make the old ones look new.
const smallWindow = 4

// hold says how a fading window goes on, and returns the share that is to stay of every count. While fading would leave fewer than
// MinCount spans, the window does not fade: it holds the newest MinCount spans in full, as far as they are not older than an hour. One
// more than that, as the rounding may take a part of it.
//
// For this, a small window settles slices, to know the oldest. In a larger one, spans of that age have faded to nothing.
func (w *window) hold(s step, settings *Settings) (keep uint64) {
	w.fades = true
	if settings.Length >= maxAge {
		return s.keep
	}
	least := float64(settings.MinCount+1) * float64(w.unit.Load())
	share := float64(s.keep) / (1 << 32)
	if len(w.settled) == 0 && float64(w.total)*share > smallWindow*least { // new spans can only make it more
		return s.keep
	}
	total := w.sum()
	filled := total
	for _, settled := range w.settled {
		filled -= settled.sum
	}
	w.fades = float64(total)*share > least
	if s.rotate && float64(total) <= smallWindow*least || !w.fades && (s.rotate || float64(filled) > least/numSlices) {
		w.settle(s.began)
		filled = 0
	}
	for len(w.settled) > 0 && s.now-w.settled[0].began >= maxAge {
		total -= min(total, w.settled[0].sum) // it may hold spans that have come since
		w.removeOldest()
	}
	if w.fades {
		return s.keep
	}
	surplus := uint64(max(float64(total)-least, 0))
	for len(w.settled) > 0 && w.settled[0].sum <= surplus {
		surplus -= w.settled[0].sum
		w.removeOldest()
	}
	switch {
	case len(w.settled) == 0 && filled > surplus:
		return shareOf(filled-surplus, filled)
	case len(w.settled) > 0 && surplus > 0:
		s.keep = shareOf(w.settled[0].sum-surplus, w.settled[0].sum)
		w.fadeSlice(0, s.fading)
	}
	return 1 << 32
}

// shareOf returns a part of a whole as a fraction of 2^32.
func shareOf(part, whole uint64) uint64 {
	return uint64(float64(part) / float64(whole) * (1 << 32))
}

// subtract takes n from a count. Spans may be added meanwhile.
func (w *window) subtract(bucket int, n uint64) {
	w.counts[bucket].Add(-uint32(n)) //nolint:gosec // G115: at most what the count was
}

// sum returns the sum of all counts.
func (w *window) sum() (total uint64) {
	for i := range w.counts {
		total += uint64(w.counts[i].Load())
	}
	return total
}

// fadeSlices is fade for a window that has settled slices: each fades by itself, so that they go on adding up to the whole.
func (w *window) fadeSlices(f fading, below *cumulative) (before uint64) {
	before = w.sum()
	for i, n := range w.filled() {
		if gone := f.at(i).gone(uint64(n)); gone != 0 {
			w.subtract(i, gone)
		}
	}
	for k := range w.settled {
		w.fadeSlice(k, f)
		f.dither += golden >> 7 // rounds another way
	}
	w.settled = slices.DeleteFunc(w.settled, func(s slice) bool { return s.sum == 0 })
	w.fade(fading{keep: 1 << 32}, below)
	return before
}

// fadeSlice applies f to a settled slice.
func (w *window) fadeSlice(k int, f fading) {
	settled := &w.settled[k]
	var left sparse
	last := -1
	for i, n := range settled.counts.all() {
		gone := f.at(i).gone(uint64(n))
		w.subtract(i, gone)
		settled.sum -= gone
		if n -= uint32(gone); n > 0 { //nolint:gosec // at most n
			left = left.append(uint64(i-last-1), n) //nolint:gosec // buckets ascend
			last = i
		}
	}
	settled.counts = left
}
