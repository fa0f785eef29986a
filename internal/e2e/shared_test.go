// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// TestSharedVerify: two verifiers that share a run know nothing alone, and together what the generator counted.
func TestSharedVerify(t *testing.T) {
	dir := t.TempDir()
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	overrides := []string{
		"receivers::otlp::protocols::http::endpoint: " + endpoint,
		"exporters::otlp_http::endpoint: http://" + endpoint,
		"receivers::synthetic_load::duration: 3s",
	}
	for _, name := range []string{"one", "two"} {
		overrides = append(overrides,
			fmt.Sprintf("exporters::load_verify/%s::state::http::endpoint: localhost:%d", name, freePort(t)),
			fmt.Sprintf("exporters::load_verify/%s::state::file: %s", name, filepath.Join(dir, name)))
	}
	c := start(t, configFile("verify-shared.yaml"), overrides...)
	spans := emitted(t, c, "traces", 4)
	c.waitFor(t, `load_verify/one .* run 42-\S+  UNKNOWN`)
	require.NoError(t, c.interrupt(t))
	m := audit.NewMerge()
	for _, name := range []string{"one", "two"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		states, err := audit.ReadStates(text)
		require.NoError(t, err)
		require.NoError(t, m.Add(states...))
		if name == "one" {
			report, err := m.Report(audit.Asked{})
			require.NoError(t, err)
			assert.Equal(t, audit.Unknown, report.Verdict, "the other is missing")
		}
	}
	report, err := m.Report(audit.Asked{})
	require.NoError(t, err)
	require.Len(t, report.Runs, 1)
	assert.Equal(t, audit.Pass, report.Verdict, report.Runs[0].Findings)
	traces := report.Runs[0].Signals[0]
	assert.EqualValues(t, spans, traces.Sent)
	assert.EqualValues(t, spans, traces.Received)
	assert.Equal(t, audit.NotKnown, traces.OutOfOrder)
	assert.Zero(t, traces.Orphans+traces.OrphansUnknown, "each parent came to one of the two")
}
