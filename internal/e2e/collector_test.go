// SPDX-License-Identifier: Apache-2.0

// Package e2e runs the built Collector as its user does: the shipped configurations, a typo in them, Ctrl-C in the middle, a
// port that is taken, a backend that is down. `make build` makes the binary it tests.
package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	root = "../.."
	// patience bounds every wait for something that must happen. A machine that has much else to do needs minutes for what takes a
	// second alone; only a test that fails waits that long.
	patience = 5 * time.Minute
)

// output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// collector is a running Collector.
type collector struct {
	cmd         *exec.Cmd
	stdout      output
	stderr      output
	metricsPort int
	exited      chan struct{}
	err         error
}

func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	require.FileExists(t, path, "run `make build` first")
	return path
}

func configFile(name string) string { return filepath.Join(root, "config", name) }

// freePort finds a loopback port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port
}

// start runs the Collector with a configuration file and overrides (`a::b: value`, later ones win; flags begin with --). Its own metrics go to a
// free port.
func start(t *testing.T, config string, overrides ...string) *collector {
	t.Helper()
	c := &collector{metricsPort: freePort(t), exited: make(chan struct{})}
	args := []string{"--config", config, "--config", fmt.Sprintf(
		"yaml:service::telemetry::metrics::readers: [{pull: {exporter: {prometheus: {host: localhost, port: %d, "+
			"without_units: true, without_type_suffix: true}}}}]", c.metricsPort)}
	for _, o := range overrides {
		if strings.HasPrefix(o, "--") { // a flag
			args = append(args, o)
			continue
		}
		args = append(args, "--config", "yaml:"+o)
	}
	c.cmd = exec.Command(binary(t), args...)
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	require.NoError(t, c.cmd.Start())
	go func() {
		c.err = c.cmd.Wait()
		close(c.exited)
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.exited
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", c.stdout.String(), c.stderr.String())
		}
	})
	return c
}

// waitFor waits until the log or the console says something. A Collector that has ended says nothing more.
func (c *collector) waitFor(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var match []string
	require.Eventually(t, func() bool {
		ended := c.hasEnded()
		match = re.FindStringSubmatch(c.stdout.String() + c.stderr.String())
		return match != nil || ended
	}, patience, 20*time.Millisecond, "waiting for %q", pattern)
	require.NotNil(t, match, "the Collector ended without %q", pattern)
	return match
}

func (c *collector) hasEnded() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// interrupt sends Ctrl-C, waits for the end, and returns the error with which the Collector ended.
func (c *collector) interrupt(t *testing.T) error {
	t.Helper()
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGINT))
	return c.wait(t)
}

func (c *collector) wait(t *testing.T) error {
	t.Helper()
	require.Eventually(t, c.hasEnded, patience, 20*time.Millisecond, "the Collector does not end")
	return c.err
}

// metric sums the series of one of the Collector's own metrics whose labels contain a text.
func (c *collector) metric(t *testing.T, name, labels string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://localhost:%d/metrics", c.metricsPort), http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	sum, err := sumSeries(resp.Body, name, labels)
	require.NoError(t, err)
	return sum
}

func sumSeries(text io.Reader, name, labels string) (int, error) {
	sum := 0.0
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		if !strings.HasPrefix(series, name+"{") || !strings.Contains(series, labels) {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return int(sum), lines.Err()
}

// run runs the Collector to its end and returns its exit code and what it printed.
func run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	out, err := cmd.CombinedOutput()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
