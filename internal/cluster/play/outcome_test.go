// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const log = `merged  run r  FAIL
sent   10
{
  "verdict": "fail",
  "runs": [{"run": "r", "findings": [{"expectation": "max_loss", "message": "2 lost"}], "signals": [
    {"signal": "logs", "sent_known": true, "sent": 5, "received": 5},
    {"signal": "traces", "sent_known": true, "sent": 10, "received": 8, "missing": 2, "duplicate": 1}
  ]}]
}
`

func lost(t *testing.T) outcome {
	t.Helper()
	report, err := readReport([]byte(log))
	require.NoError(t, err)
	return outcome{exitCode: 1, condition: condition{Type: "Failed", Reason: "PodFailurePolicy"}, report: report}
}

func TestReportIsFoundInTheLog(t *testing.T) {
	assert.Equal(t, Fail, lost(t).report.Verdict)
	alone, err := readReport([]byte("{\n\"verdict\": \"pass\"}\n"))
	require.NoError(t, err)
	assert.Equal(t, Pass, alone.Verdict)
	_, err = readReport([]byte("merged  run r  FAIL\n"))
	assert.EqualError(t, err, "the judge's log has no report")
}

// Each teller that says something else is an error that names it.
func TestTellersMustAgree(t *testing.T) {
	require.NoError(t, lost(t).agree())
	for want, change := range map[string]func(*outcome){
		`the report says "fail", and the exit code is 2`:    func(o *outcome) { o.exitCode = 2 },
		`the report says "pass", and the exit code is 1`:    func(o *outcome) { o.report.Verdict = Pass },
		`the report says "running", and the exit code is 1`: func(o *outcome) { o.report.Verdict = "running" },
		`the Job is Complete, and the exit code is 1`:       func(o *outcome) { o.condition.Type = "Complete" },
		`the Job failed because of "DeadlineExceeded"`:      func(o *outcome) { o.condition.Reason = "DeadlineExceeded" },
	} {
		o := lost(t)
		change(&o)
		assert.ErrorContains(t, o.agree(), want)
	}
}

func TestVerdictIsHeldAgainstTheSpans(t *testing.T) {
	exact := Scenario{Want: []Verdict{Fail}, Exact: true}
	require.NoError(t, lost(t).check(exact, spans{different: 8, copies: 1}))
	for _, other := range []spans{{different: 9, copies: 1}, {different: 8}} {
		assert.ErrorContains(t, lost(t).check(exact, other), "the report says 10 sent, 8 received, 2 missing, 1 duplicate; the files have")
	}
	assert.ErrorContains(t, lost(t).check(Scenario{Want: []Verdict{Pass, Unknown}}, spans{}), `the verdict is "fail"; want one of ["pass" "unknown"]`)
}

// The same load sends the same number of spans. What is not known contradicts nothing.
func TestEachRunSendsAsMuch(t *testing.T) {
	var player Player
	require.NoError(t, player.checkSent(lost(t)))
	require.NoError(t, player.checkSent(outcome{}))
	other := lost(t)
	other.report.Runs[0].Signals[1].Sent = 11
	assert.ErrorContains(t, player.checkSent(other), "the report says 11 spans sent, and that of the run before said 10")
}

func TestSpansOfSeveralRunsAreNotCompared(t *testing.T) {
	two := lost(t)
	two.report.Runs = append(two.report.Runs, two.report.Runs[0])
	assert.ErrorContains(t, two.compare(spans{different: 8, copies: 1}), "the report has 2 runs")
}
