// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// capture reads the requests of a file that a real service sent, one a line.
func capture(tb testing.TB, name string) (requests []ptrace.Traces) {
	tb.Helper()
	return read(tb, filepath.Join("testdata", "captures", name))
}

func read(tb testing.TB, path string) (requests []ptrace.Traces) {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	path, zipped := strings.CutSuffix(path, ".gz")
	if zipped {
		unzip, err := gzip.NewReader(bytes.NewReader(text))
		require.NoError(tb, err)
		text, err = io.ReadAll(unzip)
		require.NoError(tb, err)
	}
	lines := [][]byte{text}
	if filepath.Ext(path) == ".jsonl" {
		lines = bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	}
	for _, line := range lines {
		traces, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
		require.NoError(tb, err)
		requests = append(requests, traces)
	}
	return requests
}

// captures returns the requests of all files that real services sent, by the names of the files.
func captures(tb testing.TB) map[string][]ptrace.Traces {
	tb.Helper()
	all := map[string][]ptrace.Traces{}
	here, err := filepath.Glob(filepath.Join("testdata", "captures", "*.json*"))
	require.NoError(tb, err)
	there, err := filepath.Glob(filepath.Join("..", "..", "reference", "captures", "*.jsonl.gz"))
	require.NoError(tb, err)
	for _, path := range append(here, there...) {
		all[filepath.Base(path)] = read(tb, path)
	}
	return all
}
