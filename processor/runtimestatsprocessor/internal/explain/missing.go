// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
)

// often is the share of CPU wait from which on others have the CPUs again and again, if no quota stops the threads.
const often = 0.4

// shortage is what the kernel said of the threads in the intervals that cover a span, and which part of that was the span's.
type shortage struct {
	*cputime.Account
	workers float64
	// silent is when the process was silent: in the span's time, and in that of the intervals, since it is remembered.
	silent, all struct{ onBeat, offBeat int64 }
	since       int64
	waits       float64 // nanoseconds that the threads waited since then, all of them added up
	throttled   bool    // a quota stopped the process
	unstopped   bool    // none did, in the span's time; that none did before says nothing
	// outlived: for all that is known, a stop may have ended in the span's time. A process that is stopped at a known phase goes on at that
	// phase, so a span that ends before has not met it.
	outlived bool
}

func (j *judgement) shortageOf(p *Process, account *cputime.Account, covered bool) *shortage {
	s := &shortage{Account: account, workers: float64(max(1, int64(p.workers), j.Workers)), since: max(account.From, p.stops.since())}
	s.silent.onBeat, s.silent.offBeat = p.stops.silence(j.Start, j.End)
	s.all.onBeat, s.all.offBeat = p.stops.silence(s.since, account.To)
	s.throttled = account.Quota.Throttled > 0
	if s.unstopped = covered && account.HasQuota && !s.throttled; s.unstopped {
		s.silent.onBeat, s.silent.offBeat = 0, s.silent.onBeat+s.silent.offBeat
		s.all.onBeat, s.all.offBeat = 0, s.all.onBeat+s.all.offBeat
	}
	s.waits = float64(account.Wait)
	if account.To > account.From {
		s.waits *= float64(max(0, account.To-s.since)) / float64(account.To-account.From)
	}
	s.outlived = !s.throttled || !p.stops.beats || p.stops.goesOn(j.Start, j.End)
	return s
}

// missing returns for how long the span lacked a CPU, as an estimate: 0 if that is not certain, or not long, or little of the span.
func (j *judgement) missing(p *Process, account *cputime.Account, covered bool, excess, poll int64) int64 {
	s := j.shortageOf(p, account, covered)
	ns := max(j.sharp(min(s.silent.onBeat, excess)), j.silent(s, p.stops.beats, excess))
	if account.Named { // else others of the process may have waited
		ns = max(ns, j.waitedInPoll(account, poll), j.crowdedOut(s, excess))
	}
	return ns
}

// sharp returns how much of a silence on the beat counts.
func (j *judgement) sharp(onBeat int64) int64 {
	if 2*onBeat < j.limits.Wait || 7*onBeat < j.Duration {
		return 0
	}
	return onBeat
}

// silent returns how much of all silence counts: of that off the beat, no more than the kernel's figures leave to explain.
func (j *judgement) silent(s *shortage, beats bool, excess int64) int64 {
	lacks := s.throttled || beats && !s.unstopped || s.Ratio() >= crowded // else nothing stops it, and others take too little
	stopped := s.waits / max(1, s.workers/2)                              // half of the threads have something to do
	if s.silent.offBeat == 0 || !lacks || !s.outlived || beats && stopped < 2*float64(s.all.onBeat) {
		return 0 // those on the beat, if any, are what it waited for
	}
	explained := min(1, max(0, stopped-float64(s.all.onBeat))/float64(max(s.all.offBeat, 1)))
	ns := min(s.silent.onBeat+int64(explained*float64(s.silent.offBeat)), excess)
	if ns < j.limits.Wait || 5*ns < 2*j.Duration {
		return 0
	}
	return ns
}

// waitedInPoll returns for how long a span's thread waited for a CPU inside its longest poll, if that is longer than usual and others had
// the CPUs.
func (j *judgement) waitedInPoll(account *cputime.Account, usual int64) int64 {
	poll := j.poll()
	if usual < 0 || !j.measured() && !j.whole() {
		return 0
	}
	longer := poll - usual
	if longer < j.limits.Wait || 2*longer < j.Duration || account.Ratio() < crowded/2 || account.Wait < longer {
		return 0
	}
	return longer
}

// crowdedOut returns for how long a span had no CPU because others had them again and again: of what it took longer than usual, the share
// that each of its threads waited for of all its time. What a quota stopped them for counts only if the span outlived a stop.
func (j *judgement) crowdedOut(s *shortage, excess int64) int64 {
	waited, since := s.waits-s.workers*float64(s.all.onBeat), s.since
	if !s.outlived {
		if s.Quota.Stopped <= 0 {
			return 0 // nobody said for how long a quota stopped them, though one did
		}
		waited, since = float64(s.Wait-s.Quota.Stopped), s.From
	}
	if waited <= 0 || waited < often*(waited+float64(s.OnCPU)) || 3*excess < j.Duration || since >= s.To {
		return 0
	}
	ns := int64(waited / s.workers / float64(s.To-since) * float64(excess))
	if 10*ns < 7*j.limits.Wait || notable*ns < j.Duration {
		return 0
	}
	return ns
}
