// SPDX-License-Identifier: Apache-2.0

// Package advise chooses a runtime: the source document's decision tree (its section 8), answered by runs on the models where
// the document has an opinion. A run is a simulation, and no word here calls it a measurement.
//
//	needs (libraries, features), binary size     --> ruled out, or not
//	the offered load, played                     --> ruled out if the SLO is missed or requests pile up
//	what is left, by the goal                    --> performance: simulated; api, size, ecosystem: the document's ratings
//
// A simulated difference counts if the confidence intervals leave no doubt of it; else it is a tie, which the document's rating of
// the ecosystem decides. async-std, which is discontinued, is advised only if nothing else is left.
package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Request is what is asked for.
type Request struct {
	Needs []string // of Needs()
	// MaxBinary is the largest binary in bytes; 0: any.
	MaxBinary int64
	Goal      string // of Goals()
	SLO       knee.SLO
	// Offered is the rate of arrivals per second.
	Offered float64
}

// Simulation is what runs of one runtime showed.
type Simulation struct {
	// AtOffered is the offered load.
	AtOffered *knee.Point
	// Knee is the last rate at which the SLO was met; 0: none. KneeLow and KneeHigh are the rates between which it surely is.
	Knee, KneeLow, KneeHigh float64
}

// Reason is something that speaks for or against a runtime.
type Reason struct {
	For    bool   `json:"for"`
	Text   string `json:"text"`
	Source string `json:"source"` // simulated, document or corrected
}

// Candidate is a runtime and what speaks for and against it.
type Candidate struct {
	Runtime  string
	RuledOut bool
	Reasons  []Reason

	lacking bool // something that is needed: no load matters
	unsure  bool // whether it carries the offered load
	Simulation
}

// Advice is the answer.
type Advice struct {
	Candidates []*Candidate // in the order of the document
	// Runtime to take; empty: nothing fits.
	Runtime string
	Because string
}

// Candidates are the runtimes to measure.
func Candidates() []string { return slices.Clone(candidates) }

// Decide weighs what was simulated, by candidate, against the request.
func Decide(r *Request, simulated []Simulation) *Advice {
	a := &Advice{}
	for i, name := range candidates {
		c := &Candidate{Runtime: name, Simulation: simulated[i]}
		c.weighNeeds(r, i)
		c.weighBinary(r, i)
		c.lacking = c.RuledOut
		c.weighLoad(r)
		a.Candidates = append(a.Candidates, c)
	}
	a.choose(r)
	return a
}

func (c *Candidate) say(f bool, source, format string, args ...any) {
	c.Reasons = append(c.Reasons, Reason{For: f, Text: fmt.Sprintf(format, args...), Source: source})
}

func (c *Candidate) weighNeeds(r *Request, i int) {
	for _, name := range r.Needs {
		n := &needs[slices.Index(Needs(), name)]
		level := n.levels[i]
		text := name + ": " + level.String()
		if n.notes[i] != "" {
			text += ", " + n.notes[i]
		}
		c.say(level != No, n.source, "%s", text)
		c.RuledOut = c.RuledOut || level == No
	}
}

func (c *Candidate) weighBinary(r *Request, i int) {
	if r.MaxBinary == 0 {
		return
	}
	fits := binaries[i] <= r.MaxBinary
	c.say(fits, FromDocument, "a minimal binary has about %s", FormatSize(binaries[i]))
	c.RuledOut = c.RuledOut || !fits
}

// tooSlow is the share of the offered requests that must be served in the time in which they arrive.
const tooSlow = 0.98

func (c *Candidate) weighLoad(r *Request) {
	p := c.AtOffered
	served := p.Achieved.Mean + p.Achieved.HalfWidth
	switch {
	case served < tooSlow*r.Offered:
		c.say(false, Simulated, "serves %.0f of %.0f requests a second: they pile up", p.Achieved.Mean, r.Offered)
		c.RuledOut = true
	case p.Limited.Mean-p.Limited.HalfWidth > float64(r.SLO.Limit):
		c.say(false, Simulated, "misses %s at %.0f/s", r.SLO, r.Offered)
		c.RuledOut = true
	case p.Limited.Mean+p.Limited.HalfWidth > float64(r.SLO.Limit):
		c.unsure = true
		c.say(p.Meets, Simulated, "too close to %s at %.0f/s to be sure", r.SLO, r.Offered)
	default:
		c.say(true, Simulated, "meets %s at %.0f/s", r.SLO, r.Offered)
	}
}

