// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// Samples of a verifier's metrics.
const (
	accepted5 = `otelcol_receiver_accepted_spans{receiver="otlp"} 5`
	accepted4 = `otelcol_receiver_accepted_spans{receiver="otlp"} 4`
	refused1  = `otelcol_receiver_refused_spans{receiver="otlp"} 1`
	audited5  = `otelcol_exporter_sent_spans{exporter="load_verify"} 5`
	recordsB  = `otelcol_exporter_sent_log_records{exporter="load_verify/b"} 1`
	other     = `otelcol_exporter_sent_spans{exporter="debug"} 3`
)

// TestDistrust: a report that cannot be of all that arrived, or of no more than that, is no verdict, not even one that was wanted.
func TestDistrust(t *testing.T) {
	for name, tc := range map[string]struct {
		samples []string
		why     string
	}{
		"as many":                       {[]string{accepted5, audited5}, ""},
		"refused after it was audited":  {[]string{accepted4, refused1}, ""},
		"more pipelines than receivers": {[]string{accepted4, audited5, other}, ""},
		"nothing can be concluded":      {[]string{"up 1"}, ""},
		"not believed":                  {[]string{accepted4, `otelcol_receiver_accepted_spans{receiver="x"} -1`}, ""},
		"two audits": {
			[]string{accepted5, audited5, recordsB},
			"verifier: there are load_verify and load_verify/b in its pipelines, and the report of one is read: what the others find would be ignored; want one load_verify",
		},
		"more than came": {
			[]string{accepted4},
			"load_verify's report has 5 spans, and by its own telemetry no more than 4 came to verifier: the report is not of this test alone",
		},
	} {
		for _, verdict := range []string{scenario.Pass, scenario.Fail} {
			t.Run(name+", "+verdict, func(t *testing.T) {
				t.Parallel()
				s, o, _ := test(t, func(s *scenario.Scenario) {
					s.Verifier = plays(t, "verifier", append([]string{"play-verifier", verdict}, tc.samples...)...)
					s.Want.Verdict = verdict
				})
				r := Run(t.Context(), s, o)
				if tc.why == "" {
					assert.Equal(t, Passed, r.Outcome, "%v", r.Problems)
					return
				}
				assert.Equal(t, Broken, r.Outcome)
				require.NotEmpty(t, r.Problems)
				assert.Equal(t, tc.why, r.Problems[0])
			})
		}
	}
}

// TestStoppedMeanwhile: a verifier that is stopped while others send to it may have counted more than was read of it, so that its report
// has more than it said is no reason to distrust it.
func TestStoppedMeanwhile(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Verifier = plays(t, "verifier", "play-verifier", "pass", `otelcol_receiver_accepted_spans{receiver="otlp"} 2`)
		s.Faults = []scenario.Fault{{Stop: "verifier", For: 1}}
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Passed, r.Outcome, "%v", r.Problems)
	require.Len(t, r.Parts, 3)
	assert.True(t, r.Parts[2].Least)
}

// TestDeaf: a verifier that has to be killed has not said its last word, whatever it has written.
func TestDeaf(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) { s.Verifier = plays(t, "verifier", "play-verifier", "pass", "deaf 1") })
	r := Run(t.Context(), s, o)
	assert.Equal(t, Broken, r.Outcome)
	assert.Equal(t, []string{"verifier did not stop within 15s and was killed, so load_verify's report is not its last word; want a verifier that stops"}, r.Problems)
}

// TestMuteGenerator: what a generator sent that says nothing is missed by nobody, unless enough runs are wanted.
func TestMuteGenerator(t *testing.T) {
	const why = "generator (could not be seen): quiet did not say how much it sent, so nobody would have missed it if nothing of it had arrived; " +
		"want synthetic_load's telemetry at PIPELINETEST_METRICS_PORT, or a scenario file with want.runs: "
	restarted := []scenario.Fault{{Kill: "quiet", For: 1}}
	for name, tc := range map[string]struct {
		runs    *scenario.Amount
		faults  []scenario.Fault
		verdict string
		wrong   []string
	}{
		"none wanted":         {nil, nil, "pass", []string{"verdict: unknown; want pass", why + "2"}},
		"too few wanted":      {&scenario.Amount{Min: 1, Max: 9}, nil, "pass", []string{"verdict: unknown; want pass", why + "2"}},
		"none, and one again": {nil, restarted, "pass", []string{"verdict: unknown; want pass", why + "3"}},
		"two wanted":          {&scenario.Amount{Min: 2, Max: 2}, nil, "pass", []string{"runs: 1; want 2"}},
		"a failure":           {nil, nil, "fail", []string{"verdict: fail; want pass"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, o, _ := test(t, func(s *scenario.Scenario) {
				s.Generators = append(s.Generators, plays(t, "quiet", "play-silent-generator"))
				s.Verifier = plays(t, "verifier", "play-verifier", tc.verdict)
				s.Settle = 2 * time.Second
				s.Want.Runs, s.Faults = tc.runs, tc.faults
			})
			r := Run(t.Context(), s, o)
			assert.Equal(t, tc.wrong, r.Problems)
			assert.Contains(t, r.Notes[0], "quiet had not said that its run had ended")
		})
	}
}
