// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// The findings that are judged, in the order of the report.
var findings = []string{
	semconv.FindingBlocking, cpuStarved, semconv.FindingNeverIdle, guardAcrossAwait, heldUp, semconv.FindingStarved, outlivesParent,
	semconv.FindingHeld, semconv.FindingWorkerSkew,
}

const (
	guardAcrossAwait = "guard_across_await"
	heldUp           = "held_up"
	outlivesParent   = "outlives_parent"
	heldUpBy         = "async_runtime.held_up_by"
)

// Verdict is what the truth says of a finding on a span.
type Verdict int

// The verdicts. Between trouble that must be found and none there is some that may be: a finding of it is right, and its lack no fault.
const (
	Never Verdict = iota
	May
	Must
)

const (
	// notable is trouble that a finding may tell: as in the quality of the models, half a millisecond and a tenth of the span.
	notable     = 500 * time.Microsecond
	notablePart = 10
	// grave is trouble that must be found, if it is most of the span when the span was held up, and a tenth when it was queued: the
	// processor's own limit of what is long whatever the operation.
	grave     = 5 * time.Millisecond
	gravePart = 2
	// lackedCPU is the wait for a CPU from which on a span is put apart.
	lackedCPU = 2 * time.Millisecond
	// outlived is how long after its parent a child must end to be worth a word.
	outlived = time.Millisecond
)

// least is what a handler's span takes on an idle machine, because of what it waits for. That it overlaps a long poll of another delays it
// only by what it takes longer.
var least = map[string]time.Duration{
	"sleeps": 5 * time.Millisecond, "victim": 5 * time.Millisecond, "part": 4 * time.Millisecond, "io": 3 * time.Millisecond, "task": 3 * time.Millisecond,
	"pool": 15 * time.Millisecond, "hash_password": 12 * time.Millisecond, "render": 15 * time.Millisecond, "left_behind": 30 * time.Millisecond,
	"guarded": 30 * time.Millisecond, "streams": 32 * time.Millisecond, "compute": 22 * time.Millisecond, "calls": 4 * time.Millisecond,
	"slow_query": 5 * time.Millisecond, "computes": 3 * time.Millisecond, "drain": 25 * time.Millisecond,
	"load_profile": 20 * time.Millisecond, "read_file": 20 * time.Millisecond, "block_in_place": 20 * time.Millisecond,
	"beside": 10 * time.Millisecond, "high_performance": 20 * time.Millisecond, "lightweight": 10 * time.Millisecond,
}

// family is a span among those of its service.
type family struct {
	byID     map[pcommon.SpanID]*Span
	children map[pcommon.SpanID][]*Span
}

func familyOf(spans []Span) family {
	f := family{map[pcommon.SpanID]*Span{}, map[pcommon.SpanID][]*Span{}}
	for i := range spans {
		s := &spans[i]
		f.byID[s.ID] = s
		f.children[s.Parent] = append(f.children[s.Parent], s)
	}
	return f
}

// delay is for how long a span was held up: as long as all workers were in others' long polls, but no longer than it took in excess of
// what it would have taken.
func (f family) delay(s *Span) time.Duration {
	return max(0, min(s.HeldUp, s.Duration()-f.least(s)))
}

// least of a span is that of a child that it awaited, if that is more.
func (f family) least(s *Span) time.Duration {
	takes := least[s.Name]
	for _, child := range f.children[s.ID] {
		if !child.End.After(s.End) {
			takes = max(takes, f.least(child))
		}
	}
	return takes
}

// verdict tells whether a span should have a finding.
func (f family) verdict(s *Span, finding string) Verdict {
	if finding == cpuStarved {
		return f.starved(s)
	}
	verdict := f.ofCode(s, finding)
	if verdict == Must && ofTime(finding) && f.starved(s) == Must {
		return May // what it lacked a CPU for was more
	}
	return verdict
}

// ofCode is the verdict as far as the code earned it.
func (f family) ofCode(s *Span, finding string) Verdict {
	switch finding {
	case semconv.FindingBlocking, semconv.FindingNeverIdle:
		return must(s.Earns == finding)
	case guardAcrossAwait:
		if s.Earns != finding && f.drawnIn(s) {
			return May
		}
		return must(s.Earns == finding)
	case heldUp:
		return f.held(s)
	case semconv.FindingStarved:
		switch {
		case s.TaskFields && s.queued() >= grave && part(s.queued(), s, notablePart):
			return Must
		case isNotable(s.queued(), s) || isNotable(f.delay(s), s):
			return May
		}
	case outlivesParent:
		if s.Earns == finding {
			return Must
		}
		if p := f.byID[s.Parent]; p != nil && s.End.Sub(p.End) >= outlived {
			return May
		}
	case semconv.FindingHeld:
		if isNotable(s.Duration()-s.Busy-s.Idle, s) {
			return May
		}
	}
	return Never
}

func must(it bool) Verdict {
	if it {
		return Must
	}
	return Never
}

// held: what a child suffers, its parent suffers too. On the parent it may be found; on the one that waited itself it must be.
func (f family) held(s *Span) Verdict {
	delay := f.delay(s)
	if !isNotable(delay, s) {
		return Never
	}
	own := !slices.ContainsFunc(f.children[s.ID], func(child *Span) bool { return f.delay(child)*gravePart >= delay })
	if own && delay >= grave && part(delay, s, gravePart) {
		return Must
	}
	return May
}

// drawnIn: a child of a guard that its thread held is a stranger's, because the handler makes none.
func (f family) drawnIn(s *Span) bool {
	for range 100 { // strangers have strangers for children
		parent := f.byID[s.Parent]
		if parent == nil {
			return false
		}
		if parent.Earns == guardAcrossAwait {
			return true
		}
		s = parent
	}
	return false
}

func isNotable(d time.Duration, s *Span) bool { return d >= notable && part(d, s, notablePart) }

func part(d time.Duration, s *Span, of time.Duration) bool { return d*of >= s.Duration() }
