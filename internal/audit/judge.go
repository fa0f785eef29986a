// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"time"
)

// judge gives the verdict over all runs, each of which has its own. In a partial account some of what arrived is not, whichever run it is of: what would be no
// fault beside that is not certain.
func (report *Report) judge(e *Expectations, closing, partial bool) {
	find := func(unknown bool, expectation, format string, values ...any) {
		report.Findings = append(report.Findings, Finding{Expectation: expectation, Message: fmt.Sprintf(format, values...), Unknown: unknown})
	}
	u := report.Unexpected
	if n := u.Unstamped + u.Malformed; n > 0 && !e.AllowUnexpected {
		find(false, "allow_unexpected", "%s unexpected: %d without a stamp, %d with a malformed one", items(n), u.Unstamped, u.Malformed)
	}
	if u.OverLimit > 0 {
		find(true, "limits", "%s not audited: too many runs or sources", items(u.OverLimit))
	}
	sent, whole := uint64(0), !partial && report.Forgotten.Runs == 0
	for i := range report.Runs {
		whole = whole && !report.Runs[i].partial()
		for k := range report.Runs[i].Signals {
			sent += report.Runs[i].Signals[k].offered()
		}
	}
	if u.Corrupt > 0 && float64(u.Corrupt) > e.MaxCorrupt*float64(sent) {
		find(!whole && e.MaxCorrupt > 0, "max_corrupt", "%s with a wrong checksum, of no run that is known: the stamp was changed", items(u.Corrupt))
	}
	if f := report.Forgotten; f.Failed > 0 {
		find(false, "forgotten_runs", "%d of %d runs that are held no more were not as expected", f.Failed, f.Runs)
	}
	if f := report.Forgotten; f.Unknown > 0 {
		find(true, "forgotten_runs", "%d of %d runs that are held no more could not be judged", f.Unknown, f.Runs)
	}
	if len(report.Runs) == 0 && closing {
		find(partial, "runs", "no run has been seen") // others may have seen one
	}
	report.Verdict = verdict(len(report.Runs) > 0 || closing, report.Findings)
	for i := range report.Runs {
		report.Verdict = report.Verdict.worse(report.Runs[i].Verdict)
	}
}

// judge finds what is not as expected, and what of that could not be seen. What can still turn out well is no finding before it is
// final: that something is missing, an end marker included.
func (r *RunReport) judge(e *Expectations, now time.Time, disagreeing uint64) {
	sent := uint64(0)
	for i := range r.Signals {
		r.judgeSignal(e, &r.Signals[i])
		sent += r.Signals[i].offered() + r.Signals[i].OverLimit
	}
	if r.Final && sent == 0 {
		r.doubt("runs", nil, "the run sent nothing")
	} else {
		r.judgeEmpty()
	}
	r.judgeChanges(e)
	r.judgeClassNames(e)
	r.judgeOddKinds(e)
	if disagreeing > 0 {
		r.find("end_marker", nil, "%d end markers disagree with one of another signal or source: was the generator restarted under the same run_id?", disagreeing)
	}
	if r.Unclean > 0 && r.Final {
		r.doubt("storage", nil, "the audit died %d times during the run: what it took shortly before is forgotten. That may be what is missing, and have had faults", r.Unclean)
	}
	if r.again && r.Final {
		r.doubt("forgotten_runs", nil, "the run made room for others before it had ended, and came again: what came of it before may be what is missing, and have had faults")
	}
	for _, why := range r.absent {
		if r.Final {
			r.doubt("verifiers", nil, "%s. What is missing may be there, and may have had faults", why)
		}
	}
	if e.Deadline > 0 {
		r.judgeDeadline(e, now)
	}
	r.Verdict = verdict(r.Final, r.Findings)
}

// judgeDeadline: the first arrival and the last end marker may be known by the clocks of two machines.
func (r *RunReport) judgeDeadline(e *Expectations, now time.Time) {
	most, took := e.Deadline, r.end(now).Sub(r.FirstArrival)
	apart, known := r.clocks.apart()
	certain := known && r.leastEnd(e, now).Sub(r.FirstArrival) > most+apart
	switch {
	case took > most+apart && known && !certain:
		r.doubt("deadline", nil, "%v from the first arrival, and end markers may have come that are not in the account; want at most %v", took.Round(time.Millisecond), most)
	case certain:
		r.find("deadline", nil, "%v from the first arrival to the last end marker; want at most %v", took.Round(time.Millisecond), most)
	case took > most-apart || !known:
		r.doubt("deadline", nil, "%v from the first arrival to the last end marker, by the clocks of %d machines; want at most %v", took.Round(time.Millisecond), r.clocks.n, most)
	}
}

