// SPDX-License-Identifier: Apache-2.0

package stdout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// environment makes the test binary a process that writes to its stdout and stderr.
const environment = "STDOUT_TEST_WRITES_TO"

func TestMain(m *testing.M) {
	if writer := os.Getenv(environment); writer != "" {
		var out io.Writer = os.Stdout
		if writer == "Writer" {
			out = Writer()
		}
		if _, err := io.WriteString(out, "table\n"); !errors.Is(err, syscall.EPIPE) {
			fmt.Fprintln(os.Stderr, "want EPIPE, got", err)
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, "alive") // where the Collector logs
		os.Exit(42)
	}
	os.Exit(m.Run())
}

// brokenPipe returns the writing end of a pipe that nobody reads.
func brokenPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestBrokenPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("without SIGPIPE")
	}
	run := func(t *testing.T, writer string, stderr io.Writer) *os.ProcessState {
		t.Helper()
		process := exec.CommandContext(t.Context(), os.Args[0])
		process.Env = append(os.Environ(), environment+"="+writer)
		process.Stdout, process.Stderr = brokenPipe(t), stderr
		var exit *exec.ExitError
		require.ErrorAs(t, process.Run(), &exit)
		return exit.ProcessState
	}
	t.Run("os.Stdout ends the process", func(t *testing.T) {
		assert.Equal(t, "signal: broken pipe", run(t, "os.Stdout", nil).String())
	})
	t.Run("Writer fails", func(t *testing.T) {
		var stderr bytes.Buffer
		assert.Equal(t, 42, run(t, "Writer", &stderr).ExitCode())
		assert.Equal(t, "alive\n", stderr.String())
	})
	t.Run("stderr is the same pipe", func(t *testing.T) {
		assert.Equal(t, 42, run(t, "Writer", brokenPipe(t)).ExitCode())
	})
}
