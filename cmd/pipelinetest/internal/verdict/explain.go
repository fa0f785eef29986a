// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Explain adds to load_verify's findings what the generators know of them. An end marker says what its source gave up. Where it has not
// arrived, load_verify takes what was given up for lost.
func (r *Report) Explain(f *Figures, offered Offered) {
	r.explainMarkers(f.Signal, offered)
	if !r.knows(f.Signal) {
		r.each(maxLoss, f.Signal, func(found *Finding) { explainLoss(found, f, offered) })
		r.judgeAgain()
	}
}

// explainMarkers adds to what load_verify says of missing end markers that the generators gave them up, if that accounts for each.
func (r *Report) explainMarkers(signal string, offered Offered) {
	lost := minus(r.Sum(signal, announced), r.Sum(signal, "ended"))
	untold := minus(offered.GivenUp, r.Sum(signal, GivenUp))
	accounted := lost > 0 && untold == lost // what they gave up, and the markers do not tell of, is as much as there are markers missing
	if !r.knows(signal) {
		accounted = offered.Read && !offered.Open && offered.Items == r.Sum(signal, "received")+r.Sum(signal, "ended")+offered.GivenUp
	}
	if offered.Least || offered.GivenUp == 0 || !accounted {
		return
	}
	r.each(endMarker, signal, func(found *Finding) {
		found.Message += "; the generators gave them up: the pipeline refused them for good, or until the end"
	})
}

// explainLoss takes what the generators gave up out of what load_verify takes for lost. Which items they were nobody says, so what is left is the least that is lost.
func explainLoss(found *Finding, f *Figures, offered Offered) {
	switch {
	case f.LostFrom == Own && offered.GivenUp == 0:
		found.Message += fmt.Sprintf("; by the generators' own count %s lost, %s sent", format.Grouped(f.Lost), format.Grouped(f.Sent))
	case f.LostFrom == Own && f.Lost == 0:
		found.Unknown = true
		found.Message = fmt.Sprintf("by the generators' own count %s sent, and all that is missing of that they gave up: %s. Nothing shows that any is lost",
			format.Grouped(f.Sent), format.Grouped(f.GivenUp))
	case f.LostFrom == Own:
		allowed, known := allowedShare(found.Message)
		found.Unknown = !known || float64(f.Lost) <= allowed*float64(f.Sent)
		found.Message = fmt.Sprintf("by the generators' own count %s lost, %s sent, beside %s that they gave up%s",
			format.Grouped(f.Lost), format.Grouped(f.Sent), format.Grouped(f.GivenUp), wanted.FindString(found.Message))
	case offered.GivenUp > 0:
		found.Unknown = true
		found.Message += fmt.Sprintf("; the generators gave up %s or more, and nobody knows how much of what is missing that is", format.Grouped(offered.GivenUp))
	}
}

// wanted is how load_verify says what it allows to be lost.
var wanted = regexp.MustCompile(`; want at most ([0-9.e+-]+) %$`)

// allowedShare is the share of what was sent that may be lost, as a finding says.
func allowedShare(message string) (share float64, known bool) {
	match := wanted.FindStringSubmatch(message)
	if match == nil {
		return 0, false
	}
	percent, err := strconv.ParseFloat(match[1], 64)
	return percent / 100, err == nil
}

// each visits the findings of a kind that the runs have of a signal.
func (r *Report) each(expectation, signal string, visit func(*Finding)) {
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			if f := &r.Runs[i].Findings[j]; f.Expectation == expectation && f.Signal == signal {
				visit(f)
			}
		}
	}
}

// judgeAgain makes the verdict of a report that has failed that of its findings.
func (r *Report) judgeAgain() {
	all := r.AllFindings()
	if r.Verdict != scenario.Fail || len(all) == 0 {
		return
	}
	for _, f := range all {
		if !f.Unknown {
			return
		}
	}
	r.Verdict = Unknown
}
