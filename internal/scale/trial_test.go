// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTry: a trial of real Collectors sees spans in every process, and its verdict is PASS. How much CPU a span took depends on the machine.
func TestTry(t *testing.T) {
	if runtime.GOOS != "linux" || exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--mount", "true").Run() != nil {
		t.Skip("needs Linux, and user namespaces")
	}
	b := bench{collector: "../../dist/otelcol-runtimelab", pipelinetest: filepath.Join(t.TempDir(), "pipelinetest"), manifests: manifests, rate: 2000, window: time.Second}
	require.FileExists(t, b.collector, "run `make build` first")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", b.pipelinetest, "../../cmd/pipelinetest").CombinedOutput()
	require.NoError(t, err, string(out))
	configs, err := readParts(manifests)
	require.NoError(t, err)
	p := plan{shape{1, 1, 2}, shipped}
	got, err := b.try(t.Context(), configs, p)
	require.NoError(t, err)
	assert.Equal(t, p, got.Plan)
	for r, u := range got.Roles {
		require.Len(t, u.Shares, p.Shape[r])
		assert.Positive(t, u.Peak, roleNames[r])
	}
	assert.Positive(t, slices.Min(got.Roles[verifier].Shares), "the name of the verifiers has both addresses")
	assert.GreaterOrEqual(t, got.Judge.Received, got.Roles[verifier].Spans, "the window is a part of the run")
	assert.Len(t, got.Judge.States, 2)
	assert.Positive(t, got.Judge.MergePeak)
}