// judgeEmpty: of a signal of which nothing was sent, that all arrived proves nothing.
func (r *RunReport) judgeEmpty() {
	for i := range r.Signals {
		s := &r.Signals[i]
		if !s.Final || s.offered()+s.OverLimit > 0 || !s.SentKnown && s.open() > 0 {
			continue
		}
		why := "let the generator's services send some, or take the signal out of its pipelines"
		if s.GivenUp > 0 {
			why = "all that the generator numbered was refused, and given up"
		}
		r.doubt("runs", s, "nothing was sent of %v, so nothing is known of their way: %s", s.Signal, why)
	}
}

// end is when the last end marker came. While some may still come it is now; where some never came, nothing came after the last arrival.
func (r *RunReport) end(now time.Time) time.Time {
	switch {
	case !r.Final || r.EndedAt == nil:
		return now
	case slices.ContainsFunc(r.Signals, func(s SignalReport) bool { return s.open() > 0 }):
		return r.LastArrival
	default:
		return *r.EndedAt
	}
}

// leastEnd is when the last end marker came at the earliest. Where some of what arrived is not in the account, those that are missing may have come long ago, and of
// those that are there another copy, if there may be copies.
func (r *RunReport) leastEnd(e *Expectations, now time.Time) time.Time {
	switch {
	case !r.partial():
		return r.end(now)
	case r.EndedAt == nil || e.MaxDuplicates > 0:
		return r.FirstArrival
	default:
		return *r.EndedAt
	}
}

func (r *RunReport) judgeSignal(e *Expectations, s *SignalReport) {
	sent := s.offered()
	lossKnown := !r.partial() && s.OverLimit == 0
	drops := r.judgeClasses(e, s)
	drops = r.judgeConsistent(e, s) || drops
	r.judgeTraces(e, s)
	r.judgeOdd(e, s)
	if s.Final {
		switch {
		case e.sampled(s.Signal):
			r.judgeSampled(e.Sampled, s)
		case drops:
			if e.Classes != nil && e.Classes.of(Rest) == kept { // end markers belong to the rest
				r.judgeEnds(e, s)
			}
		default:
			r.judgeLoss(e, s, sent)
			r.judgeEnds(e, s)
		}
		if e.Sources > 0 && s.Sources != e.Sources {
			r.add(lossKnown || s.Sources > e.Sources, "sources", s, "%d sources; want %d", s.Sources, e.Sources)
		}
	}
	r.most("max_duplicates", s, "duplicate", s.Duplicate, sent, e.MaxDuplicates)
	tooCorrupt := r.most("max_corrupt", s, "corrupt", s.Corrupt, sent, e.MaxCorrupt)
	r.judgeContent(e, s)
	switch {
	case !e.Ordered:
	case s.OutOfOrder == NotKnown:
		r.doubt("ordered", s, "not known: items of one source came to several verifiers, and none of them knows in which order")
	case s.OutOfOrder > 0:
		certain := !r.partial() || e.MaxDuplicates == 0 // or a first copy, which is not in the account, came in time
		r.add(certain, "ordered", s, "%s arrived after a later one of the same source; want none", items(uint64(s.OutOfOrder)))
	}
	if s.Beyond > 0 && !e.AllowUnexpected {
		r.find("allow_unexpected", s, "%s with a number that was never sent", items(s.Beyond))
	}
	if s.OverLimit > 0 {
		r.doubt("limits", s, "%s not audited: too many sources, or too much is missing", items(s.OverLimit))
	}
	if s.Disagreeing > 0 {
		certain := !r.partial() || s.Disagreeing > s.outnumbered
		r.add(certain, "end_marker", s, "%d end markers that disagree with an earlier one: was the generator restarted under the same run_id?", s.Disagreeing)
	}
	if e.LatencyP99 > 0 {
		r.judgeLatency(e.LatencyP99, s, tooCorrupt)
	}
}

