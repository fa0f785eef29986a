// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/limit"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// limits are what limited a load, in words.
var limits = map[run.Limit]string{
	run.LimitLoss:         "something was lost, doubled or changed",
	run.LimitLatency:      "the latency",
	run.LimitBackpressure: "the system did not take more",
	run.LimitMachine:      "this machine: on another the system may do better",
	run.LimitGenerator:    "the generator: the system may do better",
	run.LimitVerifier:     "the verifier: the system may do better",
	"":                    "nobody knows what",
}

// SearchLine says on one line what a search has found.
func SearchLine(f *limit.Found) string {
	line := fmt.Sprintf("the highest rate without loss and with %s: ", f.SLO)
	switch {
	case f.Held == 0 && f.Failed == 0:
		line += "not known"
	case f.Held == 0:
		line += fmt.Sprintf("less than %s spans/s", perSecond(f.Failed))
	default:
		line += perSecond(f.Held) + " spans/s held"
		if f.Repeated {
			line += " twice"
		}
		if f.Failed > 0 {
			line += fmt.Sprintf(", %s did not", perSecond(f.Failed))
		} else {
			line += ", none that was tried did not"
		}
	}
	if f.Failed > 0 {
		line += "; limited by: " + limits[f.By]
	}
	if f.Ended != "" {
		line += "; the search was not over: " + f.Ended
	}
	return line
}

// stepsTable are the rates that were tried, in order.
func stepsTable(f *limit.Found) [][]string {
	rows := [][]string{{"step", "spans/s", "arrived/s", f.SLO, "machine busy", "held"}}
	for i := range f.Steps {
		s := &f.Steps[i]
		busy := unknownFigure
		if s.Busy > 0 {
			busy = fmt.Sprintf("%.0f %%", 100*s.Busy)
		}
		held := "yes"
		if !s.Held {
			held = strings.TrimSuffix("no: "+string(s.Limit), ": ") // of a test that was cut short nobody knows
		}
		rows = append(rows, []string{strconv.Itoa(i + 1), perSecond(s.Rate), perSecond(s.Arrived), millis(s.Latency), busy, held})
	}
	return rows
}

// searchText writes what a search has found, and how.
func searchText(b *bytes.Buffer, t *Test) {
	if t.Search == nil {
		return
	}
	fmt.Fprintf(b, "%s\n\n", SearchLine(t.Search))
	indented(b, stepsTable(t.Search))
	for i := range t.Search.Steps {
		if s := &t.Search.Steps[i]; !s.Held && len(s.Why) > 0 {
			fmt.Fprintf(b, "  step %d: %s\n", i+1, s.Why[len(s.Why)-1])
		}
	}
	b.WriteString("\nthe last load at that rate, or at the rate that was tried last:\n")
}

// searchMarkdown writes the same for the page of a CI job.
func searchMarkdown(b *bytes.Buffer, t *Test) {
	if t.Search == nil {
		return
	}
	fmt.Fprintf(b, "\n%s\n\n", inMarkdown(SearchLine(t.Search)))
	markdownTable(b, stepsTable(t.Search))
}

// PerSecond is a rate with all its digits before the point.
func PerSecond(rate float64) string { return perSecond(rate) }

// StepLine says on one line what became of a step.
func StepLine(s *limit.Step, slo *scenario.SLO) string {
	line := "held"
	if !s.Held {
		line = "not held, " + limits[s.Limit]
	}
	return fmt.Sprintf("%s; %s spans/s arrived, %s %s", line, perSecond(s.Arrived), slo.Quantile, millis(s.Latency))
}
