// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestForgotten: a verifier that has lost its memory cannot know what is a copy, so that nobody does.
func TestForgotten(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	before, after := noon.Add(-time.Second), noon.Add(time.Second)
	for name, tc := range map[string]struct {
		interrupted, first, issued time.Time
		anew                       bool
		verdict                    string
		forgotten                  bool
	}{
		"never interrupted":        {verdict: "pass", first: before, issued: before},
		"remembered":               {interrupted: noon, anew: true, verdict: "pass", first: before, issued: before},
		"forgotten":                {interrupted: noon, anew: true, verdict: "pass", first: after, issued: before, forgotten: true},
		"begun since":              {interrupted: noon, anew: true, verdict: "pass", first: after.Add(time.Second), issued: after},
		"without telemetry":        {interrupted: noon, verdict: "pass", first: after, issued: before, forgotten: true},
		"by itself":                {anew: true, verdict: "pass", first: before, issued: before, forgotten: true},
		"failed for other reasons": {interrupted: noon, anew: true, verdict: "fail", first: after, issued: before},
	} {
		t.Run(name, func(t *testing.T) {
			generator := &member{naming: &naming{issued: []issue{{"r", tc.issued}}}}
			verifier := &member{Part: scenario.Part{Name: scenario.VerifierName}, account: telemetry.Account{Anew: tc.anew}}
			report := &verdict.Report{Verdict: tc.verdict, Runs: []verdict.Run{{Name: "r", First: tc.first}}}
			c := &course{members: []*member{generator, verifier}, interrupted: tc.interrupted, result: &Result{Report: report}}
			found := c.forgotten()
			report.Add(found...)
			assert.Equal(t, tc.forgotten, len(found) == 1)
			assert.Equal(t, tc.forgotten, report.Verdict == verdict.Unknown)
		})
	}
}
