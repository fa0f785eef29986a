// SPDX-License-Identifier: Apache-2.0

// Package report shows what came out of tests: as text for people, as JSON, and as JUnit XML and Markdown for what runs them.
package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/limit"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// Schema names what the fields of the JSON report mean; it changes when one of them changes its meaning or goes.
const Schema = "pipelinetest/2"

// Test is one repetition of one scenario, and what came out.
type Test struct {
	Scenario   *scenario.Scenario
	Repetition int // from 1
	Of         int
	Result     *run.Result
	// Search is what a search for a limit has found, if the test is the last of one.
	Search *limit.Found
	// Compared is how a load test differs from one before.
	Compared []Difference
}

// Count is how many tests came out in one way.
func Count(tests []Test, outcome run.Outcome) (n int) {
	for _, t := range tests {
		if t.Result.Outcome == outcome {
			n++
		}
	}
	return n
}

// Outcome is that of all tests: the worst.
func Outcome(tests []Test) run.Outcome {
	for _, outcome := range []run.Outcome{run.Broken, run.Failed, run.Unknown} {
		if Count(tests, outcome) > 0 {
			return outcome
		}
	}
	return run.Passed
}

// passes tells whether the pipeline passed, as opposed to a test that wanted it to fail.
func (t *Test) passes() bool {
	return t.Result.Outcome == run.Passed && t.Result.Report != nil && t.Result.Report.Verdict == scenario.Pass
}

// notChecked is what load_verify does not look at, and what comes after the test: a PASS says nothing about it.
func (t *Test) notChecked() []string {
	if t.Result.Report == nil {
		return nil
	}
	list := slices.Clone(t.Result.Report.NotChecked)
	if t.passes() && t.Result.Report.Arrived() > 0 {
		list = append(list, fmt.Sprintf("copies that come more than %s after the last arrival", short(t.Result.SeenFor)))
	}
	return list
}

// why are the reasons as texts.
func (t *Test) why() (list []string) {
	for _, reason := range t.Result.Reasons {
		list = append(list, reason.String())
	}
	return list
}

type document struct {
	Schema    string         `json:"schema"`
	WrittenAt time.Time      `json:"written_at"`
	Outcome   run.Outcome    `json:"outcome"`
	Passed    int            `json:"passed"`
	Failed    int            `json:"failed"`
	Errors    int            `json:"errors"`
	Unknown   int            `json:"unknown"`
	Problems  []string       `json:"problems,omitempty"` // why no test could start
	Tests     []testDocument `json:"tests"`
}

type testDocument struct {
	Scenario    string              `json:"scenario"`
	File        string              `json:"file,omitempty"`
	Description string              `json:"description,omitempty"`
	Repetition  int                 `json:"repetition"`
	Outcome     run.Outcome         `json:"outcome"`
	Problems    []string            `json:"problems"`
	Want        string              `json:"want"`
	BeganAt     time.Time           `json:"began_at"`
	Took        float64             `json:"took_s"`
	Findings    []verdict.Finding   `json:"findings"`
	Notes       []string            `json:"notes"`
	NotChecked  []string            `json:"not_checked"`
	SeenFor     float64             `json:"seen_for_s"` // after the last arrival
	Unchecked   []string            `json:"unchecked"`  // before the test, of the parts' configurations
	Figures     []verdict.Figures   `json:"figures"`
	Losses      map[string][]string `json:"losses"`
	Reasons     []run.Reason        `json:"reasons"`
	Parts       []telemetry.Part    `json:"parts"`
	Links       []run.LinkResult    `json:"links"`
	Faults      []run.FaultResult   `json:"faults"`
	Load        *run.Load           `json:"load,omitempty"`
	Search      *limit.Found        `json:"search,omitempty"`
	Compared    []Difference        `json:"compared,omitempty"`
	LoadVerify  json.RawMessage     `json:"load_verify"`
}

// JSON writes the JSON report to a file.
func JSON(path string, tests []Test) error {
	doc := document{
		Schema: Schema, WrittenAt: time.Now().UTC(), Outcome: Outcome(tests),
		Passed: Count(tests, run.Passed), Failed: Count(tests, run.Failed), Errors: Count(tests, run.Broken), Unknown: Count(tests, run.Unknown),
		Tests: []testDocument{},
	}
	for i := range tests {
		t, r := &tests[i], tests[i].Result
		doc.Tests = append(doc.Tests, testDocument{
			Scenario: t.Scenario.Name, File: t.Scenario.File, Description: t.Scenario.Description, Repetition: t.Repetition,
			Outcome: r.Outcome, Problems: orEmpty(r.Problems), Want: t.Scenario.Want.String(), BeganAt: r.Began.UTC(), Took: r.Took.Seconds(),
			Findings: orEmpty(r.Findings), Notes: orEmpty(r.Notes), NotChecked: orEmpty(t.notChecked()), SeenFor: r.SeenFor.Seconds(), Unchecked: orEmpty(r.Unchecked), Figures: orEmpty(r.Figures),
			Losses: orNothing(r.Losses), Reasons: orEmpty(r.Reasons), Parts: orEmpty(r.Parts), Links: orEmpty(r.Links), Faults: orEmpty(r.Faults),
			Load: r.Load, Search: t.Search, Compared: t.Compared, LoadVerify: r.RawJSON,
		})
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return write(path, append(text, '\n'))
}

// orNothing makes a mapping that is not there an empty one, for JSON.
func orNothing(losses map[string][]string) map[string][]string {
	if losses == nil {
		return map[string][]string{}
	}
	return losses
}

// orEmpty makes a list that is not there an empty one, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
