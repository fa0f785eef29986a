// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// Foreign is the expectation that all that arrives has been sent by the generators of the test.
const Foreign = "foreign"

// Unused is the expectation that something passes through each system: what nothing passes through is not tested.
const Unused = "unused"

// Storage is load_verify's expectation that it remembers all that it has seen.
const Storage = "storage"

// Separate takes the runs that are not the test's own out of the report: no count of theirs is of the test.
func (r *Report) Separate(isOwn func(run string) bool) {
	for _, run := range r.Runs {
		if !isOwn(run.Name) {
			r.others = append(r.others, run)
		}
	}
	r.Runs = slices.DeleteFunc(r.Runs, func(run Run) bool { return !isOwn(run.Name) })
}

// Others are the runs that were taken out.
func (r *Report) Others() *Report { return &Report{Runs: r.others} }

// Items are all that is counted as received of a run, of all signals.
func (run *Run) Items() (sum uint64) {
	for i := range run.Signals {
		sum += run.Signals[i].Counts["received"]
	}
	return sum
}

// Oldest is a time at which, or before which, an item of a run has happened that arrived. Zero: it is not known of any. An item that took as long as
// the latency says cannot have arrived later than the last.
func (run *Run) Oldest() (oldest time.Time, signal string) {
	for _, name := range scenario.Signals {
		s := run.signal(name)
		if s == nil || s.Latency.Count == 0 {
			continue
		}
		if at := run.Last.Add(-s.Latency.Max); signal == "" || at.Before(oldest) {
			oldest, signal = at, name
		}
	}
	return oldest, signal
}
