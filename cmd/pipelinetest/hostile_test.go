// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHostileSystem: a system under test can neither command the terminal, nor fill the disk, nor be found in the telemetry of others.
func TestHostileSystem(t *testing.T) {
	t.Parallel()
	keep := t.TempDir()
	code, stdout, stderr, _ := pipelinetest(t, "--keep", keep, "--system",
		`evil=sh -c 'head -c 100000000 /dev/zero | tr "\0" x; printf "\n\033[31m\033]0;title\007 \233 red\n"; exit 3'`)
	assert.Equal(t, 2, code)
	assert.Contains(t, stdout, `\x1b[31m\x1b]0;title\x07 \x9b red`)
	assert.NotContains(t, stdout+stderr, "\x1b")
	info, err := os.Stat(filepath.Join(keep, "pipelinetest-1", "evil", "log"))
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(6<<20))
}

// TestReadiness: --timeout counts from the start, and somebody who never listens does not outlast it.
func TestReadiness(t *testing.T) {
	t.Parallel()
	code, stdout, _, _ := pipelinetest(t, "--timeout", "20s", "--system", "mute=sleep 600")
	assert.Equal(t, 2, code)
	assert.Contains(t, stdout, "timeout: the test was not over after 20s\n  mute listens neither at ")
}

// TestDevices: a report can go where no file can be.
func TestDevices(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--json", "--junit", "--markdown"} {
		cmd, stdout, _ := command(t, flag, "/proc/self/fd/1", "--generator", "builtin", "--generator", "yaml:receivers::synthetic_load::duration: 1s")
		require.NoError(t, cmd.Run())
		assert.Contains(t, stdout.String(), "PASS  pipelinetest")
		assert.Regexp(t, `"schema": "pipelinetest/2"|<testsuites|### pipelinetest: PASS`, stdout.String())
	}
}

// TestClosedStdout: who stops listening does not stop the tests, nor change what comes out.
func TestClosedStdout(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	cmd, _, stderr := command(t, "--json", path, "--generator", "builtin", "--generator", "yaml:receivers::synthetic_load::duration: 1s")
	ours, theirs, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, ours.Close())
	cmd.Stdout = theirs
	require.NoError(t, cmd.Run())
	require.NoError(t, theirs.Close())
	assert.Contains(t, stderr.String(), "the results could not be shown: write /dev/stdout: broken pipe")
	assert.FileExists(t, path)
}

// TestInterrupted: neither Ctrl-C nor a closed terminal nor SIGKILL leaves a process behind, nor anything that a system has started in a
// session of its own.
func TestInterrupted(t *testing.T) {
	for name, sent := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "closed": syscall.SIGHUP, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keep := t.TempDir()
			temporary := t.TempDir()
			collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
			require.NoError(t, err)
			config := writeFile(t, gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}"))
			args := []string{"--system", "gateway=sh -c '(setsid sleep 6000 &); exec " + collector + " --config " + config + "'"}
			if sent != syscall.SIGHUP {
				args = append(args, "--keep", keep)
			}
			cmd, stdout, stderr := command(t, args...)
			cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
			require.NoError(t, cmd.Start())
			require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "generator is started") }, patience, 10*time.Millisecond)
			folder := keep
			if sent == syscall.SIGHUP {
				folder = temporary
			}
			require.Eventually(t, func() bool { return len(processes(t, folder)) == 3+1+3 }, patience, 10*time.Millisecond, "parts, a child, and supervisors")
			require.NoError(t, cmd.Process.Signal(sent))
			_ = cmd.Wait() // the exit code tells
			if sent != syscall.SIGKILL {
				assert.Equal(t, 2, cmd.ProcessState.ExitCode())
				assert.Contains(t, stdout.String(), "interrupted")
				assert.Empty(t, processes(t, folder))
				left, err := os.ReadDir(temporary)
				require.NoError(t, err)
				assert.Empty(t, left)
			}
			require.Eventually(t, func() bool { return len(processes(t, folder)) == 0 }, patience, 10*time.Millisecond)
		})
	}
}

// processes are those whose environment names a folder.
func processes(t *testing.T, folder string) (pids []string) {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range environments {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte("PIPELINETEST_DIR="+folder)) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}
