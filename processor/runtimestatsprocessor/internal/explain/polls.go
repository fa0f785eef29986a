// SPDX-License-Identifier: Apache-2.0

package explain

import "slices"

// longPoll is a time in which a thread was inside the polls of one span.
type longPoll struct {
	start, end int64  // of the span
	busy       int64  // of it, in polls that are not those of its children
	whole      bool   // one poll, to the end of the span
	trace      uint64 // 0: none
	name       string
}

// within returns how long the thread was inside these polls between two times, at least.
func (l *longPoll) within(from, to int64) int64 {
	start := l.start
	if l.whole {
		start = l.end - l.busy
	}
	inside := min(l.end, to) - max(start, from)
	if inside <= 0 {
		return 0
	}
	if l.whole {
		return inside
	}
	// It is not known when the polls were. As many of them as there is room for were outside.
	return max(0, l.busy-(l.end-l.start-inside))
}

// keep remembers a long poll of the thread.
func (t *thread) keep(l longPoll) {
	if len(t.polls) < maxPolls {
		t.polls = append(t.polls, l)
		return
	}
	t.polls[t.nextPoll%maxPolls] = l
	t.nextPoll++
}

// heldUp returns how much of the span's idle time all the threads that could have polled it spent inside long polls of others, at least, and
// the name of the span that took the most of it; Unknown if that cannot be told.
func (p *Process) heldUp(s *Span, made *thread, least int64) (ns int64, by string) {
	if s.Idle < 0 || made.role() != worker {
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

// alone reports whether the tasks that a thread polls are polled by no other.
func (p *Process) alone(made *thread) bool {
	return made != nil && (made.arbiter || p.spans >= settled && p.workers == 1 && made.role() == worker)
}

// settled is after how many spans all workers of a process have made some.
const settled = 200

// insideOthers sums up the long polls of one thread, which are never at the same time.
func (t *thread) insideOthers(s *Span) (ns int64, by string) {
	most := int64(0)
	for i := range t.polls {
		l := &t.polls[i]
		if l.busy == 0 || l.trace == s.Trace {
			continue
		}
		inside := l.within(s.Start, s.End)
		ns += inside
		if inside > most {
			most, by = inside, l.name
		}
	}
	return min(ns, s.Idle), by
}

// shared is a time, and whose polls it was in.
type shared struct {
	from, to int64
	name     string
}

// allInsideOthers returns how long all workers were inside long polls at once. Only polls of which it is known when they were count.
func (p *Process) allInsideOthers(s *Span) (ns int64, by string) {
	var all []shared
	first := true
	p.threads.workers(s.End, func(t *thread) {
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

// intersect returns the times that are in both lists.
func intersect(a, b []shared) (both []shared) {
	for len(a) > 0 && len(b) > 0 {
		from, to := max(a[0].from, b[0].from), min(a[0].to, b[0].to)
		if from < to {
			longer := a[0]
			if b[0].to-b[0].from > longer.to-longer.from {
				longer = b[0]
			}
			both = append(both, shared{from, to, longer.name})
		}
		if a[0].to < b[0].to {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}
