// SPDX-License-Identifier: Apache-2.0

package run

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// TestIdleReplica: one that gets nothing is worth a note if another of its group has worked.
func TestIdleReplica(t *testing.T) {
	replica := func(name, sample string) *member {
		m := &member{Part: scenario.Part{Name: name, Group: "gateway"}, tested: true}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(sample + "\n"))
		require.NoError(t, err)
		m.account.Set(families)
		return m
	}
	for n, working := range map[int]string{1: "otelcol_receiver_accepted_spans{receiver=\"otlp\"} 5", 2: "otelcol_process_uptime 1"} {
		c := &course{Scenario: &scenario.Scenario{}, result: &Result{Report: &verdict.Report{Verdict: "pass"}}, members: []*member{
			replica("gateway-1", working), replica("gateway-2", "otelcol_process_uptime 1"),
		}}
		found := c.idle()
		if n == 1 {
			assert.Empty(t, found)
			assert.Equal(t, []string{"nothing has passed through gateway-2, by its own telemetry; others of gateway have worked"}, c.result.Notes)
		} else {
			assert.Len(t, found, 2)
		}
	}
}
