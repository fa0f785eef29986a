package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMeasure: a short run sees the spans, the time and the memory.
func TestMeasure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	s := setup{binary: "../../dist/otelcol-runtimelab", config: "../../config/sidecar.yaml", settle: 2 * time.Second, window: 2 * time.Second}
	require.FileExists(t, s.binary, "run `make build` first")
	c, err := s.measure(t.Context(), 2000)
	require.NoError(t, err)
	assert.InDelta(t, 2000, c.taken, 1500)
	assert.Zero(t, c.refused)
	assert.Positive(t, c.cpu)
	assert.Greater(t, c.meanAnon, 5e6)
	assert.GreaterOrEqual(t, c.peakAnon, c.meanAnon)
	assert.Greater(t, c.meanRSS, c.meanAnon)
	assert.Positive(t, c.ready)
}

func TestCPUTime(t *testing.T) {
	got, err := cpuTime("42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200")
	require.NoError(t, err)
	assert.Equal(t, 3*time.Second, got)
	_, err = cpuTime("42 (short) S 1")
	assert.ErrorContains(t, err, "too few fields")
}
