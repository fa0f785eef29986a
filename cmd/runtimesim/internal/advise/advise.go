// SPDX-License-Identifier: Apache-2.0

// Package advise chooses a runtime: the source document's decision tree (its section 8), answered by measured runs where the
// document has an opinion.
//
//	needs (libraries, features), binary size     --> ruled out, or not
//	the offered load, played                     --> ruled out if the SLO is missed or requests pile up
//	what is left, by the goal                    --> performance: measured; api, size, ecosystem: the document's ratings
//
// A measured difference counts if the confidence intervals leave no doubt of it; else it is a tie, which the document's rating of
// the ecosystem decides. async-std, which is discontinued, is advised only if nothing else is left.
package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
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

// Measurement is what runs of one runtime showed.
type Measurement struct {
	// AtOffered is the offered load.
	AtOffered *knee.Point
	// Knee is the last rate at which the SLO was met; 0: none. KneeLow and KneeHigh are the rates between which it surely is.
	Knee, KneeLow, KneeHigh float64
}

// Reason is something that speaks for or against a runtime.
type Reason struct {
	For    bool   `json:"for"`
	Text   string `json:"text"`
	Source string `json:"source"` // measured, document or corrected
}

// Candidate is a runtime and what speaks for and against it.
type Candidate struct {
	Runtime  string
	RuledOut bool
	Reasons  []Reason
	Measurement
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

// Decide weighs what was measured, by candidate, against the request.
func Decide(r *Request, measured []Measurement) *Advice {
	a := &Advice{}
	for i, name := range candidates {
		c := &Candidate{Runtime: name, Measurement: measured[i]}
		c.weighNeeds(r, i)
		c.weighBinary(r, i)
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
		c.say(false, Measured, "serves %.0f of %.0f requests a second: they pile up", p.Achieved.Mean, r.Offered)
		c.RuledOut = true
	case p.Limited.Mean-p.Limited.HalfWidth > float64(r.SLO.Limit):
		c.say(false, Measured, "misses %s at %.0f/s", r.SLO, r.Offered)
		c.RuledOut = true
	case p.Limited.Mean+p.Limited.HalfWidth > float64(r.SLO.Limit):
		c.say(p.Meets, Measured, "too close to %s at %.0f/s to be sure", r.SLO, r.Offered)
	default:
		c.say(true, Measured, "meets %s at %.0f/s", r.SLO, r.Offered)
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
		a.Because = "each runtime is ruled out; ease what is asked for"
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

// takeFaster compares two by what was measured.
func (a *Advice) takeFaster(x, y int) {
	cx, cy := a.Candidates[x], a.Candidates[y]
	if cx.KneeLow < cy.KneeLow {
		x, y, cx, cy = y, x, cy, cx
	}
	if cx.KneeLow > cy.KneeHigh && cy.KneeHigh > 0 {
		cx.say(true, Measured, "carries more: the SLO holds up to %.0f/s", cx.Knee)
		cy.say(false, Measured, "carries less: the SLO holds up to %.0f/s", cy.Knee)
		a.take(x, "it carries the higher load")
		return
	}
	if cx.AtOffered.P99.Mean > cy.AtOffered.P99.Mean {
		x, y, cx, cy = y, x, cy, cx
	}
	if cx.AtOffered.P99.Mean+cx.AtOffered.P99.HalfWidth < cy.AtOffered.P99.Mean-cy.AtOffered.P99.HalfWidth {
		cx.say(true, Measured, "its p99 is lower at the offered load")
		cy.say(false, Measured, "its p99 is higher at the offered load")
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
