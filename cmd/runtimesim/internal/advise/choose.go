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
		a.Because = a.whyNone(r) + a.withMoreThreads(r, "")
		return
	}
	met := func(i int) bool { return a.Candidates[i].AtOffered.Meets }
	if !slices.ContainsFunc(left, met) {
		names := make([]string, len(left))
		for n, i := range left {
			names[n] = candidates[i]
		}
		a.Because = fmt.Sprintf("no runtime met %s, though the runs leave it open for %s: more --replications or --tasks decide",
			r.target(), strings.Join(names, ", ")) + a.withMoreThreads(r, "")
		return
	}
	if len(left) == 1 {
		a.take(r, left[0], "the others are ruled out")
		return
	}
	left = slices.DeleteFunc(left, func(i int) bool { return candidates[i] == asyncStd })
	a.Candidates[1].say(false, Corrected, "%s", discontinued)
	if len(left) == 1 {
		other := a.Candidates[len(candidates)-1-left[0]].Runtime // of three, the second is async-std
		a.take(r, left[0], fmt.Sprintf("%s is ruled out, and %s is discontinued", other, asyncStd))
		return
	}
	x, y := left[0], left[1]
	if met(y) && !met(x) {
		x, y = y, x
	}
	if met(x) && !met(y) {
		a.take(r, x, fmt.Sprintf("it met %s, and %s did not, though not beyond doubt", r.target(), candidates[y]))
		return
	}
	goal := slices.Index(Goals(), r.Goal)
	if goals[goal].name != "performance" {
		best := slices.MaxFunc(left, func(x, y int) int { return goals[goal].ratings[x] - goals[goal].ratings[y] })
		for _, i := range left {
			a.Candidates[i].say(i == best, FromDocument, "%s: %d of 5", goals[goal].what, goals[goal].ratings[i])
		}
		a.take(r, best, "the document rates its "+goals[goal].what+" higher")
		return
	}
	a.takeBySimulation(r, x, y)
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
		return fmt.Sprintf("%s meets %s at any simulated rate, however low: allow a higher limit, or shorten the requests", of, r.SLO)
	case most.Knee >= r.Offered: // the SLO holds in runs so short, but the queue grows
		return fmt.Sprintf("%s serves all of %s/s: lower the rate, or add workers", of, format.Rate(r.Offered))
	}
	return fmt.Sprintf("%s meets %s; the highest simulated rate that met it is %s/s, on %s: lower the rate, allow a higher limit, or add workers",
		of, r.target(), format.Rate(most.Knee), most.Runtime)
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

// tryMoreThreads tells of threads that the loser of a comparison lacks.
func (c *Candidate) tryMoreThreads() string {
	if c.more == 0 {
		return ""
	}
	return fmt.Sprintf("; %s starts %s: try --workers %d", c.Runtime, threads(c.Workers), c.more)
}

// takeBySimulation compares two runtimes: first by the rate that each carries, then by what the SLO limits.
func (a *Advice) takeBySimulation(r *Request, x, y int) {
	cx, cy := a.Candidates[x], a.Candidates[y]
	if cx.Knee < cy.Knee {
		x, y, cx, cy = y, x, cy, cx
	}
	if cx.KneeLow > cy.KneeHigh && cy.KneeHigh > 0 && cx.Knee >= (1+WorthHaving)*cy.Knee {
		cx.say(true, Simulated, "carries more: it met the SLO up to %s/s", format.Rate(cx.Knee))
		cy.say(false, Simulated, "carries less: it met the SLO up to %s/s", format.Rate(cy.Knee))
		a.take(r, x, "it carries the higher load"+cy.tryMoreThreads())
		return
	}
	if cx.AtOffered.Limited.Mean > cy.AtOffered.Limited.Mean {
		x, y, cx, cy = y, x, cy, cx
	}
	lx, ly := cx.AtOffered.Limited, cy.AtOffered.Limited
	if lx.Mean+lx.HalfWidth < ly.Mean-ly.HalfWidth && lx.Mean <= (1-WorthHaving)*ly.Mean {
		what := r.SLO.Statistic + " " + strings.ReplaceAll(r.SLO.Metric, "_", " ")
		lower := fmt.Sprintf("%.0f %% lower", 100*(1-lx.Mean/ly.Mean))
		cx.say(true, Simulated, "its %s is %s at the offered load", what, lower)
		cy.say(false, Simulated, "the %s of %s is %s at the offered load", what, cx.Runtime, lower)
		a.take(r, x, fmt.Sprintf("at the offered load its %s is %s than that of %s", what, lower, cy.Runtime)+cy.tryMoreThreads())
		return
	}
	ecosystem := goals[len(goals)-1]
	if ecosystem.ratings[y] > ecosystem.ratings[x] {
		x = y
	}
	a.Candidates[x].say(true, FromDocument, "%s: %d of 5", ecosystem.what, ecosystem.ratings[x])
	a.take(r, x, fmt.Sprintf("the runs show no difference that is sure and at least %.0f %%, and its ecosystem is the larger one", 100*WorthHaving))
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
