// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
)

// TestBench: with the fitted profile every runtime lies in the document's interval, with today's costs none does; the page
// shows what the command prints.
func TestBench(t *testing.T) {
	text := succeed(t, "bench")
	docs, err := os.ReadFile("../../../../docs/runtimesim.md")
	require.NoError(t, err)
	assert.Contains(t, string(docs), strings.TrimSpace(text))

	for line, inside := range map[string]bool{"bench --json": true, "bench --cost default --json": false} {
		benches := decode[[]report.Bench](t, succeed(t, line))
		require.Len(t, benches, 3)
		for _, b := range benches {
			assert.Equal(t, inside, b.Inside, "%s: %+v", line, b)
		}
	}
	_, stderr, code := command("bench --cost free")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, `--cost: "free" is not default, seed or zero, and no file`)
}
