// SPDX-License-Identifier: Apache-2.0

package explain

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

// shared is a time, and whose polls it was in.
type shared struct {
	from, to int64
	name     string
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
