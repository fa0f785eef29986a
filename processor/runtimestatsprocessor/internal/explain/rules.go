// SPDX-License-Identifier: Apache-2.0

package explain

import "github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"

// tellChildren tells the callsite of the child that was longest entered whether its parent, which has come now, was polled meanwhile; and
// that of the parent whether its spans are polled by the thread that makes them.
func (j *judgement) tellChildren() {
	child := &j.family.stretch
	if child.site == nil || child.start < j.Start || child.end > j.End+entering || j.Busy < child.busy/2 && child.thread != j.Thread {
		return
	}
	if polled := j.Busy >= child.busy-child.busy/notable; polled && child.busy > 0 {
		count(&j.site.here, &j.site.elsewhere, child.thread == j.Thread)
	}
	if child.busy*unusual < j.limits.Poll || j.Layered || j.Busy < 0 {
		return
	}
	switch {
	case j.Busy >= child.busy-child.busy/notable:
		child.site.polled.add()
	case j.Busy < child.busy/2 && child.idle <= entering:
		child.site.unpolled.add()
	}
}

// entered looks for what kept the span entered for long: a poll that blocks, or a guard that was held over an await.
func (j *judgement) entered(p *Process) {
	role := j.made.role()
	if j.Blockable || role == pool && !j.measured() {
		j.not(findings.BlockingSuspected, findings.GuardAcrossAwait)
		j.because(ThreadOfPool, findings.BlockingSuspected, findings.GuardAcrossAwait)
		return
	}
	if j.drawnIn() {
		j.found(findings.GuardAcrossAwait)
	}
	switch {
	case j.familyLost: // children may explain it
		j.because(ChildrenUnknown, findings.BlockingSuspected, findings.GuardAcrossAwait)
	case j.measured():
		j.measuredPoll(p)
	case j.Busy >= 0:
		j.stayedEntered(p, role)
	}
}

// drawnIn reports whether the span is a request that became the child of another, because a guard of that one was entered when it began.
func (j *judgement) drawnIn() bool {
	return j.Request && j.SaidLocal && j.site.top > j.site.nested
}

// measuredPoll judges a span whose longest poll the service has measured.
func (j *judgement) measuredPoll(p *Process) {
	poll := j.poll()
	long, own := j.usual.LongPoll(poll, j.limits.Poll), poll-poll/notable > j.family.longest
	j.countOwn(long, own)
	switch {
	case !long:
	case !own:
		j.because(ChildrenExplain, findings.BlockingSuspected)
	case j.childrenMayCome(p):
		j.because(ChildrenUnknown, findings.BlockingSuspected, findings.GuardAcrossAwait)
		return
	case j.site.left > j.site.stayed:
		j.because(HandsOver, findings.BlockingSuspected)
	case j.excused(poll):
		j.not(findings.GuardAcrossAwait)
		return
	default:
		j.found(findings.BlockingSuspected)
		p.hold(j.Span, j.made, j.without(poll))
	}
	j.not(findings.BlockingSuspected, findings.GuardAcrossAwait)
}

// stayedEntered judges a span of which only the sum of its polls is known.
func (j *judgement) stayedEntered(p *Process, role role) {
	own := j.Busy - min(j.family.busy, j.Busy)
	long := j.usual.LongPoll(own, j.limits.Poll)
	whole := j.whole() && j.Busy*unusual >= j.limits.Poll && j.poll()*unusual >= j.limits.Poll
	if whole {
		count(&j.site.prompt, &j.site.tardy, j.Idle <= entering)
	} else {
		j.not(findings.GuardAcrossAwait)
		j.because(Interrupted, findings.GuardAcrossAwait)
	}
	if j.usual.LongPoll(j.Busy, j.limits.Poll) {
		count(&j.site.whole, &j.site.broken, whole)
	}
	j.countOwn(j.usual.LongPoll(j.Busy, j.limits.Poll), long)
	if whole && role == worker && j.guarded(p) {
		j.found(findings.GuardAcrossAwait)
		j.not(findings.BlockingSuspected)
		return
	}
	if !long {
		j.not(findings.BlockingSuspected)
		j.because(ChildrenExplain, findings.BlockingSuspected)
		return
	}
	if j.excused(own) {
		return
	}
	if why := j.notBlocking(p, role, whole); why != NoReason {
		j.because(why, findings.BlockingSuspected)
		return
	}
	j.not(findings.BlockingSuspected, findings.GuardAcrossAwait)
	if j.site.left > j.site.stayed {
		j.because(HandsOver, findings.BlockingSuspected)
		return
	}
	j.found(findings.BlockingSuspected)
	p.hold(j.Span, j.made, j.without(own))
}

