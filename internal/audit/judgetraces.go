// SPDX-License-Identifier: Apache-2.0

package audit

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
	case r.tracesForgotten || r.tracesUnknown > 0 || s.OverLimit > 0 || r.partial():
		r.doubt("whole_traces", s, "not known: the audit was restarted, or saw more traces than it can hold")
	case s.Torn > excused:
		r.find("whole_traces", s, "%d of %d traces that arrived lack a span; want none", s.Torn, s.Traces)
	case s.Torn > 0:
		r.doubt("whole_traces", s, "%d of %d traces that arrived lack a span: the generator gave up %d spans, and of %d traces it sent no root",
			s.Torn, s.Traces, s.GivenUp, r.rootless)
	}
}
