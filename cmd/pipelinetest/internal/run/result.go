package run

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// Outcome is how a test came out.
type Outcome string

// The outcomes. Broken: the test itself could not run.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	Broken Outcome = "error"
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
	Report   *verdict.Report // nil: there was none
	RawJSON  json.RawMessage // the report as load_verify wrote it
}

// LinkResult is what became of the requests, and of all connections, on a link with faults. Requests are counted over OTLP/gRPC only.
type LinkResult struct {
	Link   string       `json:"link"`
	Counts proxy.Counts `json:"counts"`
}

// FaultResult is when a fault was in force, in seconds from the generators' start.
type FaultResult struct {
	Fault string   `json:"fault"`
	Began *float64 `json:"began_s,omitempty"` // nil: it had not come to that
	Ended *float64 `json:"ended_s,omitempty"`
}

// judge decides on the outcome. What is wrong with the report explains an error in the course, and the other way round.
func (c *course) judge(err error) {
	r := c.result
	if err != nil {
		r.Problems = append(r.Problems, strings.Split(err.Error(), "\n")...)
	}
	if r.Report != nil {
		r.Problems = append(r.Problems, verdict.Compare(r.Report, &c.Want)...)
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
	case len(r.Problems) > 0:
		r.Outcome = Failed
	default:
		r.Outcome = Passed
	}
}
