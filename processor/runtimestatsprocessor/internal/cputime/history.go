// SPDX-License-Identifier: Apache-2.0

package cputime

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxGroups is how many groups of threads are told apart; of those beyond nothing is known. The receiver process_threads sends 101 at most.
	maxGroups = 128
	// doubtful is for how long nothing is kept after two processes were taken for one: they may tell in turn.
	doubtful = int64(2 * time.Minute)
	// jitter is by how much a reading may be late, because batches overtake each other.
	jitter = int64(time.Minute)
)

// Settings bound the memory of a history: Samples intervals of 88 bytes, and 16 for each group of threads; and up to 45 KB for where the groups
// stand, and their names.
type Settings struct {
	Samples int
	// Far is how far apart two readings may be: in between, the process would have been forgotten.
	Far time.Duration
}

// History is what the kernel said of one process. Safe for concurrent use.
type History struct {
	settings Settings
	recent   atomic.Pointer[Recent]

	mu     sync.Mutex
	from   int64          // since when the counters count
	groups map[string]int // places in last; replaced, never changed
	last   []counter      // of each group
	anew   bool           // the next reading begins anew
	quota  Quota
	quotas bool  // whether the last reading had a quota
	stray  int64 // when a reading from elsewhere was, 0 if another has come since
	doubt  int64 // until when two processes are taken for one
}

// counter is what a group's counters said, when that was last, 0 for never, and since when they count.
type counter struct {
	Usage
	at, from int64
}

// New returns a history, empty as yet.
func New(settings Settings) *History {
	h := &History{settings: settings, groups: map[string]int{}}
	h.recent.Store(&Recent{})
	return h
}

// Recent returns what is known now.
func (h *History) Recent() *Recent { return h.recent.Load() }

// Add takes a reading. The first one only says where the counters stand. So does one that counts since another time: if that is after the
// last reading, the process was started again. If it is before, or if a counter has become smaller, two processes that cannot be told apart
// tell theirs in turn, and nothing is known of either.
func (h *History) Add(r *Reading) {
	if !r.Sound() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	old, far := h.recent.Load(), int64(h.settings.Far)
	switch ahead := r.At - old.Last; {
	case old.Last == 0:
	case ahead > 0 && ahead <= far:
	case ahead <= 0 && -ahead <= jitter: // it came late, or twice
		h.stray = 0
		if r.From != h.from && r.From <= old.Last {
			h.confuse(old.Last)
		}
		return
	case h.stray == 0 || r.At <= h.stray || r.At-h.stray > far: // a clock that is elsewhere must not make all others late
		h.stray = r.At
		return
	default: // two that follow each other there: the clock was set
		old = &Recent{}
		h.groups, h.last = map[string]int{}, nil
	}
	h.stray = 0
	switch {
	case old.Last == 0, h.anew, r.From > old.Last:
		h.begin(old, r)
	case r.From != h.from:
		h.confuse(r.At)
	default:
		h.grow(old, r)
	}
}

// begin takes the counters as they stand. The intervals of an earlier life of the process stay; its counters began before, and so are no longer those
// of the groups.
func (h *History) begin(old *Recent, r *Reading) {
	h.from, h.anew = r.From, false
	h.settle(r, old.intervals)
	h.note(r)
	h.recent.Store(&Recent{First: max(r.From, old.First), Last: r.At, Several: h.doubt > r.At, begun: r.At, lacked: old.lacked, groups: h.groups, intervals: old.intervals})
}

// confuse forgets everything.
func (h *History) confuse(at int64) {
	h.groups, h.last, h.anew, h.doubt = map[string]int{}, nil, true, at+doubtful
	h.recent.Store(&Recent{First: at, Last: at, Several: true})
}

// note remembers where the counters of a reading stand.
func (h *History) note(r *Reading) {
	for name, usage := range r.Groups {
		if i, known := h.groups[name]; known {
			h.last[i] = counter{usage, r.At, r.since(name)}
		}
	}
	h.quota, h.quotas = r.Quota, r.HasQuota
}

// grow adds the interval between the last reading and this one.
func (h *History) grow(old *Recent, r *Reading) {
	kept := old.intervals[max(len(old.intervals)-(h.settings.Samples-1), 0):]
	h.settle(r, kept)
	fresh, possible := h.between(old.Last, r)
	if !possible {
		h.confuse(r.At)
		return
	}
	h.note(r)
	next := &Recent{First: old.First, Last: r.At, Every: r.At - old.Last, Several: h.doubt > r.At, begun: old.begun, lacked: old.lacked, groups: h.groups}
	if fresh.scarce() {
		next.lacked = r.At
	}
	if !next.Several {
		next.intervals = append(append(make([]interval, 0, len(kept)+1), kept...), fresh)
	}
	h.recent.Store(next)
}

// between returns what happened since the last reading, and whether one process can have told both. It is known in part if a group told at one
// end only: what that has counted may be of any time, unless it has begun to count since.
func (h *History) between(last int64, r *Reading) (fresh interval, possible bool) {
	fresh = interval{from: last, to: r.At, groups: make([]Usage, 0, len(h.last)), partial: r.Partial}
	missed := 0 // groups that told then and do not now
	for i := range h.last {
		if h.last[i].at == last {
			missed++
		}
	}
	for name, usage := range r.Groups {
		i, known := h.groups[name]
		if !known {
			fresh.partial = true
			continue
		}
		before := h.last[i]
		if before.at == last {
			missed--
		}
		switch since := r.since(name); {
		case before.at != 0 && before.from == since:
			grown, rising := usage.since(before.Usage)
			if !rising {
				return fresh, false
			}
			if before.at == last {
				fresh.set(i, grown)
			} else { // it was left out, and has grown for longer
				fresh.partial = true
			}
		case since >= last:
			fresh.set(i, usage)
		default:
			fresh.partial = true
		}
	}
	fresh.partial = fresh.partial || missed > 0
	if h.quotas && r.HasQuota {
		fresh.quota, fresh.quotas = Quota{r.Quota.Periods - h.quota.Periods, r.Quota.Throttled - h.quota.Throttled, r.Quota.Stopped - h.quota.Stopped}, true
		possible = fresh.quota.Throttled >= 0 && fresh.quota.Throttled <= fresh.quota.Periods
		return fresh, possible
	}
	return fresh, true
}
