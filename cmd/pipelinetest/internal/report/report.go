// Package report shows what came out of tests: as text for people, as JSON, and as JUnit XML for what runs them.
package report

import (
	"encoding/json"
	"time"

	"github.com/google/renameio/v2/maybe"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// Schema names what the fields of the JSON report mean; it changes when one of them changes its meaning or goes.
const Schema = "pipelinetest/1"

// Test is one repetition of one scenario, and what came out.
type Test struct {
	Scenario   *scenario.Scenario
	Repetition int // from 1
	Of         int
	Result     *run.Result
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
	for _, outcome := range []run.Outcome{run.Broken, run.Failed} {
		if Count(tests, outcome) > 0 {
			return outcome
		}
	}
	return run.Passed
}

// losses are the places where items of each signal did not get any further. A signal without such places is not there.
func (t *Test) losses() map[string][]string {
	losses := map[string][]string{}
	for _, signal := range scenario.Signals {
		if said := telemetry.Losses(t.Result.Parts, len(t.Scenario.Generators), signal); len(said) > 0 {
			losses[signal] = said
		}
	}
	return losses
}

type document struct {
	Schema    string         `json:"schema"`
	WrittenAt time.Time      `json:"written_at"`
	Outcome   run.Outcome    `json:"outcome"`
	Passed    int            `json:"passed"`
	Failed    int            `json:"failed"`
	Errors    int            `json:"errors"`
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
	Losses      map[string][]string `json:"losses"`
	Parts       []telemetry.Part    `json:"parts"`
	Links       []run.LinkResult    `json:"links"`
	Faults      []run.FaultResult   `json:"faults"`
	LoadVerify  json.RawMessage     `json:"load_verify"`
}

// JSON writes the JSON report to a file.
func JSON(path string, tests []Test) error {
	doc := document{
		Schema: Schema, WrittenAt: time.Now().UTC(), Outcome: Outcome(tests),
		Passed: Count(tests, run.Passed), Failed: Count(tests, run.Failed), Errors: Count(tests, run.Broken),
		Tests: []testDocument{},
	}
	for i := range tests {
		t, r := &tests[i], tests[i].Result
		doc.Tests = append(doc.Tests, testDocument{
			Scenario: t.Scenario.Name, File: t.Scenario.File, Description: t.Scenario.Description, Repetition: t.Repetition,
			Outcome: r.Outcome, Problems: orEmpty(r.Problems), Want: t.Scenario.Want.String(), BeganAt: r.Began.UTC(), Took: r.Took.Seconds(),
			Losses: t.losses(), Parts: orEmpty(r.Parts), Links: orEmpty(r.Links), Faults: orEmpty(r.Faults), LoadVerify: r.RawJSON,
		})
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return replace(path, append(text, '\n'))
}

// orEmpty makes a list that is not there an empty one, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// replace writes a file so that who reads it finds the old text or the new one.
func replace(path string, text []byte) error {
	return maybe.WriteFile(path, text, 0o644)
}
