// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// run is what is known of one run.
type run struct {
	name        string
	first, last int64  // arrivals, ns since 1970
	happened    int64  // when the earliest of its items did, by the generator's clock, without those sent long after; 0: not known
	ahead       int64  // by how much the generator's clock is ahead, ns, at least: an item came so long before it happened
	markedAt    int64  // arrival of the latest end marker; 0: none has come
	unclean     uint64 // times its account was resumed from a state that was not the last
	intact      uint64 // items with a right checksum
	intactAt    int64  // arrival of the latest of them
	awaiting    awaiting
	salt        uint64 // keeps the keys of its spans apart from those of other runs
	told        told
	evidence    evidence
	traces      traces
	random      randomness
	numbered    bool // its spans have their numbers in their traces
	accounts    [Signals]account
	absent      []string // of united accounts: why some of what arrived is not in them
}

// happenedFrom is when the earliest of its items happened, or may have, by the clock of who saw them arrive; 0: not known.
func (r *run) happenedFrom() int64 {
	if r.happened == 0 {
		return 0
	}
	return r.happened - r.ahead
}

func newRun(name string) *run { return &run{name: name, salt: xxhash.Sum64String(name)} }

// account is the part of a run that one signal has.
type account struct {
	streams   map[string]*stream
	latency   *histogram.Histogram // nil: nothing measured
	slowest   int64                // ns
	skewed    uint64               // items from the future
	past      uint64               // items that were sent long after they happened
	overLimit uint64
	strays    uint64            // corrupt items whose source's name is not kept; see strays
	arrived   timeline.Timeline // first copies by when they happened, without those in unplaced
	faults    faults
	classes   classCounts // of first copies
	odd       oddAccount
	unplaced  uint64 // first copies of which it is not known when they happened
	twice     uint64 // of united accounts: items that are counted more than once among arrived, latency, classes and unplaced
}

// final reports whether a stream has had its grace. A stream without an end marker has had it when others of its run have ended, and the
// stream has been silent for the grace period since.
func (r *run) final(s *stream, now int64, grace time.Duration) bool {
	since := s.markedAt
	if !s.ended() {
		if r.markedAt == 0 {
			return false
		}
		since = max(r.markedAt, s.last)
	}
	return now-since >= int64(grace)
}

// allFinal reports whether all streams of the run are final.
func (r *run) allFinal(now int64, grace time.Duration) bool {
	for i := range r.accounts {
		for _, s := range r.accounts[i].streams {
			if !r.final(s, now, grace) {
				return false
			}
		}
	}
	return true
}
