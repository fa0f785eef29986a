package verdict

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

const failed = `{
  "schema": "load_verify/1", "final": true, "verdict": "fail", "findings": [],
  "runs": [
    {"run": "a", "final": true, "verdict": "fail", "findings": [{"expectation": "max_loss", "signal": "traces", "message": "2 lost"}],
     "signals": [{"signal": "traces", "sent": 10, "received": 8, "lost": 2, "latency": {"count": 8}}, {"signal": "logs", "sent": 5, "received": 5}]},
    {"run": "b", "final": true, "verdict": "fail", "findings": [{"expectation": "max_loss", "signal": "traces", "message": "1 lost"}],
     "signals": [{"signal": "traces", "sent": 4, "received": 3, "lost": 1, "duplicate": 6}]}
  ]}`

func read(t *testing.T, text string) (*Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	report, raw, err := Read(path)
	if err == nil {
		assert.Equal(t, text, string(raw))
	}
	return report, err
}

func TestRead(t *testing.T) {
	report, err := read(t, failed)
	require.NoError(t, err)
	assert.Equal(t, uint64(3), report.Sum("traces", "lost"))
	assert.Equal(t, uint64(0), report.Sum("metrics", "lost"))
	assert.Equal(t, uint64(16+6), report.Arrived())

	_, err = read(t, `{"schema": "load_verify/2"}`)
	require.ErrorContains(t, err, `schema "load_verify/2" is not known here; want load_verify/1`)
	_, err = read(t, `{`)
	require.Error(t, err)
	_, _, err = Read(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestOver(t *testing.T) {
	assert.False(t, (&Report{}).Over(), "nothing has arrived yet")
	assert.False(t, (&Report{Runs: []Run{{Final: true}, {}}}).Over())
	assert.True(t, (&Report{Runs: []Run{{Final: true}}}).Over())
	assert.False(t, (&Report{Final: true, Runs: []Run{{Final: true}}}).Over(), "the verifier was stopped, not the run")
}

func TestCompare(t *testing.T) {
	report, err := read(t, failed)
	require.NoError(t, err)
	exactly := func(n uint64) scenario.Amount { return scenario.Amount{Min: n, Max: n} }
	for _, tc := range []struct {
		name  string
		want  scenario.Want
		wrong []string
	}{
		{
			"as wanted",
			scenario.Want{
				Verdict: "fail", Runs: &scenario.Amount{Min: 1, Max: 2}, Findings: []string{"max_loss"},
				Signals: scenario.CountsBySignal{"traces": {"lost": exactly(3), "duplicate": exactly(6)}, "metrics": {"lost": exactly(0)}},
			},
			nil,
		},
		{"it fails", scenario.Want{Verdict: "pass"}, []string{"verdict: fail; want pass", "max_loss, traces: 2 lost", "max_loss, traces: 1 lost"}},
		{
			"other counts",
			scenario.Want{Verdict: "fail", Signals: scenario.CountsBySignal{"traces": {"lost": exactly(2)}, "logs": {"received": {Min: 6, Max: 7}}}},
			[]string{"traces lost: 3; want 2", "logs received: 5; want {min: 6, max: 7}"},
		},
		{"another number of runs", scenario.Want{Verdict: "fail", Runs: &scenario.Amount{Min: 1, Max: 1}}, []string{"runs: 2; want 1"}},
		{"other findings", scenario.Want{Verdict: "fail", Findings: []string{"max_loss", "end_marker"}}, []string{"findings: max_loss; want end_marker, max_loss"}},
		{"no findings", scenario.Want{Verdict: "fail", Findings: []string{}}, []string{"findings: max_loss; want none"}},
	} {
		t.Run(tc.name, func(t *testing.T) { assert.Equal(t, tc.wrong, Compare(report, &tc.want)) })
	}
}
