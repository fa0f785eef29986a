// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMeasure: a short run sees the start, the first spans and the memory. How many spans and how much CPU a window of it has depends on
// what else the machine does; TestBetween looks at the arithmetic.
func TestMeasure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	s := setup{binary: "../../dist/otelcol-runtimelab", config: "../../config/sidecar.yaml", window: 2 * time.Second}
	require.FileExists(t, s.binary, "run `make build` first")
	for _, enriches := range []bool{false, true} {
		c, err := s.measure(t.Context(), 2000, enriches)
		require.NoError(t, err)
		assert.Zero(t, c.refused)
		assert.Greater(t, c.meanAnon, 5e6)
		assert.GreaterOrEqual(t, c.peakAnon, c.meanAnon)
		assert.Greater(t, c.meanRSS, c.meanAnon)
		assert.Positive(t, c.ready)
	}
}

// The pipeline that is compared with has all that the sidecar's has, but for one processor.
func TestWithoutStats(t *testing.T) {
	text, err := os.ReadFile("../../config/sidecar.yaml")
	require.NoError(t, err)
	for _, change := range withoutStats {
		key, value, _ := strings.Cut(strings.TrimPrefix(change, "yaml:"), ": ")
		signal := strings.Split(key, "::")[2]
		with := strings.Replace(value, "]", ", runtime_stats]", 1)
		assert.Regexp(t, signal+`:\n +receivers: \[otlp\]\n +processors: `+regexp.QuoteMeta(with), string(text))
	}
	assert.Len(t, withoutStats, strings.Count(string(text), ", runtime_stats]"))
}

func TestBetween(t *testing.T) {
	var c cost
	c.between(usage{cpu: time.Second, accepted: 1000, refused: 10, waiting: 7}, usage{cpu: 2 * time.Second, accepted: 9000, refused: 30, waiting: 5}, 4*time.Second)
	assert.Equal(t, cost{cpu: 0.25, taken: 2000, refused: 5, waiting: 5}, c)
}

func TestCPUTime(t *testing.T) {
	got, err := cpuTime("42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200")
	require.NoError(t, err)
	assert.Equal(t, 3*time.Second, got)
	_, err = cpuTime("42 (short) S 1")
	assert.ErrorContains(t, err, "too few fields")
}
