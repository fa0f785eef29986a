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
		p.stops.see(s.Start, s.End, j.waited(excess), own)
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

// waited returns for how long the span may have stood still. Of the first few spans of an operation, that is as long as they took: they must help to
// find the phase of a quota. Of operations of which nothing will ever be known, no span does.
func (j *judgement) waited(excess int64) int64 {
	if excess < 0 && j.usual != nil {
		return j.Duration
	}
	return max(0, excess)
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

// missing returns for how long the span lacked a CPU, as an estimate: 0 if that is not certain, or not long, or little of the span.
func (j *judgement) missing(p *Process, account *cputime.Account, covered bool, excess, poll int64) int64 {
	onBeat, offBeat := p.stops.silence(j.Start, j.End)
	from := max(account.From, p.stops.since())
	allOn, allOff := p.stops.silence(from, account.To)
	throttled := account.Quota.Throttled > 0
	unstopped := covered && account.HasQuota && !throttled // by a quota; of another time that says nothing
	if unstopped {
		onBeat, offBeat, allOn, allOff = 0, onBeat+offBeat, 0, allOn+allOff
	}
	waits := float64(account.Wait) // of all threads, since then
	if account.To > account.From {
		waits *= float64(max(0, account.To-from)) / float64(account.To-account.From)
	}

	ns := j.sharp(min(onBeat, excess))
	workers := float64(max(1, int64(p.workers), j.Workers))
	stopped := waits / max(1, workers/2) // half of the threads have something to do
	stoppable := throttled || !unstopped && p.stops.beats
	lacks := stoppable || account.Ratio() >= crowded/2 // else nothing stops it, and others take little from it
	onlyBeat := p.stops.beats && stopped < 2*float64(allOn)
	if offBeat > 0 && lacks && !onlyBeat { // else those on the beat are what it waited for
		explained := min(1, max(0, stopped-float64(allOn))/float64(max(allOff, 1)))
		if some := min(onBeat+int64(explained*float64(offBeat)), excess); some >= j.limits.Wait && 5*some >= 2*j.Duration {
			ns = max(ns, some)
		}
	}
	if !account.Named {
		return ns // others of the process may have waited
	}
	if some := j.waitedInPoll(account, poll); some >= j.limits.Wait && 2*some >= j.Duration {
		ns = max(ns, some)
	}
	if account.Ratio() >= crowded && 3*excess >= j.Duration && from < account.To {
		left := max(0, waits/workers-float64(allOn))
		if some := int64(left / float64(account.To-from) * float64(excess)); 10*some >= 7*j.limits.Wait && notable*some >= j.Duration {
			ns = max(ns, some)
		}
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

// waitedInPoll returns for how long a span's thread waited for a CPU inside its longest poll, if that is longer than usual and others had
// the CPUs.
func (j *judgement) waitedInPoll(account *cputime.Account, usual int64) int64 {
	poll := j.poll()
	if usual < 0 || !j.measured() && !j.whole() {
		return 0
	}
	longer := poll - usual
	if longer <= 0 || account.Ratio() < crowded/2 || account.Wait < longer {
		return 0
	}
	return longer
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