// notBlocking returns why it is not known that a span which was busy for long blocked its thread; NoReason if it did.
func (j *judgement) notBlocking(p *Process, role role, whole bool) Reason {
	switch {
	case role != worker:
		return ThreadUnknown
	case 2*j.Busy >= j.Duration:
		p.pendings.watch(j.Span, j.site, j.made)
	case !j.mostlyBusyButForOthers(p):
		return ScatteredPolls
	}
	switch held := j.site.silence.held(); {
	case j.childrenMayCome(p):
		return ChildrenUnknown
	case whole && j.Request && (j.Top || j.drawnIn()): // who serves a request on a thread that is there to block hands it over, which takes longer
	case j.site.polledElsewhere(), !j.made.mayHavePolled(j.Span): // the thread that made it tells nothing
		return PolledElsewhere
	case !held && (!whole || j.site.broken > j.site.whole):
		return j.site.silence.unknown()
	case whole && !held && !j.Top && j.site.polled == 0:
		return ParentUnknown
	case whole && !held && j.Top && j.mayBeGuarded(p): // it has no parent that could tell
		return MayBeGuard
	}
	return NoReason
}

// mostlyBusyButForOthers reports whether the span was busy for at least half of the time in which others did not hold it up.
func (j *judgement) mostlyBusyButForOthers(p *Process) bool {
	ns, _ := p.heldUp(j.Span, j.made, j.limits.Wait)
	return ns != Unknown && 2*j.Busy >= j.Duration-ns
}

// countOwn counts of a span that was long busy whether it was so on its own account.
func (j *judgement) countOwn(long, own bool) {
	if long {
		count(&j.site.own, &j.site.children, own)
	}
}

// childrenMayCome reports whether children may come yet that explain the span: if children have come after their parents lately, as they
// do from an exporter with several requests under way. Of a callsite of which that is not known, many spans must have been long busy then,
// and no child explained any.
func (j *judgement) childrenMayCome(p *Process) bool {
	return (p.disordered > 0 || p.losses.some()) && (j.site.early > 0 || j.site.children > 0 || j.site.own < oneIn)
}

// guarded reports whether the thread did other things while the span stayed entered. Only a task that no other thread may run can keep a
// guard over an await (the guard is not Send), so there must be one thread for it. A span that is entered on a thread of the blocking pool
// looks alike if that takes it at once, which it does not always.
func (j *judgement) guarded(p *Process) bool {
	switch {
	case j.Idle > entering:
		j.because(EnteredLate, findings.GuardAcrossAwait)
	case int(j.site.prompt) <= seldom*int(j.site.tardy):
		j.because(OftenEnteredLate, findings.GuardAcrossAwait)
	case !p.alone(j.made):
		j.because(NotAlone, findings.GuardAcrossAwait)
	case j.family.requestThread == j.Thread:
		return true
	case p.several > 0, j.made.madeRoot(j.Span):
		j.because(MadeRoot, findings.GuardAcrossAwait)
	case j.made.madeOthers(j.Span):
		return true
	case j.site.unpolled > j.site.polled && j.site.silence.loud():
		return true
	default:
		j.because(NothingMeanwhile, findings.GuardAcrossAwait)
	}
	return false
}

// mayBeGuarded reports whether a guard may have kept the span entered over an await.
func (j *judgement) mayBeGuarded(p *Process) bool {
	return p.workers < 2 || !j.Worker || j.Arbiter
}

// seldom is how many times more often spans are entered at once than later, if it is by their own doing.
const seldom = 8

// starved looks for a span that was runnable, but for long no worker took it.
func (j *judgement) starved() {
	if j.Wait >= 0 {
		j.not(findings.QueueStarved)
	}
	wait := j.without(j.Wait)
	if wait*notable >= j.Duration && (j.usual.LongWait(wait, j.limits.Wait) || j.alwaysWaiting()) {
		j.found(findings.QueueStarved)
	}
	if j.Wait < 0 && j.MeanWait >= j.limits.Wait && j.Idle >= j.MeanWait && !j.lack.possible() {
		j.found(findings.QueueStarved)
	}
	if j.SkewedWorker && wait*notable >= j.Duration && wait >= j.limits.Wait/unusual {
		j.found(findings.WorkerSkew)
	}
}

// wakeUp is what a sleeping worker may take to come, in nanoseconds: a task of many polls waits that long each time, and nobody is
// to blame.
const wakeUp = 100_000

// alwaysWaiting is the condition on a span that waits for no longer than others of its key, where half of them wait for what is worth
// a comparison: there is no usual wait to compare with, but usual trouble. Of the time in which the span could have run it spent
// the larger part waiting. (There is no such rule for polls: computing may be what an operation is there for, waiting never is.)
func (j *judgement) alwaysWaiting() bool {
	least := j.limits.Wait / unusual
	return j.without(j.Wait) >= max(least, j.Busy) && j.Wait/wakeUp >= j.Polls && j.usual.MedianWait() >= least
}

