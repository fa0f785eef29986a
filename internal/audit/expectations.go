// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"time"
)

// Expectations are what a run must be like. Shares are of the items that the generator sent and did not give up, of each run and signal.
type Expectations struct {
	MaxLoss, MaxDuplicates, MaxCorrupt float64
	// AllowUnexpected items: without stamps, malformed or beyond.
	AllowUnexpected bool
	// LatencyP99 from the item's end to its arrival; 0: any.
	LatencyP99 time.Duration
	// Deadline from the first arrival to the last end marker; 0: any.
	Deadline time.Duration
	// Sources that each signal must have; 0: any.
	Sources int
	// Sampled replaces MaxLoss for some signals; nil: for none.
	Sampled *Sampled
	// Verifiers is how many share the audit, so that each has a part of it; 0 and 1: one sees everything.
	Verifiers int
	// Ordered: items of a source arrive in the order in which they were sent.
	Ordered bool
	// WholeTraces: of a trace all spans arrive, or none.
	WholeTraces bool
	// Consistent: a sampler keeps the spans whose random value is not below its threshold, and tells both in the trace state. It replaces MaxLoss
	// for traces.
	Consistent bool
	// Classes that are kept or dropped; nil: all are kept.
	Classes *ClassesExpectation
	// Odd items; nil: all arrive as they were sent, or are refused.
	Odd *OddExpectation
	// Content of the items; nil: what is stamped must be there unchanged.
	Content *ContentExpectation
}

// Sampled is for pipelines that drop a share on purpose, end markers perhaps included.
type Sampled struct {
	// Ratio of received to sent, +- Tolerance.
	Ratio, Tolerance float64
	Signals          []Signal
}

// drops reports whether items that are in no class may be dropped, of a signal.
func (e *Expectations) drops(s Signal) bool {
	return e.sampled(s) || e.Consistent && s == Traces || e.Classes != nil && slices.Contains(e.Classes.Signals, s) && e.Classes.of(Rest) != kept
}

func (e *Expectations) sampled(s Signal) bool {
	return e.Sampled != nil && slices.Contains(e.Sampled.Signals, s)
}

// ContentExpectation is what is expected of the content of items, beside what each item is held against when it arrives.
type ContentExpectation struct {
	// Max is the share of the items sent whose content may be otherwise.
	Max float64
	// Changes must be seen: Content.Met has a bit for each, in this order.
	Changes []Change
}

// Change is an attribute or field that is to be removed or changed, by its path.
type Change struct {
	Path    string
	Kind    FaultKind // Removed or Changed
	Signals Set
}
