// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/backendtest"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

const (
	root = "../.."
	// asCommand makes this test binary the command.
	asCommand = "RUN_AS_OTLPLOAD"
	// patience bounds every wait for something that must happen. Only a test that fails waits that long.
	patience = 5 * time.Minute
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// otlpload is the command.
func otlpload(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd = exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

func skipWithoutInterrupt(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent Ctrl-C alone")
	}
}

// TestCtrlC: a load without end ends, everything it sent is there, and the summary says so.
func TestCtrlC(t *testing.T) {
	skipWithoutInterrupt(t)
	b := backendtest.Start(t, backendtest.Settings{})
	cmd, stdout, stderr := otlpload(t, "--endpoint", b.GRPC, "--insecure", "--rate", "1000")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return b.Asked() > 1 }, patience, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, cmd.Wait(), stderr)
	assert.Contains(t, stdout.String(), "The backend accepted all of it.")
	assert.Contains(t, stderr.String(), "ending: what is on the way is delivered")
}

// spanIDs are those of all spans that a backend has, sorted.
func spanIDs(b *backendtest.Backend) (ids []string) {
	for _, td := range b.Traces.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					ids = append(ids, span.SpanID().String())
				}
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// TestPrintConfig: the built Collector takes the configuration of every protocol, and does with it what otlpload does: the same spans, by
// their ids.
func TestPrintConfig(t *testing.T) {
	skipWithoutInterrupt(t)
	collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	require.FileExists(t, collector, "run `make build` first")
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			args := func(b *backendtest.Backend, more ...string) []string {
				endpoint := map[string]string{plan.GRPC: b.GRPC, plan.HTTP: b.HTTP}[protocol]
				return append([]string{
					"--endpoint", endpoint, "--protocol", protocol, "--insecure", "--header", "x-tenant=$a ${env:HOME}",
					"--rate", "500", "--duration", "1s", "--run-id", "same", "--runtime", "smol", "--instances", "2", "--verify",
				}, more...)
			}
			there := backendtest.Start(t, backendtest.Settings{})
			cmd, stdout, stderr := otlpload(t, args(there)...)
			require.NoError(t, cmd.Run(), stderr)
			want := spanIDs(there)
			assert.NotEmpty(t, want)
			assert.Contains(t, stdout.String(), "accepted all")

			again := backendtest.Start(t, backendtest.Settings{})
			cmd, stdout, stderr = otlpload(t, args(again, "--print-config")...)
			require.NoError(t, cmd.Run(), stderr)
			file := filepath.Join(t.TempDir(), "load.yaml")
			require.NoError(t, os.WriteFile(file, stdout.Bytes(), 0o600))
			output, err := exec.CommandContext(t.Context(), collector, "validate", "--config", file).CombinedOutput()
			require.NoError(t, err, "%s", output)

			run := exec.CommandContext(t.Context(), collector, "--config", file, "--config", "yaml:service::telemetry::metrics: {level: none, readers: []}") // no port
			var log bytes.Buffer
			run.Stderr = &log
			require.NoError(t, run.Start())
			exited := make(chan error, 1)
			go func() { exited <- run.Wait() }()
			require.Eventually(t, func() bool { return again.Traces.SpanCount() >= len(want) || len(exited) > 0 }, patience, 10*time.Millisecond)
			require.Empty(t, exited, &log)
			require.NoError(t, run.Process.Signal(os.Interrupt))
			require.NoError(t, <-exited, &log)
			assert.Equal(t, want, spanIDs(again))
			assert.Equal(t, there.Header("x-tenant"), again.Header("x-tenant"))
		})
	}
}
