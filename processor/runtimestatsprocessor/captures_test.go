// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// capture reads the requests of a file that a real service sent, one a line.
func capture(tb testing.TB, name string) (requests []ptrace.Traces) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "captures", name))
	require.NoError(tb, err)
	lines := [][]byte{text}
	if filepath.Ext(name) == ".jsonl" {
		lines = bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	}
	for _, line := range lines {
		traces, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
		require.NoError(tb, err)
		requests = append(requests, traces)
	}
	return requests
}
