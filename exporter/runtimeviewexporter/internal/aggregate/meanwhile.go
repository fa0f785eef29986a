// SPDX-License-Identifier: Apache-2.0

package aggregate

import "slices"

// What is kept to say what ran while a span was slow is bounded: 18 MB, with the traces that have a finding.
const (
	maxRecent  = 1 << 16 // spans
	maxPending = 64      // slow spans that wait for what ran beside them to arrive: a sample, as each is compared with all that ran
	// settled is for how long, in ns of the services' own clocks, later spans must have come before what ran beside a span is taken to be
	// complete: a service exports its spans in the order of their ends, and the longest of them ends that much later.
	settled = 2_000_000_000
)

// meanwhile estimates what the threads of a service ran while a span was slow that nothing explains. A span says for how long it was
// polled, not when; its time is taken to be spread evenly. So what it tells is a hint, and no finding.
type meanwhile struct {
	recent   []ran                // a ring
	next     int                  // in the ring, once it is full
	children [2]map[uint64]inside // by the id of the parent: of late, and before that
	pending  []slow
}

// inside is what is known of the spans inside one that has yet to come: children end before their parents, as a rule.
type inside struct {
	polled int64               // ns
	by     [2]*operationTotals // some of their operations
}

// ran is a span that was polled.
type ran struct {
	start, end int64
	polled     int64 // ns, without the spans inside
	id         uint64
	by         *operationTotals
}

// slow is a slow span that nothing explains.
type slow struct {
	start, end int64
	id         uint64
	of         *operationTotals
}

// add notes a span of an operation.
func (m *meanwhile) add(t *operationTotals, s *Span, polled int64) {
	if s.Parent != 0 {
		m.addChild(t, s.Parent, polled)
	}
	own := polled
	for _, children := range m.children {
		in := children[s.ID]
		own -= in.polled
		for _, child := range in.by {
			if child != nil {
				child.in(t)
			}
		}
	}
	if own <= 0 {
		return
	}
	r := ran{start: s.End - s.Latency.Number, end: s.End, polled: own, id: s.ID, by: t}
	if len(m.recent) < maxRecent {
		m.recent = append(m.recent, r)
		return
	}
	m.recent[m.next] = r
	m.next = (m.next + 1) % maxRecent
}

func (m *meanwhile) addChild(t *operationTotals, parent uint64, polled int64) {
	if m.children[0] == nil || len(m.children[0]) == maxRecent {
		m.children[0], m.children[1] = make(map[uint64]inside), m.children[0]
	}
	in := m.children[0][parent]
	in.polled += polled
	if in.by[0] != t {
		in.by = [2]*operationTotals{t, in.by[0]}
	}
	m.children[0][parent] = in
}

// addSlow notes a slow span that nothing explains. When too many wait, it is left out.
func (m *meanwhile) addSlow(t *operationTotals, s *Span) {
	if len(m.pending) < maxPending {
		m.pending = append(m.pending, slow{s.End - s.Latency.Number, s.End, s.ID, t})
	}
}

// settle adds what ran meanwhile to the operations of those slow spans beside which everything has come; to all, if it is the end.
func (m *meanwhile) settle(end bool) {
	if len(m.pending) == 0 || len(m.recent) == 0 {
		return
	}
	oldest, newest := m.recent[0].end, m.recent[0].end
	for i := range m.recent {
		oldest, newest = min(oldest, m.recent[i].end), max(newest, m.recent[i].end)
	}
	m.pending = slices.DeleteFunc(m.pending, func(s slow) bool {
		if !end && newest-s.end < settled {
			return false
		}
		if len(m.recent) < maxRecent || s.start >= oldest { // else some of what ran is forgotten
			m.account(s)
		}
		return true
	})
}

// itself stands for the slow span.
var itself = &operationTotals{name: "itself"}

// account adds what the service ran during a slow span to its operation, the span itself included: if it computed all the while, that is why.
func (m *meanwhile) account(s slow) {
	if s.of.meanwhile == nil {
		s.of.meanwhile = make(map[*operationTotals]float64)
	}
	s.of.meanwhileOver += float64(s.end - s.start)
	for i := range m.recent {
		r := &m.recent[i]
		overlap := min(r.end, s.end) - max(r.start, s.start)
		if overlap <= 0 || r.by.service != s.of.service {
			continue
		}
		by := r.by
		if r.id == s.id && r.id != 0 {
			by = itself
		}
		s.of.meanwhile[by] += float64(r.polled) * float64(overlap) / float64(r.end-r.start)
	}
}
