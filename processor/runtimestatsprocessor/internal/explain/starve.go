// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// lackState says whether a span lacked a CPU.
type lackState uint8

const (
	untold   lackState = iota // the kernel does not tell of its process
	none                      // it lacked hardly any
	unknown                   // the kernel has not told of its time yet
	doubtful                  // its process lacked some, and it may have been among those who did
	starved                   // it did, and for most of what it took
)

// lack is for how long a span lacked a CPU.
type lack struct {
	state lackState
	ns    int64 // as an estimate
	most  int64 // all that the threads lacked in the intervals that cover it; Unknown where none do
	poll  int64 // how long its longest poll usually is
}

const (
	// scarce is the share of CPU wait from which on a process lacks CPU. On a busy machine some percent are common.
	scarce = 0.05
	// crowded is the share from which on a poll that is longer than usual is taken to have waited: others have the CPUs again and again.
	crowded = 0.25
	// crowdedShare is the share of the time in which no worker had a CPU from which on whoever waited did so for a CPU, and maxCrowd the number
	// of workers that are reckoned with.
	crowdedShare = 0.5
	maxCrowd     = 4
	// lately is how many intervals before a span tell of its time, if none cover it yet.
	lately = 3
)

// cpuStarved looks for a span that was slow because its threads had no CPU. The kernel says how much was missing in its process at that time, but
// not when, nor to whom. Two things say who it was:
//
//   - A process that is stopped is silent. It makes no span and ends none, though this one should have ended: it takes so much longer
//     than is usual.
//   - The span is a poll that is longer than is usual. A thread in a poll runs, if it can.
//
// Both may have other causes. So no more of them counts than the kernel's figures explain.
func (j *judgement) cpuStarved(p *Process) {
	s := j.Span
	if s.Duration < 0 {
		return
	}
	usual, poll := j.usual.Usual()
	excess := max(0, s.Duration-usual)
	if !s.Late {
		p.stops.see(s.Start, s.End, excess, max(0, min(poll, s.Busy)))
	}
	j.lack = j.lacked(p, excess, poll)
	if !s.Late {
		j.usual.AddUsual(s.Duration, s.mostPoll(), j.lack.ns >= s.Duration/notable)
	}
	switch j.lack.state {
	case starved:
		j.found(findings.CPUStarved)
	case none:
		j.not(findings.CPUStarved)
	case doubtful, unknown:
		j.because(CPUDoubtful, findings.CPUStarved)
	case untold:
	}
}

func (j *judgement) lacked(p *Process, excess, poll int64) lack {
	s := j.Span
	l := lack{state: none, poll: poll, most: Unknown}
	if s.Duration < j.limits.Wait && s.Duration < j.limits.Poll/unusual {
		return l // nothing is said of it
	}
	account, covered, near := j.account()
	switch {
	case covered:
		l.most = account.Wait
	case !near && max(s.CPU.Last, s.End)-min(s.CPU.Last, s.End) > minute:
		l.state = untold
		return l
	case !near:
		l.state = unknown
		return l
	}
	switch {
	case account.Ratio() >= scarce:
		l.ns = min(max(p.stopped(s, &account), j.waitedInPoll(&account, poll), p.crowdedOut(&account, excess)), excess)
	case covered, !j.scarceLately():
		return l
	default: // nothing was missing shortly before; but the next stop may be this one
		l.state = unknown
		if p.stops.beats {
			l.ns, _ = p.stops.silence(s.Start, s.End)
			l.ns = min(l.ns, excess)
		}
	}
	if covered {
		l.ns = min(l.ns, account.Wait)
	}
	switch {
	case l.ns >= j.limits.Wait && 2*l.ns >= s.Duration:
		l.state = starved
	case l.state == none && (l.ns > 0 || excess >= j.limits.Wait):
		l.state = doubtful
	}
	return l
}

// account returns what the kernel said of the span's threads at its time, if intervals cover it, and shortly before otherwise.
func (j *judgement) account() (a cputime.Account, covered, near bool) {
	if a, covered = j.Account(); covered {
		return a, true, true
	}
	a, near = j.CPU.Before(semconv.ThreadGroup(j.ThreadName), j.End, lately)
	return a, false, near
}

// scarceLately reports whether the process lacked CPU now and then.
func (j *judgement) scarceLately() bool {
	const longer = 60
	a, _ := j.CPU.Before("", j.End, longer)
	return a.Ratio() >= scarce/2
}

// stopped returns for how long the process was stopped during a span, by its silences. Of those that did not end when a quota lets threads go
// on, the part counts that the kernel's figures explain.
func (p *Process) stopped(s *Span, account *cputime.Account) int64 {
	onBeat, offBeat := p.stops.silence(s.Start, s.End)
	if offBeat == 0 {
		return onBeat
	}
	from := max(account.From, p.stops.since())
	if from >= account.To {
		return onBeat
	}
	allOn, allOff := p.stops.silence(from, account.To)
	waits := float64(account.Wait) * float64(account.To-from) / float64(account.To-account.From)
	waits /= float64(max(1, (p.workers+1)/2)) // each thread that could run waits
	if allOff == 0 {
		return onBeat + offBeat
	}
	if p.stops.beats && waits < 2*float64(allOn) {
		return onBeat // these are what the process waited for
	}
	explained := min(1, max(0, waits-float64(allOn))/float64(allOff))
	return onBeat + int64(explained*float64(offBeat))
}

// crowdedOut returns for how long a span that took so much longer than is usual waited for a CPU, where others had the CPUs for most of the
// time: all of its threads waited again and again, each on its own.
func (p *Process) crowdedOut(account *cputime.Account, longer int64) int64 {
	ratio := account.Ratio()
	share := ratio
	for range min(p.workers, maxCrowd) - 1 {
		share *= ratio
	}
	if share < crowdedShare || account.Wait < longer || 2*account.Wait < account.To-account.From {
		return 0
	}
	return int64(share * float64(longer))
}

// waitedInPoll returns for how long a span's thread waited for a CPU inside its longest poll, if that is longer than usual and others had
// the CPUs.
func (j *judgement) waitedInPoll(account *cputime.Account, usual int64) int64 {
	poll := j.poll()
	if !j.measured() && !j.whole() {
		return 0
	}
	longer := poll - usual
	if longer <= 0 || account.Ratio() < crowded || account.Wait < longer {
		return 0
	}
	return longer
}

// excused reports whether a long poll is none of the code, or may be none, because the CPU was missing. One that is as long as usual, or whose
// thread lacked far less, is not excused.
func (j *judgement) excused(poll int64) bool {
	l := &j.lack
	longer := poll - l.poll
	switch {
	case l.state < unknown, l.poll >= j.limits.Poll, 2*l.poll >= poll:
		return false
	case l.most >= 0 && l.most < longer/4:
		return false
	case l.state == starved:
		j.not(findings.BlockingSuspected, findings.GuardAcrossAwait)
		j.because(CPUMissing, findings.BlockingSuspected)
	default:
		j.because(CPUDoubtful, findings.BlockingSuspected)
	}
	return true
}

// without returns what is left of a time without that in which the span lacked a CPU.
func (j *judgement) without(ns int64) int64 {
	if j.lack.state != starved {
		return ns
	}
	return max(ns-j.lack.ns, min(ns, 0))
}
