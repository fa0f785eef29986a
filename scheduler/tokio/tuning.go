// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// The self-tuned global queue interval (schedulers.md 1.9): a worker looks at the inject queue first once every gqi ticks,
// so that it does so about every 200 µs.
const (
	targetInterval = 200_000.0 // ns
	initialGQI     = 61
	minGQI         = 2
	maxGQI         = 127
	ewmaKeep       = 0.9 // weight that each poll leaves to the polls before it
)

type tuning struct {
	gqi        uint32
	configured bool    // gqi is
	meanPoll   float64 // EWMA, ns
	batchStart sim.Time
	batchPolls int
}

// newTuning starts from a configured interval, which then stays; 0: none.
func newTuning(interval uint32) tuning {
	t := tuning{gqi: initialGQI, meanPoll: targetInterval / initialGQI}
	if interval > 0 {
		t.gqi, t.configured = interval, true
	}
	return t
}

func (t *tuning) openBatch(now sim.Time) {
	t.batchStart = now
	t.batchPolls = 0
}

// closeBatch feeds a batch of polls into the mean and returns the batch's length, scheduling between polls included.
func (t *tuning) closeBatch(now sim.Time) sim.Time {
	elapsed := now - t.batchStart
	if t.batchPolls > 0 {
		n := float64(t.batchPolls)
		a := 1 - math.Pow(ewmaKeep, n)
		t.meanPoll = a*(float64(elapsed)/n) + (1-a)*t.meanPoll
	}
	return elapsed
}

// retune adopts a new interval if it differs by more than 2.
func (t *tuning) retune() {
	if t.configured {
		return
	}
	next := uint32(min(max(targetInterval/t.meanPoll, minGQI), maxGQI))
	if max(next, t.gqi)-min(next, t.gqi) > 2 {
		t.gqi = next
	}
}
