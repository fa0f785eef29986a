// SPDX-License-Identifier: Apache-2.0

package explain

// Bounds of how many threads are watched at a time for what they do during and after a long span, and during one that leaves them free.
const (
	maxPending = 16
	maxFree    = 8
	maxOthers  = 7 // spans that a thread makes meanwhile
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
	before     int // of how many traces it made spans in as long a time before
	after      int // and afterwards
	latest     uint64
	whole      bool
	free       bool // the span left its thread free
	settled    bool // it is known whether the thread stayed
	closed     bool // it is known what the thread did meanwhile
	elsewhere  int  // spans that other workers have made since
}

// pendings are the long spans whose threads are watched.
type pendings []pending

// watch waits for what the thread of a long span did meanwhile, and does afterwards.
func (w *pendings) watch(s *Span, site *callsite, made *thread) {
	if len(*w) < maxPending {
		w.add(s, made, pending{site: site, busy: s.Busy, whole: s.whole()})
	}
}

// compare waits for what a thread did during a span that left it free for most of a time which is notable for a poll so long. Where it did
// nothing then, its silence during other spans tells nothing: it may do one thing after the other, as it is asked for one after the other.
// What it is asked for counts, and not what it leaves behind, for which nobody waits.
func (w *pendings) compare(s *Span, made *thread, long int64) {
	if len(*w) < maxFree && made.role() == worker && (s.Top || s.Request) && s.Idle*unusual >= long && s.Busy*notable <= s.Idle {
		w.add(s, made, pending{free: true, settled: true})
	}
}

func (w *pendings) add(s *Span, made *thread, long pending) {
	long.thread, long.trace, long.start, long.end = s.Thread, s.Trace, s.Start, s.End
	for i := range made.starts {
		b := made.starts[i]
		if long.see(b); b.at <= s.Start && b.at > s.Start-long.busy {
			long.before++
		}
	}
	*w = append(*w, long)
}

func (w *pending) see(b beginning) {
	if b.trace != w.trace && b.at > w.start && b.at < w.end && w.n < maxOthers {
		w.others[w.n] = b.at
		w.n++
	}
}

// follow learns of the threads of long spans from the next span that comes, at a time at which the process has so many workers.
func (w *pendings) follow(s *Span, threads *threads, workers int, now int64) {
	made := threads.of(s.Thread)
	for i := 0; i < len(*w); {
		long := &(*w)[i]
		if s.Thread == long.thread && s.Trace != long.latest && s.Start >= long.end && s.Start < long.end+long.busy {
			long.latest = s.Trace
			long.after++
		}
		switch {
		case s.Thread == long.thread && s.Start < long.end:
			long.see(beginning{at: s.Start, trace: s.Trace})
		case s.Thread == long.thread && !long.settled && (s.Request || s.Idle >= waits):
			long.settled = true
			long.site.stayed.add()
		case long.whole && !long.settled && s.Start > long.end && made.role() == worker:
			if long.elsewhere++; long.elsewhere >= 8*max(workers, 2) {
				long.settled = true
				long.site.left.add()
				threads.of(long.thread).forget()
			}
		}
		if now < long.end+patience {
			i++
			continue
		}
		if !long.closed {
			long.close(threads.of(long.thread))
			long.closed = true
		}
		if long.whole && !long.settled && now < long.end+minute { // a process that has little to do takes its time
			i++
			continue
		}
		last := len(*w) - 1
		(*w)[i] = (*w)[last]
		*w = (*w)[:last]
	}
}

// close adds what is known by now to what is known of the thread, or of the callsite. A thread that was held for the busy time made no span
// for about as long, at some time between start and end. What it would have made is judged by what it made just before and just after: those who
// send bursts, or one request after the other, leave it silent in between.
func (w *pending) close(made *thread) {
	if w.free {
		made.free.add(float32(w.n), min(made.expected(w.end-w.start), maxOthers))
		return
	}
	w.site.silence.add(lasted(w.busy, silent(w.others[:w.n], w.start, w.end)), float32(min(w.before, w.after))*made.free.share())
}
