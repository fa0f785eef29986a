// SPDX-License-Identifier: Apache-2.0

package explain

const (
	maxCallsites = 512 // bounds the table, a power of two
	ways         = 4   // places in a table that one id may have
)

// callsite is what the long spans of one place in the code turned out to be.
type callsite struct {
	id   uint64
	last int // the number of its last span in the process

	polled   votes // the parent was polled as long as they were: they ran inside its polls
	unpolled votes // the parent, of the same thread, was not polled meanwhile: a guard kept them entered
	stayed   votes // the thread went on making spans afterwards
	left     votes // it did not: its work had been handed to another thread
	whole    votes // entered once
	broken   votes // entered several times
	prompt   votes // entered as soon as they were made
	tardy    votes // not until later
	children votes // their busy time was that of children
	own      votes // it was not
	early    votes // they came before children of theirs
	top      votes // without a parent in the process
	nested   votes // with one

	here, elsewhere votes // whether the thread that made them made the children that ran inside their polls, too

	usual   usual // how long its spans are idle if nothing holds them up
	rest    rest
	silence silence
}

// usual is about the first quartile of some times, in nanoseconds; 0: there was none. What held up spans without being noticed makes the others
// longer.
type usual float32

// see moves the quartile to the side where the time lies: three steps up weigh as much as one down.
func (u *usual) see(ns int64) {
	const down, up = 1.1, 1.0323
	switch {
	case *u == 0:
		*u = usual(ns)
	case usual(ns) > *u:
		*u *= up
	default:
		*u /= down
	}
}

// rest is how long the ancestors of spans went on after these had begun.
type rest struct {
	outlived, within votes // whether the spans went on after all of them had ended
	most             int64 // the longest of late, in nanoseconds
}

// see notes that the last ancestor ended so long after the start of a span, and how long after that the span itself did.
func (r *rest) see(ancestors, longer, least int64) {
	count(&r.outlived, &r.within, longer >= max(least, ancestors/notable))
	r.most = max(ancestors, r.most-r.most/8)
}

// polledElsewhere reports whether other threads poll the spans than those which make them: tasks of an accept loop, for one.
func (c *callsite) polledElsewhere() bool { return c.elsewhere > c.here }

// sites is a table of callsites. Each is at one of the ways places from that of its id on.
type sites []callsite

// of returns the callsite of an id, for the nth span of the process. A new one takes the place of the one that made no span for longest.
func (s *sites) of(id uint64, nth int) *callsite {
	if *s == nil {
		*s = make(sites, maxCallsites)
	}
	var found *callsite
	for i := range uint64(ways) {
		place := &(*s)[(id+i)%maxCallsites]
		if place.id == id {
			found = place
			break
		}
		if found == nil || place.last < found.last {
			found = place
		}
	}
	if found.id != id {
		*found = callsite{id: id}
	}
	found.last = nth
	return found
}