// judgeLoss takes what may be among the items that could not be audited, or are forgotten, for not certainly lost.
func (r *RunReport) judgeLoss(e *Expectations, s *SignalReport, sent uint64) {
	if float64(s.Lost) <= e.MaxLoss*float64(sent) {
		if float64(s.Lost+s.doubtful) > e.MaxLoss*float64(sent) {
			r.doubt("max_loss", s, "%s missing may be lost: the generator gave up %d, and it is not known which", items(s.doubtful), s.GivenUp)
		}
		return
	}
	least := s.Lost - min(s.Lost, s.OverLimit)
	certain := !r.partial() && float64(least) > e.MaxLoss*float64(sent)
	r.add(certain, "max_loss", s, "%d lost, %d sent: %s; want at most %s", s.Lost, sent, percent(share(s.Lost, sent)), percent(e.MaxLoss))
}

// judgeEnds: a lost end marker is a lost item, and where no other marker tells what its source sent, that is not known. That of a source of which
// nothing at all came tells of more than the loss of some items, whatever share may be lost.
func (r *RunReport) judgeEnds(e *Expectations, s *SignalReport) {
	open := s.open()
	certain := !r.partial() && s.OverLimit == 0
	switch silent := s.silent(); {
	case open == 0:
	case !s.SentKnown:
		r.add(certain, "end_marker", s, "%d of %d sources without an end marker: how much they sent is not known", open, s.Expected())
	case float64(open) > e.MaxLoss*float64(s.Expected()):
		r.add(certain, "end_marker", s, "%d of %d end markers are lost; what was sent is known from others", open, s.Expected())
	case silent > 0:
		r.add(certain, "end_marker", s, "nothing at all came of %d of %d sources, no end marker either; what they sent is known from others", silent, s.Expected())
	}
}

// judgeLatency: items whose latency is not known may have been late. That corrupt ones are among them need not be said again if there are
// too many.
func (r *RunReport) judgeLatency(most time.Duration, s *SignalReport, tooCorrupt bool) {
	unknown := s.Received - min(s.Received, s.Latency.Count+s.Latency.Past)
	if tooCorrupt {
		unknown -= min(unknown, s.Corrupt)
	}
	unknown += min(s.twice, s.Received-unknown) // counted twice, they may hide as many
	l := &s.Latency
	leastP99, mostP99 := l.boundsP99()
	switch {
	case l.NotComparable:
		r.doubt("latency_p99", s, "not comparable: %s", &r.clocks)
	case mostP99 > most && l.P99 <= most:
		r.doubt("latency_p99", s, "not known: %s came to several verifiers and are counted twice; without, it may be %v; want at most %v", items(s.twice), mostP99.Round(time.Microsecond), most)
	case l.P99 > most:
		r.add(!r.partial() && leastP99 > most, "latency_p99", s, "%v; want at most %v", l.P99.Round(time.Microsecond), most)
	case s.Final && s.Latency.Count == 0 && s.Latency.Past > 0:
		r.doubt("latency_p99", s, "not known: all %d that arrived were sent long after they happened, by backfill", s.Latency.Past)
	case s.Final && 100*unknown > s.Received-min(s.Received, s.Latency.Past):
		r.doubt("latency_p99", s, "not known of %d of %d: they are corrupt, or came before they happened by the clocks of both sides", unknown, s.Received)
	}
}

// sentCertain reports whether not more was sent than is known, of which what arrived with a fault would be a smaller share.
func (r *RunReport) sentCertain(s *SignalReport) bool { return s.SentKnown || !r.partial() }

// most finds that a share is too large.
func (r *RunReport) most(expectation string, s *SignalReport, what string, n, of uint64, limit float64) (found bool) {
	if n == 0 || float64(n) <= limit*float64(of) {
		return false
	}
	certain := limit == 0 || r.sentCertain(s)
	if of == 0 {
		r.add(certain, expectation, s, "%d %s, though nothing was sent; want none", n, what)
		return true
	}
	r.add(certain, expectation, s, "%d %s, %d sent: %s; want at most %s", n, what, of, percent(share(n, of)), percent(limit))
	return true
}
