// SPDX-License-Identifier: Apache-2.0

package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// WorthHaving is the least simulated difference that decides between two runtimes. A smaller one is not worth a choice, and what the
// models leave out may outweigh it: the confidence intervals cover the seeds alone.
const WorthHaving = 0.10

// Precision is how close together, at most, the last rate that met the SLO and the first that missed it are: 5 %.
const Precision = 0.05

// choose picks one of those that are left.
func (a *Advice) choose(r *Request) {
	var left []int
	for i, c := range a.Candidates {
		if !c.RuledOut {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		a.Because = a.whyNone(r) + a.withMoreThreads(r, "") + a.withFewerWorkers(r)
		return
	}
	met := func(i int) bool { return a.Candidates[i].AtOffered.Meets }
	finalists := slices.DeleteFunc(slices.Clone(left), func(i int) bool { return !met(i) })
	if len(finalists) == 0 {
		names := make([]string, len(left))
		for n, i := range left {
			names[n] = candidates[i]
		}
		a.Because = fmt.Sprintf("no runtime met %s, though the runs leave it open for %s: more --replications or --tasks decide",
			r.target(), strings.Join(names, ", ")) + a.withMoreThreads(r, "") + a.withFewerWorkers(r)
		return
	}
	if len(left) == 1 {
		a.take(r, left[0], "the others are ruled out")
		return
	}
	if old := slices.Index(candidates, asyncStd); slices.Contains(left, old) {
		a.Candidates[old].say(false, Corrected, "%s", discontinued)
		if len(finalists) > 1 {
			finalists = slices.DeleteFunc(finalists, func(i int) bool { return i == old })
		}
	}
	if len(finalists) == 1 {
		a.take(r, finalists[0], a.whyNotOthers(r, finalists[0]))
		return
	}
	goal := slices.Index(Goals(), r.Goal)
	if goals[goal].name == "performance" {
		a.takeBySimulation(r, finalists)
		return
	}
	best := slices.MaxFunc(finalists, func(x, y int) int { return goals[goal].ratings[x] - goals[goal].ratings[y] })
	for _, i := range finalists {
		a.Candidates[i].say(i == best, FromDocument, "%s: %d of 5", goals[goal].what, goals[goal].ratings[i])
	}
	a.take(r, best, "the document rates its "+goals[goal].what+" higher")
}

// whyNotOthers says why no other runtime is taken.
func (a *Advice) whyNotOthers(r *Request, taken int) string {
	var ruledOut, doubtful, old []string
	for i, name := range candidates {
		switch c := a.Candidates[i]; {
		case i == taken:
		case c.RuledOut:
			ruledOut = append(ruledOut, name+" is ruled out")
		case !c.AtOffered.Meets:
			doubtful = append(doubtful, fmt.Sprintf("%s did not meet %s, though not beyond doubt", name, r.target()))
		default: // it met the SLO
			old = append(old, name+" is discontinued")
		}
	}
	return strings.Join(slices.Concat(ruledOut, doubtful, old), ", and ")
}

// whyNone says why nothing fits, and what would have to change: the needs, if each runtime lacks one, and else the load or the SLO.
func (a *Advice) whyNone(r *Request) string {
	var most *Candidate
	able := 0
	for _, c := range a.Candidates {
		if c.lacking {
			continue
		}
		able++
		if most == nil || c.Knee > most.Knee {
			most = c
		}
	}
	of := "no runtime"
	if able < len(a.Candidates) {
		of = "no runtime that has what is needed"
	}
	switch {
	case able == 0:
		return "each runtime lacks something that is needed, or is too large: ask for less"
	case most.Knee == 0:
		return fmt.Sprintf("%s meets %s at any simulated rate, however low: allow a higher --slo, or shorten the requests", of, r.SLO)
	case most.Knee >= r.Offered: // the SLO holds in runs so short, but the queue grows
		return fmt.Sprintf("%s serves all of %s/s: lower the rate, or %s", of, format.Rate(r.Offered), most.remedy())
	}
	return fmt.Sprintf("%s meets %s; the highest simulated rate that met it is %s/s, on %s: lower the rate, allow a higher --slo, or %s",
		of, r.target(), format.Rate(most.Knee), most.Runtime, most.remedy())
}

// withMoreThreads tells of a runtime that is ruled out only because it starts fewer threads than the others; also is put after its name.
func (a *Advice) withMoreThreads(r *Request, also string) string {
	for _, c := range a.Candidates {
		if c.more > 0 && c.RuledOut && !c.lacking && c.WithMore != nil && r.carries(c.WithMore) == meets {
			return fmt.Sprintf("; %s starts %s, and with --workers %d it would meet the SLO%s", c.Runtime, threads(c.Workers), c.more, also)
		}
	}
	return ""
}

// tryMoreThreads tells of threads that a loser of a comparison lacks.
func (a *Advice) tryMoreThreads(losers []int) string {
	for _, i := range losers {
		if c := a.Candidates[i]; c.more > 0 {
			return fmt.Sprintf("; %s starts %s: try --workers %d", c.Runtime, threads(c.Workers), c.more)
		}
	}
	return ""
}

// takeBySimulation compares runtimes: first by the rate that each carries, then by what the SLO limits. A runtime that is not surely worse than
// the best one by WorthHaving equals it.
func (a *Advice) takeBySimulation(r *Request, finalists []int) {
	best, equal, worse := split(finalists, a.carriesMore, func(x, y int) bool { return a.Candidates[x].Knee > a.Candidates[y].Knee })
	if len(worse) > 0 {
		for _, i := range equal {
			a.Candidates[i].say(true, Simulated, "carries more: it met the SLO up to %s/s", format.Rate(a.Candidates[i].Knee))
		}
		for _, i := range worse {
			a.Candidates[i].say(false, Simulated, "carries less: it met the SLO up to %s/s", format.Rate(a.Candidates[i].Knee))
		}
	}
	if len(equal) == 1 {
		a.take(r, best, "it carries the higher load"+a.tryMoreThreads(worse)+a.butDiscontinued(best))
		return
	}
	limited := func(i int) float64 { return a.Candidates[i].AtOffered.Limited.Mean }
	best, equal, worse = split(equal, a.isFaster, func(x, y int) bool { return limited(x) < limited(y) })
	what := r.SLO.Statistic + " " + strings.ReplaceAll(r.SLO.Metric, "_", " ")
	var than []string
	for _, i := range worse {
		lower := fmt.Sprintf("%.0f %% lower", 100*(1-limited(best)/limited(i)))
		a.Candidates[best].say(true, Simulated, "its %s is %s than that of %s at the offered load", what, lower, candidates[i])
		a.Candidates[i].say(false, Simulated, "the %s of %s is %s at the offered load", what, candidates[best], lower)
		than = append(than, fmt.Sprintf("%s than that of %s", lower, candidates[i]))
	}
	if len(equal) == 1 {
		a.take(r, best, fmt.Sprintf("at the offered load its %s is %s", what, strings.Join(than, " and "))+a.tryMoreThreads(worse)+a.butDiscontinued(best))
		return
	}
	a.takeEqual(r, equal)
}

// takeEqual takes one of those that the simulation does not tell apart: the runtime in use, since a change has a price; or else the one with the
// larger ecosystem.
func (a *Advice) takeEqual(r *Request, equal []int) {
	no := fmt.Sprintf("the runs show no difference that is sure and at least %.0f %%", 100*WorthHaving)
	if i := slices.Index(candidates, r.InUse); slices.Contains(equal, i) {
		a.Candidates[i].say(true, InUse, "the service runs on it")
		a.take(r, i, no+", and it is the runtime in use"+a.butDiscontinued(i))
		return
	}
	ecosystem := goals[len(goals)-1]
	i := slices.MaxFunc(equal, func(x, y int) int { return ecosystem.ratings[x] - ecosystem.ratings[y] })
	a.Candidates[i].say(true, FromDocument, "%s: %d of 5", ecosystem.what, ecosystem.ratings[i])
	a.take(r, i, no+", and its ecosystem is the larger one"+a.butDiscontinued(i))
}

// split finds the best of some runtimes, and which of the others equal it, as it does not surely beat them.
func split(of []int, beats, better func(x, y int) bool) (best int, equal, worse []int) {
	best = of[0]
	for _, i := range of[1:] {
		if better(i, best) {
			best = i
		}
	}
	for _, i := range of {
		if i != best && beats(best, i) {
			worse = append(worse, i)
		} else {
			equal = append(equal, i)
		}
	}
	return best, equal, worse
}

// carriesMore reports whether the rate that x carries is surely higher than that of y, by WorthHaving.
func (a *Advice) carriesMore(x, y int) bool {
	cx, cy := a.Candidates[x], a.Candidates[y]
	return cx.KneeLow > cy.KneeHigh && cy.KneeHigh > 0 && cx.Knee >= (1+WorthHaving)*cy.Knee
}

// isFaster reports whether what the SLO limits is surely lower on x than on y, by WorthHaving.
func (a *Advice) isFaster(x, y int) bool {
	return a.Candidates[x].isFaster(&a.Candidates[y].Simulation)
}

func (s *Simulation) isFaster(than *Simulation) bool {
	lx, ly := s.AtOffered.Limited, than.AtOffered.Limited
	return lx.Mean+lx.HalfWidth < ly.Mean-ly.HalfWidth && lx.Mean <= (1-WorthHaving)*ly.Mean
}

// butDiscontinued tells of a runtime that the runs show to be better than the one that is taken, and that is not taken for another reason.
func (a *Advice) butDiscontinued(taken int) string {
	i := slices.Index(candidates, asyncStd)
	c := a.Candidates[i]
	switch {
	case i == taken || c.RuledOut || !c.AtOffered.Meets:
		return ""
	case a.carriesMore(i, taken):
		return fmt.Sprintf("; %s carries more, but is discontinued", asyncStd)
	case !a.carriesMore(taken, i) && a.isFaster(i, taken):
		return fmt.Sprintf("; %s is faster, but is discontinued", asyncStd)
	}
	return ""
}

func (a *Advice) take(r *Request, i int, because string) {
	a.Runtime = candidates[i]
	if a.Candidates[i].unsure {
		because += "; the runs leave it open whether it meets the SLO"
	}
	if candidates[i] == asyncStd {
		because += "; beware: " + discontinued
	}
	a.Because = because + a.withMoreThreads(r, " too")
}
