// SPDX-License-Identifier: Apache-2.0

package run

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// Outcome is how a test came out.
type Outcome string

// The outcomes. Unknown: nothing wrong was seen, but something that was expected could not be seen. Broken: the test itself could not run.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Unknown Outcome = "unknown"
	Broken  Outcome = "error"
)

// Result is what came out.
type Result struct {
	Outcome  Outcome
	Problems []string // why it did not pass
	Began    time.Time
	Took     time.Duration
	Parts    []telemetry.Part
	Links    []LinkResult // those with faults
	Faults   []FaultResult
	// Figures are how much was sent and lost, of each signal.
	Figures []verdict.Figures
	// Losses are the places where items of each signal did not get any further. A signal of which everything arrived, once, has none: what
	// was refused on the way there has come again.
	Losses map[string][]string
	// Reasons are why, as the parts' logs say.
	Reasons []Reason
	// Unchecked are what could not be looked at before the test, part by part.
	Unchecked []string
	// Notes are what to know about the result, though nothing is wrong.
	Notes []string
	// Findings are those of the test itself, which load_verify cannot have.
	Findings []verdict.Finding
	// SeenFor is for how long after the last arrival the test went on. A copy that comes later is not seen.
	SeenFor time.Duration
	Load    *Load           // nil: it is no load test, or there was no report
	Report  *verdict.Report // nil: there was none
	RawJSON json.RawMessage // the report as load_verify wrote it
}

// Of is the result of a test as that of a search that it belongs to, which has come to an outcome of its own, because of something.
func (r *Result) Of(outcome Outcome, because string) *Result {
	other := *r
	other.Outcome = outcome
	if outcome == Passed {
		other.Problems = nil // the rate that was found is another
	} else {
		other.Problems = append(slices.Clone(r.Problems), because)
	}
	return &other
}

// LinkResult is what became of the requests, and of all connections, on a link with faults. Requests over OTLP/HTTP are counted if a fault of the
// link can meet them.
type LinkResult struct {
	Link   string       `json:"link"`
	Counts proxy.Counts `json:"counts"`
	// Heard is what the connections spoke.
	Heard proxy.Heard `json:"heard"`
	// Answers are what the target refused requests with.
	Answers proxy.Answers `json:"answers"`
	// RejectedItems are how many items of each signal partial successes of faults have rejected.
	RejectedItems map[string]uint64 `json:"rejected_items,omitempty"`
}

// FaultResult is when a fault was in force, in seconds from the generators' start, and what it met.
type FaultResult struct {
	Fault string   `json:"fault"`
	Began *float64 `json:"began_s,omitempty"` // nil: it had not come to that
	Ended *float64 `json:"ended_s,omitempty"`
	// Met is what the fault met; nil: it had not come to that.
	Met *proxy.Met `json:"met,omitempty"`

	effect effect
	late   bool
}

// judge decides on the outcome. What is wrong with the report explains an error in the course, and the other way round.
func (c *course) judge(err error) {
	r := c.result
	if err != nil {
		r.Problems = append(r.Problems, strings.Split(err.Error(), "\n")...)
	}
	if err == nil {
		r.Findings = c.metNothing()
	}
	c.note()
	isUnknown := false
	if r.Report != nil {
		c.sayUnwatched()
		r.Findings = append(r.Findings, c.foreign()...)
		for _, signal := range scenario.Signals {
			offered := c.offered(signal)
			figures := r.Report.Figures(signal, offered)
			r.Figures = append(r.Figures, figures)
			r.Report.Explain(&figures, offered)
			if more := r.Report.Exceeding(signal, offered); more != "" && r.Report.Verdict == scenario.Pass {
				r.Findings = append(r.Findings, verdict.Finding{Expectation: verdict.Generator, Signal: signal, Message: more})
			} else if more != "" {
				r.Notes = append(r.Notes, signal+": "+more)
			}
			found := []*verdict.Finding{r.Report.Unseen(signal, offered)}
			if _, wanted := c.Want.Signals[signal]["given_up"]; !wanted {
				found = append(found, r.Report.Refused(signal, offered))
			}
			for _, f := range found {
				if f != nil {
					r.Findings = append(r.Findings, *f)
				}
			}
		}
		if err == nil || c.timedOut {
			r.Findings = append(r.Findings, c.judgeLoad()...)
		}
		r.Report.Add(r.Findings...)
		if err == nil {
			unseen := slices.Concat(c.mute(), c.forgotten(), c.endedEarly(), c.idle())
			r.Report.Add(unseen...)
			r.Findings = append(r.Findings, unseen...)
		}
		r.SeenFor = c.seenFor()
		r.Notes = append(append(r.Notes, c.sentAgain()...), c.sparedBy()...)
		r.Notes = append(append(r.Notes, c.sayUnanswered()...), c.sayDeadline()...)
		isUnknown = err == nil && r.Report.Verdict == verdict.Unknown && c.Want.Verdict != verdict.Unknown
		r.Problems = append(r.Problems, verdict.Compare(r.Report, &c.Want, r.count)...)
		r.Losses = r.losses(len(c.Generators))
		r.Reasons = c.reasons()
		r.Problems = append(r.Problems, c.Want.CompareWhere(r.Losses)...)
		for _, part := range r.Parts {
			r.Problems = append(r.Problems, c.Want.Parts[part.Name].Compare(part.Name+" ", func(signal, count string) uint64 {
				sum := telemetry.Sum(part.Components, signal)
				return *sum.Named(count)
			})...)
		}
	}
	_, isBroken := errors.AsType[broken](err)
	switch {
	case isBroken:
		r.Outcome = Broken
	case isUnknown:
		r.Outcome = Unknown
	case len(r.Problems) > 0:
		r.Outcome = Failed
	default:
		r.Outcome = Passed
	}
}
