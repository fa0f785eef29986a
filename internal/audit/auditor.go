// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strings"
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
	unstamped, malformed, overLimit [Signals]uint64
	strays                          map[string]strays // by the run that they name
	strayNames                      int               // in strays
	nameless                        [Signals]uint64   // strays whose names are not kept
	forgotten                       Forgotten
	gone                            gone

	// Of united accounts.
	united bool
	absent []string // why some of what arrived is not in them, of any run
	clocks clocks   // by which they measured
}

// New makes an audit. A stream is final when the grace period after its end marker is over.
func New(limits Limits, grace time.Duration, expect Expectations) *Auditor {
	return &Auditor{
		limits: limits, grace: grace, expect: expect, byName: map[string]*run{}, strays: map[string]strays{},
		gaps: budget{limit: limits.GapBytes}, lineage: newLineage(limits.Spans),
	}
}

// Serve makes an audit expect a signal of the runs that have it: without, it is no fault if nothing of it arrives.
func (a *Auditor) Serve(signal Signal) { a.served = a.served.With(signal) }

// view is what a run is held against.
func (a *Auditor) view(r *run, now int64, closing bool) *view {
	return &view{
		expect: &a.expect, served: a.served, strays: a.strays[r.name], absent: a.lacks(), clocks: a.clocks, grace: a.grace, now: now, closing: closing,
		again: a.gone.held(r.name),
	}
}

// lacks says why some of what arrived is not in the accounts, of any run.
func (a *Auditor) lacks() []string {
	if !a.united && a.expect.Verifiers > 1 {
		return []string{fmt.Sprintf("this is the account of one verifier of %d: pipelinetest merge gives the verdict", a.expect.Verifiers)}
	}
	return a.absent
}

// Report describes all runs. With closing nothing more will come, and all is final.
func (a *Auditor) Report(now time.Time, closing bool) Report {
	report := Report{Final: closing, Forgotten: a.forgotten, Findings: []Finding{}, Runs: make([]RunReport, 0, len(a.runs))}
	for s := range Signals {
		report.Unexpected.Unstamped += a.unstamped[s]
		report.Unexpected.Malformed += a.malformed[s]
		report.Unexpected.OverLimit += a.overLimit[s]
	}
	report.Unexpected.Corrupt = a.unclaimed()
	for _, r := range a.runs {
		report.Runs = append(report.Runs, r.report(a.view(r, now.UnixNano(), closing)))
	}
	report.NotChecked = a.expect.notChecked(report.contentChecked(), report.neverSent())
	report.judge(&a.expect, closing, len(a.lacks()) > 0 || a.resumedAt != 0)
	return report
}

// stray counts an item by the names that it has.
func (a *Auditor) stray(run string, of strayOf, n uint64) {
	names := a.strays[run]
	// United accounts keep all names that the states have: which of them fit must not depend on the order.
	if _, known := names[of]; !known && !a.united && a.strayNames >= mostStrays {
		if r := a.byName[run]; r != nil {
			r.accounts[of.signal].strays += n
		} else {
			a.nameless[of.signal] += n
		}
		return
	}
	if names == nil {
		names = strays{}
		a.strays[strings.Clone(run)] = names
	}
	if _, known := names[of]; !known {
		of.source = strings.Clone(of.source)
		a.strayNames++
	}
	names[of] += n
}

// forgetStrays forgets those of a run.
func (a *Auditor) forgetStrays(run string) {
	a.strayNames -= len(a.strays[run])
	delete(a.strays, run)
}

// unclaimed counts the strays that name no run that is known.
func (a *Auditor) unclaimed() (n uint64) {
	for s := range Signals {
		n += a.nameless[s]
	}
	for run, names := range a.strays {
		if a.byName[run] != nil {
			continue
		}
		for _, count := range names {
			n += count
		}
	}
	return n
}
