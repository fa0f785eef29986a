// SPDX-License-Identifier: Apache-2.0

package explain

import "slices"

// maxCallsites bounds the table, a power of two.
const maxCallsites = 512

// votes count what was seen, up to a limit at which the older ones count half.
type votes uint8

const maxVotes = 128

func (v *votes) add() {
	if *v++; *v >= maxVotes {
		*v /= 2
	}
}

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

	rest    rest
	silence silence
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

// silence is what the threads of a callsite's long spans did while these were being polled, for all that other spans tell.
type silence struct {
	expected    float32 // spans that the threads would have made meanwhile, had they been free
	kept, broke votes   // whether a thread made none for about as long
}

// convincing is how many spans must have been missed to believe that a thread was not free: had it been, there would have been none
// with a chance of exp(-10).
const convincing = 10

// held reports whether the spans held their threads for about as long as they were busy.
func (s *silence) held() bool {
	return s.expected >= convincing && int(s.broke)*oneIn <= int(s.kept)
}

// broken reports whether the threads did other things in one of four of the spans or more.
func (s *silence) broken() bool { return 4*int(s.broke) > int(s.kept)+int(s.broke) }

// maxPending bounds how many threads are watched at a time for what they do during and after a long span.
const (
	maxPending = 16
	maxOthers  = 7             // spans that a thread makes meanwhile
	patience   = 1_000_000_000 // ns for spans to come that were made meanwhile, or afterwards
	minute     = 60_000_000_000
)

// pending is a long span of which it is not known yet what its thread did.
type pending struct {
	site       *callsite
	thread     int64
	trace      uint64
	start, end int64
	busy       int64
	others     [maxOthers]int64 // when the thread made spans of other traces, between start and end
	n          int
	whole      bool
	free       bool // the span left the thread free
	settled    bool // it is known whether the thread stayed
	elsewhere  int  // spans that other workers have made since
}

// watch waits for what the thread of a long span did meanwhile, and does afterwards.
func (p *Process) watch(j *judgement) {
	if len(p.pendings) < maxPending {
		p.pend(j, pending{busy: j.Busy, whole: j.whole()})
	}
}

// compare waits for what a thread did during a span that left it free. Where it did nothing then, its silence during others tells nothing:
// it may run one thing after the other.
func (p *Process) compare(j *judgement) {
	if len(p.pendings) < maxPending/2 && j.made.role() == worker && j.Idle*unusual >= j.limits.Poll && j.Idle-j.Idle/notable >= j.Busy*notable {
		p.pend(j, pending{free: true})
	}
}

func (p *Process) pend(j *judgement, w pending) {
	w.site, w.thread, w.trace, w.start, w.end = j.site, j.Thread, j.Trace, j.Start, j.End
	for i := range j.made.starts {
		w.see(j.made.starts[i])
	}
	p.pendings = append(p.pendings, w)
}

func (w *pending) see(b beginning) {
	if b.trace != w.trace && b.at > w.start && b.at < w.end && w.n < maxOthers {
		w.others[w.n] = b.at
		w.n++
	}
}

// follow tells the threads of long spans from the next span that comes.
func (p *Process) follow(s *Span, made *thread) {
	for i := 0; i < len(p.pendings); {
		w := &p.pendings[i]
		switch {
		case s.Thread == w.thread && s.Start < w.end:
			w.see(beginning{s.Start, s.Trace})
		case s.Thread == w.thread && !w.settled && !w.free && (s.Request || s.Idle >= waits):
			w.settled = true
			w.site.stayed.add()
		case w.whole && !w.settled && !w.free && s.Start > w.end && made.role() == worker:
			if w.elsewhere++; w.elsewhere >= 8*max(p.workers, 2) {
				w.settled = true
				w.site.left.add()
				p.threads.of(w.thread).forget()
			}
		}
		if p.now < w.end+patience {
			i++
			continue
		}
		w.close(p.threads.of(w.thread))
		last := len(p.pendings) - 1
		p.pendings[i] = p.pendings[last]
		p.pendings = p.pendings[:last]
	}
}

// close adds what is known by now to what is known of the callsite. A thread that was held for the busy time made no span for about as
// long, at some time between start and end.
func (w *pending) close(made *thread) {
	if w.free {
		made.free.add(float32(w.n), min(made.expected(w.end-w.start), maxOthers))
		return
	}
	others := w.others[:w.n]
	slices.Sort(others)
	gap, from := int64(0), w.start
	for _, at := range others {
		gap, from = max(gap, at-from), at
	}
	gap = max(gap, w.end-from)
	held := &w.site.silence
	count(&held.kept, &held.broke, gap >= w.busy-w.busy/5)
	if held.expected += made.expected(w.busy) * made.free.share(); held.expected > 10*convincing {
		held.expected /= 2
	}
}
