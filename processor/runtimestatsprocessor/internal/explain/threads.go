// SPDX-License-Identifier: Apache-2.0

package explain

// role is what a thread is there for.
type role uint8

const (
	unknownRole role = iota
	worker           // polls tasks: when it is held, they wait
	pool             // is there to be blocked
)

const (
	maxThreads = 256 // a power of two. Thread ids are small numbers, given one after the other
	maxStarts  = 8   // recent spans of a thread
	maxPolls   = 16  // its recent long polls

	// waits is the idle time that a span of a pool thread does not have. Of 182,142 spans of six services 0.4 % of those on any pool thread
	// had more, and at least 46 % of those on any worker.
	waits    = 1_000_000
	enough   = 20  // spans without any make a pool thread
	halfLife = 200 // spans after which the older ones count half
	alive    = 2_000_000_000
	recent   = 1_000 // spans of a process

	patience = 1_000_000_000 // ns for spans to come that were made meanwhile, or afterwards
	minute   = 60_000_000_000
)

// thread is what the spans of one thread have told.
type thread struct {
	id           int64
	spans, idler uint16 // and those of them that waited
	request      bool   // it makes the spans of requests
	arbiter      bool
	named        bool                 // as the workers of a known runtime are
	next         uint8                // place in starts
	last         int64                // end of its last span
	nth          int                  // number of that in the process
	starts       [maxStarts]beginning // of different traces
	traces       int                  // of which it has made spans
	since        int64
	rate         float64 // of them a second, lately
	free         freedom
	polls        []longPoll // the next one takes the place of the oldest
	nextPoll     int
}

// beginning is when a thread made a span, of which trace.
type beginning struct {
	at    int64
	trace uint64
	root  int64 // when it made the trace's span that has no parent in the process, 0 if it did not
}

func (t *thread) role() role {
	switch {
	case t == nil:
		return unknownRole
	case t.request || t.arbiter || t.idler > 0 && int(t.idler)*oneIn >= int(t.spans):
		return worker
	case t.spans >= enough:
		return pool
	default:
		return unknownRole
	}
}

// see learns from a span that the thread made.
func (t *thread) see(s *Span) {
	if t.spans >= halfLife {
		t.spans, t.idler = t.spans/2, t.idler/2
	}
	if s.Busy >= 0 {
		t.spans++
		if s.Idle >= waits || s.Polls > 1 {
			t.idler++
		}
	}
	t.request = t.request || s.Request
	t.arbiter = t.arbiter || s.Arbiter
	t.named = t.named || s.Worker
	t.last = max(t.last, s.End)
	if last := &t.starts[(t.next-1)%maxStarts]; last.trace == s.Trace {
		if s.Top {
			last.root = s.Start
		}
		return
	}
	b := beginning{at: s.Start, trace: s.Trace}
	if s.Top {
		b.root = s.Start
	}
	t.starts[t.next%maxStarts] = b
	t.next++
	t.traces++
	if elapsed := s.End - t.since; elapsed >= patience || elapsed < 0 {
		t.rate = 0
		if elapsed < minute {
			t.rate = float64(t.traces) * patience / float64(elapsed)
		}
		t.traces, t.since = 0, s.End
	}
}

// expected is how many traces the thread makes spans of in a time, if it is free.
func (t *thread) expected(ns int64) float32 { return float32(float64(ns) / patience * t.rate) }

// forget takes back what the thread is taken for: it has become another.
func (t *thread) forget() { t.spans, t.idler, t.request = 0, 0, false }

// madeOthers reports whether the thread made a span of another trace during the span, well after its start and before its end: it
// cannot have been inside the span all the time.
func (t *thread) madeOthers(s *Span) bool {
	for i := range t.starts {
		if at := t.starts[i].at; at > s.Start+handover && at < s.End-handover && t.starts[i].trace != s.Trace {
			return true
		}
	}
	return false
}

// mayHavePolled reports whether the thread can have been inside the span for as long as that was busy, for all that it made meanwhile.
func (t *thread) mayHavePolled(s *Span) bool {
	if s.whole() {
		return !t.madeOthers(s)
	}
	var others [maxStarts]int64
	n := 0
	for i := range t.starts {
		if b := &t.starts[i]; b.trace != s.Trace && b.at > s.Start && b.at < s.End {
			others[n] = b.at
			n++
		}
	}
	return lasted(s.Busy, silent(others[:n], s.Start, s.End))
}

// madeRoot reports whether it made one without a parent then. Whatever begins while a guard is held becomes the child of that, unless it is
// told another parent.
func (t *thread) madeRoot(s *Span) bool {
	for i := range t.starts {
		if b := &t.starts[i]; b.root > s.Start+handover && b.root < s.End-handover && b.trace != s.Trace {
			return true
		}
	}
	return false
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

// threads are those of a process. Each is at one of the ways places from that of its id on.
type threads []*thread

// of returns the thread of an id, nil for none. A new one takes the place of the one that made no span for longest: a blocking pool that
// starts threads again and again shall not drive the workers out.
func (t *threads) of(id int64) *thread {
	if id < 0 {
		return nil
	}
	if *t == nil {
		*t = make(threads, maxThreads)
	}
	var oldest **thread
	for i := range int64(ways) {
		place := &(*t)[(id%maxThreads+i)%maxThreads]
		switch {
		case *place != nil && (*place).id == id:
			return *place
		case oldest == nil, *oldest != nil && (*place == nil || (*place).nth < (*oldest).nth):
			oldest = place
		}
	}
	*oldest = &thread{id: id}
	return *oldest
}

// workers calls visit for each worker that has made a span lately, at a time at which the process has made so many. Of a process that has little
// to do no worker need make one for long.
func (t threads) workers(now int64, spans int, visit func(*thread)) {
	for _, found := range t {
		if found != nil && (found.last > now-alive || found.nth > spans-recent) && found.role() == worker {
			visit(found)
		}
	}
}
