// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
)

// mostPolls is more polls than all cores of a host can begin in a nanosecond: each takes several.
const mostPolls = 10

// Instance is one process of a service.
type Instance struct {
	samples int
	far     int64 // times further apart do not belong together: in between, an instance would have been forgotten
	who     Identity
	seen    time.Time        // this and the next two under the lock of Instances
	sends   bool             // spans, or metrics of its own; else only the kernel tells of it
	cpu     *cputime.History // what the kernel tells; nil for nothing
	claim   claim

	// Process is what its spans have said.
	Process explain.Process

	mu      sync.Mutex // of those who add
	waits   clock      // of totals and intervals
	workers clock
	last    Total
	// toldWorkers is the last number of workers, 0 for none.
	toldWorkers int64
	load        load
	recent      atomic.Pointer[Recent]
}

// AddTotal adds what a total has grown by. Nobody knows how the past of the first total was spread over time, so the first total adds
// nothing: the instance is watched from there on. The same holds for a total that has become smaller without saying that it has
// begun anew, and for one that counts since another time than the last one did: two processes that cannot be told apart tell in turn.
func (i *Instance) AddTotal(t Total) {
	if !t.sound() {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	last := i.last
	switch i.waits.hear(t.To, i.far) {
	case unheard, late:
		return
	case anew:
		i.last = t
		i.forgetWaits()
		return
	case next:
	}
	i.last = t
	switch {
	case last.To == 0 || t.From <= last.To && (t.From != last.From || t.Count < last.Count):
	case t.From > last.To:
		i.add(t)
	default:
		i.add(Total{From: last.To, To: t.To, Sum: t.Sum - last.Sum, Count: t.Count - last.Count})
	}
}

// AddInterval adds the sum of an interval. An interval that does not say where it begins, begins where the last interval ended; if there
// is none before, the interval tells nothing. Nor does one that began before the last one ended: it is of another process.
func (i *Instance) AddInterval(t Total) {
	if !t.sound() {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	last := i.waits.last
	switch i.waits.hear(t.To, i.far) {
	case unheard, late:
		return
	case anew:
		i.forgetWaits()
	case next:
		if t.From == 0 {
			t.From = last
		}
		if t.From < last {
			return
		}
	}
	i.add(t)
}

// forgetWaits drops all intervals, whose clock no longer goes.
func (i *Instance) forgetWaits() {
	fresh := *i.recent.Load()
	fresh.intervals, fresh.longestMean = nil, 0
	i.recent.Store(&fresh)
}

// add appends an interval that is newer than all others, if the interval can be what it says.
func (i *Instance) add(t Total) {
	length := t.To - t.From
	if t.From <= 0 || length <= 0 || length > i.far || t.Count/mostPolls > uint64(length) || !t.sound() {
		return
	}
	old := i.recent.Load()
	fresh := *old
	kept := old.intervals[max(len(old.intervals)-(i.samples-1), 0):]
	fresh.intervals = append(append(make([]Total, 0, len(kept)+1), kept...), t)
	fresh.longestMean = 0
	for _, interval := range fresh.intervals {
		fresh.longestMean = max(fresh.longestMean, interval.mean())
	}
	i.recent.Store(&fresh)
}

// SetWorkers says how many workers there were at a time. A number other than the last one counts when it is told twice in a row: it hardly
// ever changes, and two processes that cannot be told apart tell theirs in turn.
func (i *Instance) SetWorkers(n, at int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	fresh := *i.recent.Load()
	switch i.workers.hear(at, i.far) {
	case unheard, late:
		return
	case anew:
		fresh.workersEvery, i.toldWorkers = 0, 0
	case next:
		fresh.workersEvery = at - fresh.workersAt
	}
	fresh.workers, fresh.workersAt = n, at
	fresh.workersDoubtful = i.toldWorkers != 0 && i.toldWorkers != n
	i.toldWorkers = n
	i.recent.Store(&fresh)
}

// AddWork adds the work of a batch of spans that ended at a time, and sees whether a worker does several times as much as
// the others.
func (i *Instance) AddWork(work *Work, at int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.load.add(work, at) {
		return
	}
	fresh := *i.recent.Load()
	fresh.skewed = i.load.skewed(max(i.load.workers, int(min(fresh.workers, MaxWorkers))))
	fresh.skewedAt = i.load.clock.last
	i.recent.Store(&fresh)
}

// Recent returns what is known of the instance.
func (i *Instance) Recent() *Recent { return i.recent.Load() }