// neverIdle looks for a task that is always ready: each of its polls but the last ends only because others must have their turn. Its idle
// time is the time that it was queued. Tokio wakes a task that used up its budget only after others had their turn, so such a wait is not
// measured as one for a worker.
func (j *judgement) neverIdle() {
	away := j.Duration - j.Busy
	queued := j.Wait >= 0 && j.Idle >= 0 && j.Idle-j.Wait <= j.Duration/nearly || j.Forced > 0 && j.Forced >= j.Polls-1
	switch {
	case j.Busy < 0:
	case away > j.Duration/notable && !queued:
		j.not(findings.NeverIdle)
		j.because(Away, findings.NeverIdle)
	case j.Polls <= 0: // one long poll explains it as well, and so does a thread that is there to block
		j.because(PollsUnknown, findings.NeverIdle)
	default:
		j.not(findings.NeverIdle)
		ready := queued || away <= j.Duration/nearly || away/j.Polls <= reentry
		if !ready {
			j.because(AwayABit, findings.NeverIdle)
		}
		if ready && j.Polls > 1 && j.without(j.Busy) >= j.limits.Poll && !j.Blockable && !j.otherwiseBusy() {
			j.found(findings.NeverIdle)
		}
	}
}

// otherwiseBusy reports whether the busy time is not that of many polls of the span itself: a child is the one that is never idle, most of
// it was a single poll, or the span was entered elsewhere, too.
func (j *judgement) otherwiseBusy() bool {
	if j.family.neverIdle >= j.Busy-j.Busy/notable {
		return true
	}
	return j.LongestPoll >= 0 && (2*j.LongestPoll > j.Busy || j.Busy/j.Polls > j.LongestPoll+entering)
}

// heldOpen looks for a span that was kept after its last poll.
func (j *judgement) heldOpen() {
	if j.Busy < 0 || j.Idle < 0 {
		return
	}
	j.not(findings.HeldAfterCompletion)
	held := j.without(j.Duration - j.Busy - j.Idle)
	if j.Busy > 0 && held*unusual >= j.limits.Poll && held*notable >= j.Duration { // a span that was never polled had nothing to complete
		j.found(findings.HeldAfterCompletion)
	}
}

// heldUp looks for a span that waited because all threads that could have polled it were inside long polls of others. If it
// waited for hardly longer than spans of its place, or children of it, do anyway, it would have slept at such times.
func (j *judgement) heldUp(p *Process) {
	ns, by := p.heldUp(j.Span, j.made, j.limits.Wait)
	if ns < 0 {
		j.because(FewSpans, findings.HeldUp)
		switch {
		case j.made.role() != worker:
			j.because(ThreadUnknown, findings.HeldUp)
		case p.several > 0:
			j.because(MixedUp, findings.HeldUp)
		}
		return
	}
	j.not(findings.HeldUp)
	excess := j.without(j.Idle - int64(max(j.site.usual, j.family.usual)))
	if ns*notable < j.Idle {
		j.site.usual.see(j.Idle)
	}
	switch {
	case ns >= j.limits.Wait && 2*ns >= j.Idle && 2*excess >= j.limits.Wait && 4*excess >= j.Idle:
		j.found(findings.HeldUp)
		j.HeldUpBy = by
	case !p.alone(j.made):
		j.because(WorkersFree, findings.HeldUp)
	case ns == 0:
		j.because(NoLongPoll, findings.HeldUp)
	default:
		j.because(PartOfIdle, findings.HeldUp)
	}
}

// outlives looks for a span that goes on after all of its ancestors in the process have ended. tracing keeps a span open as long as its
// children, and then says that it ended earlier: so the ancestors mostly come after the span. How long it took is then held against how
// long spans of its kind were outlived by theirs.
func (j *judgement) outlives(p *Process) {
	least := j.limits.Poll / unusual
	switch {
	case j.ID == 0 || j.Duration < 0:
		return
	case j.Top, j.Request: // what was sent from outside is nobody's child here, whatever was entered when it came
		j.not(findings.OutlivesParent)
		return
	}
	if top := p.endings.top(j.Span); top != nil {
		if !top.timed || !j.timed() {
			return
		}
		j.not(findings.OutlivesParent)
		if j.without(j.End-top.at) >= max(least, top.duration/notable) {
			j.found(findings.OutlivesParent)
		}
		return
	}
	switch usual := &j.site.rest; {
	case j.Duration < least || usual.within > usual.outlived:
		j.not(findings.OutlivesParent)
	case usual.outlived > usual.within && j.without(j.Duration-usual.most) >= max(least, usual.most/notable):
		j.found(findings.OutlivesParent)
	}
}
