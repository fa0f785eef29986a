// SPDX-License-Identifier: Apache-2.0

package explain

// maxSeveral is for how many spans a contradiction is remembered: where two processes are taken for one, of which one has hardly any
// traffic, one comes to light in 2,000 spans (axum, its twin with a tenth of its traces).
const maxSeveral = 16_384

// contradict looks for a span that a thread cannot have made, for it was inside the long poll of another: then several processes are taken
// for one, and their threads mixed up; or the threads that make spans do not poll them. Either way it is not known who held whom up.
// A poll may well make a span of another trace on purpose, and spawn a task for it. But if that is done for most of them, nothing is known
// either, and it is seldom done.
func (p *Process) contradict(s *Span, made *thread) {
	if made == nil || !s.Top && !s.Request {
		return
	}
	for i := range made.polls {
		if l := &made.polls[i]; l.whole && l.trace != s.Trace && s.Start > l.end-l.busy+l.busy/notable && s.Start < l.end-l.busy/notable {
			p.several = maxSeveral
			return
		}
	}
}

// holdsAt reports whether the thread was inside another long poll at the time of this one.
func (t *thread) holdsAt(l *longPoll) bool {
	for i := range t.polls {
		o := &t.polls[i]
		if !o.whole || !l.whole || o.trace == l.trace {
			continue
		}
		if both := min(l.end, o.end) - max(l.end-l.busy, o.end-o.busy); both > min(l.busy, o.busy)/notable {
			return true
		}
	}
	return false
}
