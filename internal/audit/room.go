// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"time"
)

// makeRoom forgets a run, if there is no room for one more, and reports whether there is. It looks at all runs, and if it finds none that
// may be forgotten, it does so once a second.
func (a *Auditor) makeRoom(now int64) bool {
	if a.sources >= a.limits.Sources && !a.forgetUnconfirmed(nil, now) {
		return false
	}
	if len(a.runs) < a.limits.Runs || a.forgetUnconfirmed(nil, now) {
		return true
	}
	if now < a.fullUntil {
		return false
	}
	if i := a.leastWanted(now); i >= 0 {
		a.forget(i, now)
		return true
	}
	a.fullUntil = now + int64(time.Second)
	return false
}

// forgetUnconfirmed forgets the oldest run, other than one, of which no item ever came intact: nothing shows that a generator sent it, so it
// may not keep out those of which that is shown.
func (a *Auditor) forgetUnconfirmed(but *run, now int64) bool {
	for i, r := range a.runs {
		if r.intact == 0 && r != but {
			a.forget(i, now)
			return true
		}
	}
	return false
}

// A run that has not ended, and of which nothing came intact for as long as the grace period, but at least quiet and at most abandoned, may
// be forgotten.
const (
	quiet     = time.Minute
	abandoned = time.Hour
)

// leastWanted is the oldest run that is final; if there is none, the one of those that are quiet of which the fewest items came intact; -1:
// none may be forgotten.
func (a *Auditor) leastWanted(now int64) int {
	least := -1
	for i, r := range a.runs {
		switch {
		case r.allFinal(now, a.grace):
			return i
		case r.markedAt != 0 || now-r.intactAt <= int64(min(max(quiet, a.grace), abandoned)):
		case least < 0 || r.intact < a.runs[least].intact:
			least = i
		}
	}
	return least
}

func (a *Auditor) forget(i int, now int64) {
	r := a.runs[i]
	a.forgotten.Runs++
	v := a.view(r, now, true)
	if !r.allFinal(now, a.grace) {
		v.absent = append(slices.Clip(v.absent), "the run had not ended when it made room")
	}
	switch r.report(v).Verdict {
	case Pass:
	case Unknown:
		a.forgotten.Unknown++
	default:
		a.forgotten.Failed++
	}
	a.gone.add(r.name)
	a.runs = slices.Delete(a.runs, i, i+1)
	delete(a.byName, r.name)
	for j := range r.accounts {
		for _, s := range r.accounts[j].streams {
			a.gaps.release(&s.numbers)
			a.sources--
		}
		a.gaps.used -= r.accounts[j].odd.cost()
	}
	a.forgetStrays(r.name)
	a.lineage.forget(&r.awaiting)
	a.traces -= len(r.traces.byKey)
}

// recount replaces the estimate of the gaps' memory by its true size, and shrinks it. That visits every gap, so it is done at most
// once in a while.
func (a *Auditor) recount() {
	if !a.gaps.due() {
		return
	}
	for _, r := range a.runs {
		for i := range r.accounts {
			for _, s := range r.accounts[i].streams {
				a.gaps.measure(&s.numbers)
			}
		}
	}
}
