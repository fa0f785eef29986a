// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// Expectations of a scenario, which load_verify cannot have.
const (
	wanted  = "want"
	givenUp = "given_up"
)

// Want holds the report against what a scenario wants. What is not as wanted becomes a finding, and the verdict fails: unless it is unknown, because then nobody
// knows the counts either. A run that goes on is not judged.
func (r *Result) Want(want *scenario.Want) error {
	if r.Report.Verdict == audit.Running {
		return nil
	}
	text, err := r.JSON(time.Time{})
	if err != nil {
		return err
	}
	var read verdict.Report
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if want.Runs != nil && !want.Runs.Holds(uint64(len(read.Runs))) {
		r.find(wanted, fmt.Sprintf("runs: %d; want %s", len(read.Runs), want.Runs))
	}
	for _, wrong := range want.Signals.Compare("", read.Sum) {
		r.find(wanted, wrong)
	}
	// As where pipelinetest runs the generators: load_verify does not call it lost, but the services would have lost it.
	for _, signal := range scenario.Signals {
		if _, said := want.Signals[signal][givenUp]; !said && read.Sum(signal, givenUp) > 0 {
			r.find(givenUp, fmt.Sprintf("%s: %d were refused for good, and the generators gave them up; want none", signal, read.Sum(signal, givenUp)))
		}
	}
	return nil
}

// find adds a finding.
func (r *Result) find(expectation, message string) {
	unknown := r.Report.Verdict == audit.Unknown
	r.Report.Findings = append(r.Report.Findings, audit.Finding{Expectation: expectation, Message: message, Unknown: unknown})
	if !unknown {
		r.Report.Verdict = audit.Fail
	}
}