// choose picks one of those that are left.
func (a *Advice) choose(r *Request) {
	var left []int
	for i, c := range a.Candidates {
		if !c.RuledOut {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		a.Because = a.whyNone(r)
		return
	}
	if !slices.ContainsFunc(left, func(i int) bool { return a.Candidates[i].AtOffered.Meets }) {
		names := make([]string, len(left))
		for n, i := range left {
			names[n] = candidates[i]
		}
		a.Because = fmt.Sprintf("no runtime met %s at %s/s, though the runs leave it open for %s: more --replications or --tasks decide",
			r.SLO, format.Rate(r.Offered), strings.Join(names, ", "))
		return
	}
	if len(left) == 1 {
		a.take(left[0], "the others are ruled out")
		return
	}
	left = slices.DeleteFunc(left, func(i int) bool { return candidates[i] == asyncStd })
	a.Candidates[1].say(false, Corrected, "%s", discontinued)
	if len(left) == 1 {
		a.take(left[0], "what else fits is discontinued")
		return
	}
	goal := slices.Index(Goals(), r.Goal)
	if goals[goal].name != "performance" {
		best := slices.MaxFunc(left, func(x, y int) int { return goals[goal].ratings[x] - goals[goal].ratings[y] })
		for _, i := range left {
			a.Candidates[i].say(i == best, FromDocument, "%s: %d of 5", goals[goal].what, goals[goal].ratings[i])
		}
		a.take(best, "the document rates its "+goals[goal].what+" higher")
		return
	}
	a.takeFaster(left[0], left[1])
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
	return fmt.Sprintf("%s meets %s at %s/s; the highest simulated rate that met it is %s/s, on %s: lower the rate, allow a higher limit, or add workers",
		of, r.SLO, format.Rate(r.Offered), format.Rate(most.Knee), most.Runtime)
}

// takeFaster compares two by what was simulated.
func (a *Advice) takeFaster(x, y int) {
	cx, cy := a.Candidates[x], a.Candidates[y]
	if cx.KneeLow < cy.KneeLow {
		x, y, cx, cy = y, x, cy, cx
	}
	if cx.KneeLow > cy.KneeHigh && cy.KneeHigh > 0 {
		cx.say(true, Simulated, "carries more: the SLO holds up to %.0f/s", cx.Knee)
		cy.say(false, Simulated, "carries less: the SLO holds up to %.0f/s", cy.Knee)
		a.take(x, "it carries the higher load")
		return
	}
	if cx.AtOffered.P99.Mean > cy.AtOffered.P99.Mean {
		x, y, cx, cy = y, x, cy, cx
	}
	if cx.AtOffered.P99.Mean+cx.AtOffered.P99.HalfWidth < cy.AtOffered.P99.Mean-cy.AtOffered.P99.HalfWidth {
		cx.say(true, Simulated, "its p99 is lower at the offered load")
		cy.say(false, Simulated, "its p99 is higher at the offered load")
		a.take(x, "it is faster at the offered load; in how much they carry there is no difference to be sure of")
		return
	}
	ecosystem := goals[len(goals)-1]
	if ecosystem.ratings[y] > ecosystem.ratings[x] {
		x = y
	}
	a.Candidates[x].say(true, FromDocument, "%s: %d of 5", ecosystem.what, ecosystem.ratings[x])
	a.take(x, "the runs show no difference to be sure of, and its ecosystem is the larger one")
}

func (a *Advice) take(i int, because string) {
	a.Runtime, a.Because = candidates[i], because
	if a.Candidates[i].unsure {
		a.Because += "; the runs leave it open whether it meets the SLO"
	}
	if candidates[i] == asyncStd {
		a.Because += "; beware: " + discontinued
	}
}

// FormatSize shows a number of bytes.
func FormatSize(bytes int64) string {
	for _, u := range units {
		if bytes >= u.bytes {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(bytes)/float64(u.bytes)), ".0") + u.name
		}
	}
	return fmt.Sprintf("%dB", bytes)
}

var units = []struct {
	name  string
	bytes int64
}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}}

// ParseSize reads 800kB, 1MB or 1.5MB.
func ParseSize(text string) (int64, error) {
	for _, u := range units {
		number, ok := strings.CutSuffix(strings.ToLower(text), strings.ToLower(u.name))
		if !ok {
			continue
		}
		var f float64
		if n, err := fmt.Sscanf(number+" ", "%f ", &f); n == 1 && err == nil && f > 0 && f < 1e6 {
			return int64(f * float64(u.bytes)), nil
		}
	}
	return 0, fmt.Errorf("--max-binary: %q is not allowed; want a size of more than 0, such as 800kB or 1.5MB", text)
}
