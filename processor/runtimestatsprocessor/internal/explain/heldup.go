// SPDX-License-Identifier: Apache-2.0

package explain

import "slices"

// hold remembers a long poll, for those that it held up.
func (p *Process) hold(s *Span, made *thread, busy int64) {
	if made == nil {
		return
	}
	l := longPoll{start: s.Start, end: s.End, busy: busy, whole: s.whole(), trace: s.Trace, name: s.Name()}
	if made.holdsAt(&l) {
		p.several = maxSeveral
	}
	made.keep(l)
	p.lastLong = max(p.lastLong, s.End)
}

// heldUp returns how much of the span's idle time all the threads that could have polled it spent inside long polls of others, at least, and
// the name of the span that took the most of it; Unknown if that cannot be told.
func (p *Process) heldUp(s *Span, made *thread, least int64) (ns int64, by string) {
	if s.Idle < 0 || made.role() != worker || p.several > 0 {
		return Unknown, ""
	}
	if !made.arbiter && p.spans < settled {
		return Unknown, "" // there may be workers that have said nothing yet
	}
	if s.Idle < least || p.lastLong < s.Start {
		return 0, ""
	}
	if p.alone(made) {
		return made.insideOthers(s)
	}
	return p.allInsideOthers(s)
}

// alone reports whether the tasks that a thread polls are polled by no other. A thread that has the name which a runtime gives its workers
// shares its tasks with others of such a name only: what somebody named otherwise is another executor's.
func (p *Process) alone(made *thread) bool {
	switch {
	case made == nil:
		return false
	case made.arbiter:
		return true
	case p.spans < settled || made.role() != worker:
		return false
	case made.named:
		return p.alike == 1
	default:
		return p.workers == 1
	}
}

// settled is after how many spans all workers of a process have made some.
const settled = 200

// allInsideOthers returns how long all workers were inside long polls at once. Only polls of which it is known when they were count.
func (p *Process) allInsideOthers(s *Span) (ns int64, by string) {
	var all []shared
	first := true
	p.threads.workers(s.End, p.spans, func(t *thread) {
		var mine []shared
		for i := range t.polls {
			if l := &t.polls[i]; l.busy > 0 && l.whole && l.trace != s.Trace && l.within(s.Start, s.End) > 0 {
				mine = append(mine, shared{max(l.end-l.busy, s.Start), min(l.end, s.End), l.name})
			}
		}
		slices.SortFunc(mine, func(a, b shared) int { return int(a.from - b.from) })
		if first {
			all, first = mine, false
			return
		}
		all = intersect(all, mine)
	})
	most := int64(0)
	for _, part := range all {
		ns += part.to - part.from
		if part.to-part.from > most {
			most, by = part.to-part.from, part.name
		}
	}
	// Where the polls of the span itself were is not known: they may have been at these times.
	return min(max(0, ns-max(s.Busy, 0)), s.Idle), by
}
