// SPDX-License-Identifier: Apache-2.0

package explain

import "github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"

// Explain judges a span by what the process has said before, and learns from it. usual is what spans of its key are like, nil if that
// is not known.
func (p *Process) Explain(s *Span, limits *findings.Limits, usual *findings.Window) Findings {
	j := judgement{Span: s, limits: limits, usual: usual}
	p.meet(&j)
	if s.CPU != nil {
		j.cpuStarved(p)
	}
	j.outlives(p)
	if s.Duration > 0 && (s.Busy >= 0 || s.Wait >= 0) {
		j.tellChildren()
		j.entered(p)
		p.frees.compare(s, j.made, limits.Poll)
		j.starved()
		j.neverIdle()
		j.heldOpen()
		j.heldUp(p)
		if usual != nil && !s.Late {
			usual.Add(s.mostPoll(), s.Wait)
		}
	}
	p.learn(&j)
	j.Found &= limits.Kinds
	j.Judged &= limits.Kinds
	if !j.Found.Has(findings.HeldUp) {
		j.HeldUpBy = ""
	}
	return j.Findings
}

const (
	counting = 64 // how often the workers are counted, in spans
	rarely   = 16 // counts in a row that must be lower to believe that there are fewer: one that is idle says nothing
)

// countWorkers counts the threads that work now.
func (p *Process) countWorkers(now int64) {
	n, alike := 0, 0
	p.threads.workers(now, p.spans, func(t *thread) {
		n++
		if t.named {
			alike++
		}
	})
	if (n < p.workers || alike < p.alike) && p.fewer < rarely {
		p.fewer++
		p.workers, p.alike = max(n, p.workers), max(alike, p.alike)
		return
	}
	p.workers, p.alike, p.fewer = n, alike, 0
}

// meet looks up what the process knows that concerns the span.
func (p *Process) meet(j *judgement) {
	s := j.Span
	p.disordered, p.several = max(0, p.disordered-1), max(0, p.several-1)
	if parent := p.endings.of(s.Parent); parent != nil && s.End < parent.at {
		p.disordered = maxEndings
		parent.site.early.add()
	}
	if p.spans++; p.spans%counting == 0 {
		p.countWorkers(s.End)
	}
	p.now = tick(p.now, s.End)
	if j.made = p.threads.of(s.Thread); j.made != nil {
		j.made.see(s)
		j.made.nth = p.spans
		p.named = p.named || s.Worker && j.made.role() == worker
	}
	p.contradict(s, j.made)
	p.losses.look(&p.families, p.now)
	p.pendings.follow(s, &p.threads, p.workers, p.now)
	p.frees.follow(s, &p.threads, p.workers, p.now)
	j.site = p.sites.of(s.Callsite, p.spans)
	if found := p.families.take(s.ID); found != nil {
		j.family = *found
		p.losses.came(found)
	} else {
		j.family.requestThread = Unknown
		j.familyLost = s.Start < p.families.lost
	}
}

// learn remembers of a span what the spans after it are judged by.
func (p *Process) learn(j *judgement) {
	s := j.Span
	if s.ID != 0 {
		p.endings.add(s, j.site)
	}
	if s.Request {
		if s.Top {
			j.site.top.add()
		} else {
			j.site.nested.add()
		}
	}
	last := descendant{s.End, s.Start, j.site}
	if j.family.last.end > s.End {
		last = j.family.last
	}
	least := j.limits.Poll / unusual
	if s.Top || s.Request {
		if j.family.last.site != nil && s.timed() {
			j.family.last.site.rest.see(s.End-j.family.last.start, j.family.last.end-s.End, least)
		}
		last = descendant{}
	}
	if s.Top {
		return
	}
	if s.Parent == 0 || s.Busy*small < j.limits.Poll && last.end-last.start < least && !s.Request {
		return // it explains nothing
	}
	if p.endings.of(s.Parent) != nil {
		return // it came too late to explain anything, and no parent is missing
	}
	f := p.families.of(s.Parent)
	f.at = max(f.at, s.End)
	f.usual = max(f.usual, j.site.usual, j.family.usual)
	f.busy += max(s.Busy, 0)
	f.longest = max(f.longest, s.mostPoll())
	if j.Found.Has(findings.NeverIdle) {
		f.neverIdle += s.Busy
	} else {
		f.neverIdle += j.family.neverIdle
	}
	if last.end > f.last.end {
		f.last = last
	}
	if s.Request && s.SaidLocal {
		f.requestThread = s.Thread
	}
	if s.whole() && s.Busy >= f.stretch.busy {
		f.stretch = stretch{s.Start, s.End, s.Busy, s.Idle, s.Thread, j.site}
	}
}

// tick moves the time on to the end of a span, if that can be right: it is neither long ago nor far ahead, or the time was not.
func tick(now, end int64) int64 {
	switch ahead := end - now; {
	case now == 0 || ahead < -minute:
		return end
	case ahead > minute:
		return now + minute
	default:
		return max(now, end)
	}
}
