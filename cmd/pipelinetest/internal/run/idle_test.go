// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestIdle: a PASS says nothing of a system that nothing has passed through, unless the scenario knows of that.
func TestIdle(t *testing.T) {
	for name, tc := range map[string]struct {
		says    []string // the second system, at its metrics port; none: it has none
		want    bool     // the scenario says what it wants of it
		outcome Outcome
		unsaid  bool // it is told that nobody knows
	}{
		"it got something":     {says: []string{`otelcol_receiver_accepted_spans{receiver="otlp"} 5`}, outcome: Passed},
		"it got nothing":       {says: []string{`otelcol_receiver_accepted_spans{receiver="otlp"} 0`}, outcome: Unknown},
		"a Collector got none": {says: []string{"otelcol_process_uptime 3"}, outcome: Unknown},
		"which is wanted":      {says: []string{"otelcol_process_uptime 3"}, want: true, outcome: Passed},
		"it says nothing":      {outcome: Passed, unsaid: true},
		"it says other things": {says: []string{"up 1"}, outcome: Passed, unsaid: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, o, _ := test(t, func(s *scenario.Scenario) {
				second := plays(t, "second", append([]string{"play-system"}, tc.says...)...)
				if tc.says == nil {
					second = plays(t, "second", "play-unseen-system")
				}
				s.Systems = append(s.Systems, second)
				if tc.want {
					s.Want.Parts = map[string]scenario.CountsBySignal{"second": {"traces": {"received": {}}}}
				}
			})
			r := Run(t.Context(), s, o)
			assert.Equal(t, tc.outcome, r.Outcome, "%v", r.Problems)
			said := "whether anything has passed through second: it shows no telemetry that would tell"
			if tc.unsaid {
				assert.Contains(t, r.Unchecked, said)
			} else {
				assert.NotContains(t, r.Unchecked, said)
			}
			if tc.outcome == Unknown {
				assert.Equal(t, verdict.Unused, r.Findings[0].Expectation)
			}
		})
	}
}

// TestEndedEarly: what a generator had still to send when the test was ended is not known to be well. Only a report that is about to pass says so.
func TestEndedEarly(t *testing.T) {
	for _, tc := range []struct {
		early, found bool
		verdict      string
	}{{true, true, "pass"}, {false, false, "pass"}, {true, false, "fail"}} {
		c := &course{Scenario: &scenario.Scenario{Settle: time.Second}, early: tc.early, result: &Result{Report: &verdict.Report{Verdict: tc.verdict}}}
		assert.Equal(t, tc.found, len(c.endedEarly()) == 1)
	}
}

// TestOf: a search that has come to nothing has not passed, whatever its last test came to.
func TestOf(t *testing.T) {
	passed := &Result{Outcome: Passed}
	is := passed.Of(Unknown, "interrupted")
	assert.Equal(t, []any{Unknown, []string{"interrupted"}}, []any{is.Outcome, is.Problems})
	assert.Equal(t, Passed, passed.Outcome)
	assert.Empty(t, is.Of(Passed, "").Problems)
}
