// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// report1 is of one run in which a part counts what is missing, and one in which none does.
const report1 = `{"tests": [
{"scenario": "core-1/happens", "outcome": "passed", "figures": [{"Signal": "traces", "Sent": 2000, "Lost": 1000}],
 "losses": {"traces": ["gateway: refused by receiver otlp: 5,000; who sent that was told", "gateway: send failed by exporter x: 1,004"]},
 "load_verify": {"verdict": "fail", "runs": [{"signals": [{"signal": "traces", "duplicate": 3}, {"signal": "logs", "duplicate": 0}]}]}},
{"scenario": "core-1/unseen", "outcome": "passed", "figures": [{"Signal": "logs", "Sent": 2000, "Lost": 7}],
 "losses": {"logs": ["gateway: refused by receiver otlp: 5,000"]}, "load_verify": {"verdict": "fail", "runs": []}},
{"scenario": "core-1/avoided", "outcome": "OUTCOME", "figures": [{"Signal": "traces", "Sent": 2000, "Lost": 0}], "load_verify": {"verdict": "pass", "runs": []}}]}`

// TestWrite: the page has a section for each file, with what was measured; what did not come out as wanted is no page.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "core-1.yaml"), []byte("description: |\n  It loses\n  all.\n  Avoid it: do not.\n"), 0o600))
	path := filepath.Join(dir, "report.json")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(report1, "OUTCOME", "passed", 1)), 0o600))
	var b strings.Builder
	require.NoError(t, write(&b, path, dir))
	for _, line := range []string{
		"## core [#1](https://github.com/open-telemetry/opentelemetry-collector/issues/1)", "It loses all.", "**Avoid it:** do not.",
		"| happens | fail | 1,000 of 2,000 spans | 3 spans | gateway: send failed by exporter x: 1,004 |",
		"| unseen | fail | 7 of 2,000 records | none | no part has counted it |",
		"| avoided | pass | none | none |  |",
	} {
		assert.Contains(t, b.String(), line+"\n")
	}
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(report1, "OUTCOME", "failed", 1)), 0o600))
	assert.ErrorContains(t, write(&b, path, dir), "core-1/avoided: failed: it did not come out as wanted")
	require.NoError(t, os.WriteFile(path, []byte(`{}`), 0o600))
	assert.ErrorContains(t, write(&b, path, dir), "the report has no scenario of it")
}

// TestAtlas: each scenario of the atlas is on the page.
func TestAtlas(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "atlas.md"))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "atlas", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		assert.Contains(t, string(text), "../config/atlas/"+filepath.Base(file))
	}
}
