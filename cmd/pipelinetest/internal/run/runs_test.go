// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestForeignRun: what arrives of a run that no generator of this test was told to send does not stand for what they sent, however whole it is.
func TestForeignRun(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Generators[0].Command = append(s.Generators[0].Command, "${PIPELINETEST_RUN}")
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Failed, r.Outcome)
	assert.Equal(t, []string{
		"verdict: fail; want pass",
		"foreign: 5 items of run r, which this test did not send; want none: a queue, a file or a broker may hold what an earlier test has left",
		"generator, traces: 5 handed on by the generators' own count, 0 known to load_verify: 5 went unseen; want none",
	}, r.Problems)
	assert.Equal(t, uint64(5), r.Figures[0].Sent, "once, not twice")
	assert.Zero(t, r.Report.Sum("traces", "received"))
}

// TestUnknownRuns: of a generator whose runs nobody knows, any may be its own; the result says so.
func TestUnknownRuns(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(*scenario.Scenario) {})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Passed, r.Outcome)
	assert.Contains(t, r.Unchecked, "which runs generator sends: what another test has left behind is told by its time only; want its run_id to be PIPELINETEST_RUN")
}

// TestNaming: each start has a name of its own, and each receiver; where the name stands in arguments and environment, it is that one.
func TestNaming(t *testing.T) {
	dir := t.TempDir()
	n := newNaming("generator", scenario.Runs{Known: true, Unnamed: []string{"synthetic_load", "synthetic_load/b"}, Names: []string{"given"}})
	assert.NotEqual(t, n.base, newNaming("generator", scenario.Runs{}).base)
	require.Equal(t, filepath.Join(dir, "run.yaml"), n.writesTo(dir))
	seen := map[string]bool{}
	for range 3 {
		base, err := n.next()
		require.NoError(t, err)
		text, err := os.ReadFile(n.file)
		require.NoError(t, err)
		assert.False(t, seen[string(text)], "%s", text)
		seen[string(text)] = true
		for _, name := range []string{base, base + ".2"} {
			assert.Contains(t, string(text), `"`+name+`"`)
			since, is := n.has(name)
			assert.True(t, is)
			assert.NotZero(t, since)
		}
		spec := n.named(part.Spec{Args: []string{"load", "--run=" + n.base}, Env: []string{"RUN=" + n.base}}, base)
		assert.Equal(t, part.Spec{Args: []string{"load", "--run=" + base}, Env: []string{"RUN=" + base}}, spec)
	}
	since, is := n.has("given")
	assert.True(t, is && since.IsZero())
	_, is = n.has("generator")
	assert.False(t, is)
}

// TestStale: items of a run_id that an earlier test had, too, are told by their time. A load that is late is not stale.
func TestStale(t *testing.T) {
	sending := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	arrived := func(after, latency time.Duration) *verdict.Report {
		return &verdict.Report{Runs: []verdict.Run{{Name: "nightly", Last: sending.Add(after), Signals: []verdict.Signal{
			{Signal: "logs", Latency: verdict.Latency{Count: 3, Max: latency}}, {Signal: "traces"},
		}}}}
	}
	for name, tc := range map[string]struct {
		reports []*verdict.Report
		want    []string
	}{
		"in time":               {[]*verdict.Report{arrived(time.Second, 100*time.Millisecond)}, nil},
		"all held until late":   {[]*verdict.Report{arrived(time.Minute, time.Minute)}, nil},
		"within what clocks do": {[]*verdict.Report{arrived(time.Second, 1900*time.Millisecond)}, nil},
		"of yesterday": {[]*verdict.Report{arrived(time.Second, 24*time.Hour), arrived(2*time.Second, 24*time.Hour)}, []string{
			"foreign, logs: some log records of run nightly happened 23h59m59s or more before the generators of this test were started; want none: " +
				"a queue, a file or a broker may hold what an earlier test of the same run_id has left",
		}},
		"seen early alone": {[]*verdict.Report{arrived(time.Second, 10*time.Second), arrived(time.Minute, 10*time.Second)}, []string{
			"foreign, logs: some log records of run nightly happened 9s or more before the generators of this test were started; want none: " +
				"a queue, a file or a broker may hold what an earlier test of the same run_id has left",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &course{sending: sending, result: &Result{Report: &verdict.Report{}}}
			for _, r := range tc.reports {
				c.lookForStale(r)
			}
			var found []string
			for _, f := range c.foreign() {
				found = append(found, f.String())
			}
			assert.Equal(t, tc.want, found)
		})
	}
}
