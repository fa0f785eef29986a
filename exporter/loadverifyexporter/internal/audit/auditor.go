// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"time"
)

// Limits bound the memory of an audit.
type Limits struct {
	// Runs that are held; if one more comes, one is forgotten that was never confirmed by a checksum, or is final, or quiet: see makeRoom.
	Runs int
	// Sources of all runs, counted for each signal.
	Sources int
	// GapBytes is for what is missing.
	GapBytes int
	// Spans is how many spans are remembered as possible parents, at least; twice that at most. As many parents may be awaited.
	Spans int
	// Traces of all runs that are counted by themselves.
	Traces int
}

// DefaultLimits hold an audit of 100 sources below 64 MB.
func DefaultLimits() Limits {
	return Limits{Runs: 64, Sources: 10_000, GapBytes: 32 << 20, Spans: 1 << 19, Traces: 1 << 20}
}

// Auditor audits any number of runs. Not safe for concurrent use.
type Auditor struct {
	limits  Limits
	grace   time.Duration
	expect  Expectations
	runs    []*run // by first arrival
	byName  map[string]*run
	served  Set
	sources int
	traces  int
	gaps    budget
	lineage lineage
	// resumedAt is when the audit went on after it had died, ns since 1970; 0: it never did.
	resumedAt int64
	// fullUntil spares the search for a run to forget, ns since 1970.
	fullUntil int64

	// What belongs to no run, by signal.
	unstamped, malformed, overLimit, strays [Signals]uint64
	forgotten                               Forgotten
}

// New makes an audit. A stream is final when the grace period after its end marker is over.
func New(limits Limits, grace time.Duration, expect Expectations) *Auditor {
	return &Auditor{
		limits: limits, grace: grace, expect: expect, byName: map[string]*run{},
		gaps: budget{limit: limits.GapBytes}, lineage: newLineage(limits.Spans),
	}
}

// Serve makes an audit expect a signal of the runs that have it: without, it is no fault if nothing of it arrives.
func (a *Auditor) Serve(signal Signal) { a.served = a.served.With(signal) }

// Report describes all runs. With closing nothing more will come, and all is final.
func (a *Auditor) Report(now time.Time, closing bool) Report {
	report := Report{Forgotten: a.forgotten, Findings: []Finding{}, Runs: make([]RunReport, 0, len(a.runs))}
	for s := range Signals {
		report.Unexpected.Unstamped += a.unstamped[s]
		report.Unexpected.Malformed += a.malformed[s]
		report.Unexpected.OverLimit += a.overLimit[s]
		report.Unexpected.Corrupt += a.strays[s]
	}
	for _, r := range a.runs {
		report.Runs = append(report.Runs, r.report(&a.expect, a.served, a.grace, now.UnixNano(), closing))
	}
	report.NotChecked = a.expect.notChecked(report.contentChecked(), report.neverSent())
	report.judge(&a.expect, closing)
	return report
}
