// SPDX-License-Identifier: Apache-2.0

package audit

// traces knows of each trace of a run how much of it has arrived, where its spans are numbered or make it one of a class.
type traces struct {
	byKey map[uint64]traceState
	// unknown spans could not be kept apart, or have no number that is known.
	unknown uint64
	// forgotten: there were some before the audit was restarted.
	forgotten bool
}

// traceState is a trace some of which has arrived.
type traceState struct {
	spans   uint32
	highest uint32 // number of a span
	root    uint32 // number of the root; 0: it has not arrived
	class   uint32 // the first in the generator's list that one of its spans has; 0: none
}

// TraceCounts are how many traces there are, and of how many something is missing.
type TraceCounts struct {
	// Traces of which something arrived.
	Traces uint64 `json:"traces"`
	// Torn are those of which not all did.
	Torn uint64 `json:"torn_traces"`
}

// class counts an item that arrived for the first time. Of classes that have whole traces, spans that came before the one that gives their trace
// its class move to that. It runs once for each item.
func (b *batch) class(it *Item) {
	counts := &b.account.classes
	if it.Class >= uint32(len(counts)) {
		it.Class = 0 // there is none such
	}
	if !it.TraceNumbered || it.Trace == 0 {
		counts[it.Class]++
		return
	}
	b.run.numbered = true
	t := &b.run.traces
	of, known := t.byKey[it.Trace]
	if !known && b.auditor.traces >= b.auditor.limits.Traces {
		t.unknown++
		counts[it.Class]++
		return
	}
	if !known {
		if t.byKey == nil {
			t.byKey = map[uint64]traceState{}
		}
		b.auditor.traces++
	}
	if class := it.TraceClass; class > 0 && class < uint32(len(counts)) && (of.class == 0 || class < of.class) {
		counts[of.class] -= uint64(of.spans)
		of.class = class
		counts[of.class] += uint64(of.spans)
	}
	of.spans++
	if it.Class > 0 {
		counts[it.Class]++
	} else {
		counts[of.class]++
	}
	of.highest = max(of.highest, it.TraceSpan)
	if it.TraceSpan == 0 {
		t.unknown++
	}
	if it.Parent == 0 {
		of.root = max(of.root, it.TraceSpan)
	}
	t.byKey[it.Trace] = of
}

// torn counts the traces that are not whole: without their root, or without a number below the highest.
func (t *traces) torn() (n TraceCounts) {
	for _, of := range t.byKey {
		n.Traces++
		if of.root == 0 || of.spans != of.highest {
			n.Torn++
		}
	}
	return n
}

// judgeTraces finds traces that did not arrive as a whole. Each span that the generator gave up, and each root that it never sent, may have
// torn one.
func (r *RunReport) judgeTraces(e *Expectations, s *SignalReport) {
	if !e.WholeTraces || !s.Final || s.Signal != Traces || s.Received == 0 {
		return
	}
	excused := s.GivenUp + r.rootless
	switch {
	case !r.numbered:
		r.doubt("whole_traces", s, "no span has its number in its trace: set verify_traces of synthetic_load")
	case r.tracesForgotten || r.tracesUnknown > 0 || s.OverLimit > 0 || r.Unclean > 0:
		r.doubt("whole_traces", s, "not known: the audit was restarted, or saw more traces than it can hold")
	case s.Torn > excused:
		r.find("whole_traces", s, "%d of %d traces that arrived lack a span; want none", s.Torn, s.Traces)
	case s.Torn > 0:
		r.doubt("whole_traces", s, "%d of %d traces that arrived lack a span: the generator gave up %d spans, and of %d traces it sent no root",
			s.Torn, s.Traces, s.GivenUp, r.rootless)
	}
}
