// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"math"
	"time"
)

// MaxWorkers is how many workers are told apart; those beyond count as one.
const MaxWorkers = 64

// Work is the busy time in nanoseconds of the tasks that each worker polled first.
type Work [MaxWorkers]int64

// Add adds the busy time of a task. Work of a worker without a number is none. Of a task that was busy for longer than work is
// remembered, only so much counts: the rest was done before.
func (w *Work) Add(worker, busy int64) {
	if worker >= 0 {
		w[min(worker, MaxWorkers-1)] += min(busy, int64(memory))
	}
}

const (
	// memory is the time constant with which work is forgotten.
	memory = time.Minute
	// leastMemory is how much of it must have been lived through: the work of a moment says nothing.
	leastMemory = memory / 10
	// longAgo is after how long nothing of it is left.
	longAgo = int64(10 * memory)
	// A worker is overloaded relative to the others if it does several times the work of their mean (dial9's threshold), and
	// enough that anyone notices: an idle runtime may well run everything on one worker. There may be more than one: of eight,
	// two that do half of the work each are.
	several    = 3
	leastShare = 0.3 // of its time
)

// load is the recent work of each worker.
type load struct {
	work    [MaxWorkers]float64 // nanoseconds, fading
	lived   float64             // time in which it was done, fading alike: memory in the long run
	workers int                 // highest number seen, and one
	clock   clock
}

// workerSet has bit 1<<w set for every worker w in it.
type workerSet uint64

var _ = [1]struct{}{}[MaxWorkers-64] // it holds them all

// add adds the work of a batch of spans that ended at a time. It reports whether the batch is of the present; the work of another is
// not added.
func (l *load) add(work *Work, at int64) (added bool) {
	fade, last := 1.0, l.clock.last
	switch l.clock.hear(at, longAgo) {
	case unheard:
		return false
	case anew:
		*l = load{clock: l.clock}
	case next:
		fade = math.Exp(-float64(at-last) / float64(memory))
	case late:
	}
	l.lived = l.lived*fade + float64(memory)*(1-fade)
	for w := range l.work {
		l.work[w] = l.work[w]*fade + float64(work[w])
		if work[w] != 0 {
			l.workers = max(l.workers, w+1)
		}
	}
	return true
}

// skewed returns the workers of so many that are overloaded relative to the others.
func (l *load) skewed(workers int) (overloaded workerSet) {
	if workers < 2 || l.lived < float64(leastMemory) {
		return 0
	}
	total := 0.0
	for _, work := range l.work {
		total += work
	}
	for w, work := range l.work {
		if work*float64(workers-1) >= several*(total-work) && work >= leastShare*l.lived {
			overloaded |= 1 << w
		}
	}
	return overloaded
}
