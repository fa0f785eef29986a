// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	scarce = cputime.Scarce
	// crowded is the share from which on a poll that is longer than usual is taken to have waited: others have the CPUs again and again.
	crowded = cputime.Crowded
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
	if p.stops == nil {
		p.stops = new(stops)
	}
	usual, poll := j.usual.Usual()
	excess := int64(Unknown)
	if usual >= 0 {
		excess = max(0, s.Duration-usual)
	}
	if !s.Late {
		own := int64(0)
		if s.measured() || s.whole() {
			own = max(0, min(poll, s.Busy))
		}
		p.stops.see(s.Start, s.End, max(0, excess), own)
	}
	j.lack = j.lacked(p, excess, poll)
	if !s.Late {
		j.usual.AddUsual(s.Duration, s.mostPoll(), j.lack.ns >= s.Duration/notable)
	}
	switch j.lack.state {
	case lacking:
		j.found(findings.CPUStarved)
	case none:
		j.not(findings.CPUStarved)
	case doubtful, unknown:
		j.because(CPUDoubtful, findings.CPUStarved)
	case untold:
	}
}

// lacked says whether the span lacked a CPU. excess and poll are by how much it took longer than usual, and how long its polls usually are, both
// unknown until the operation has shown it.
func (j *judgement) lacked(p *Process, excess, poll int64) lack {
	s := j.Span
	l := lack{state: none, poll: poll, most: Unknown}
	if j.asUsual(excess, poll) {
		return l
	}
	account, covered := j.account()
	p.stops.told = p.stops.told || account.Quota.Throttled > 0
	switch {
	case covered:
		l.most = account.Wait
		if account.Ratio() < scarce {
			return l
		}
	case !s.CPU.Tells(s.End):
		l.state = untold
		return l
	}
	l.ns = j.estimate(p, &account, covered, excess, poll)
	switch {
	case l.ns > 0:
		l.state = lacking
	case covered:
		l.state, l.ran = doubtful, j.wentOn(p, &account, poll)
	default:
		l.state, l.ran = unknown, s.CPU.Healthy(s.Start, s.End) && (account.Ratio() < scarce || j.wentOn(p, &account, poll))
	}
	return l
}

// asUsual reports whether the span took hardly longer than usual.
func (j *judgement) asUsual(excess, poll int64) bool {
	if excess < 0 {
		excess = j.Duration // at most
	}
	return max(excess, j.mostPoll()-max(0, poll)) < j.limits.Poll/unusual
}

// estimate returns for how long the span lacked a CPU, 0 if that is not certain, as it is as long as nobody knows what is usual. The account is of its time, or, if that is not covered, of shortly
// before.
func (j *judgement) estimate(p *Process, account *cputime.Account, covered bool, excess, poll int64) int64 {
	switch {
	case account.Ratio() >= scarce:
		ns := j.missing(p, account, covered, excess, poll)
		if covered && !account.Partial && ns > account.Whole.Wait {
			return 0 // so much was not missing
		}
		return ns
	case j.scarceLately(): // nothing was missing shortly before; but the next stop may be this one
		onBeat, _ := p.stops.silence(j.Start, j.End)
		return j.sharp(min(onBeat, excess))
	default:
		return 0
	}
}

// wentOn reports whether others of the process went on while the span was in a poll that is longer than usual, and had CPUs.
func (j *judgement) wentOn(p *Process, account *cputime.Account, poll int64) bool {
	onBeat, offBeat := p.stops.silence(j.Start, j.End)
	return poll >= 0 && account.Quota.Throttled == 0 && account.Ratio() < crowded/2 && 2*(onBeat+offBeat) < j.mostPoll()-poll
}

// account returns what the kernel said of the span's threads at its time, if intervals cover it, and otherwise what it said shortly before,
// which may be nothing.
func (j *judgement) account() (a cputime.Account, covered bool) {
	if a, covered = j.Account(); !covered {
		a, _ = j.CPU.Before(semconv.ThreadGroup(j.ThreadName), j.End, lately)
	}
	return a, covered
}

// scarceLately reports whether the process lacked CPU now and then.
func (j *judgement) scarceLately() bool {
	const longer = 60
	a, _ := j.CPU.Before("", j.End, longer)
	return a.Ratio() >= scarce/2
}

// excused reports whether a long poll is none of the code, or may be none, because the CPU was missing. One that is as long as usual is not excused, nor
// one in a process that went on meanwhile, or lacked far less.
func (j *judgement) excused(poll int64) bool {
	l := &j.lack
	longer := poll - l.poll
	switch {
	case !l.possible(), l.poll >= j.limits.Poll, 2*l.poll >= poll:
		return false
	case l.most >= 0 && l.most < longer/4:
		return false
	case l.state == lacking && 2*l.ns >= longer:
		j.not(findings.BlockingSuspected, findings.GuardAcrossAwait)
		j.because(CPUMissing, findings.BlockingSuspected)
	default:
		j.because(CPUDoubtful, findings.BlockingSuspected)
	}
	return true
}

// without returns what is left of a time without that in which the span lacked a CPU.
func (j *judgement) without(ns int64) int64 {
	if j.lack.state != lacking {
		return ns
	}
	return max(ns-j.lack.ns, min(ns, 0))
}
