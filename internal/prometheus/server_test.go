// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"bytes"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds every wait for something that must happen; only a test that fails waits that long.
const patience = 3 * time.Minute

// prometheusServer is a running Prometheus.
type prometheusServer struct{ url string }

// startPrometheus runs Prometheus as deploy/prometheus/prometheus.yaml says.
func startPrometheus(t *testing.T) prometheusServer {
	t.Helper()
	address := freeAddress(t)
	start(t, "Server is ready to receive web requests", program(t, "bin/prometheus"),
		"--config.file", filepath.Join(root, "deploy", "prometheus", "prometheus.yaml"), "--web.enable-otlp-receiver",
		"--web.listen-address", address, "--storage.tsdb.path", t.TempDir())
	return prometheusServer{url: "http://" + address}
}

// answers feeds sidecars until each question has an answer.
func (p prometheusServer) answers(t *testing.T, questions []query, feed func(round int)) {
	t.Helper()
	const pause = time.Second
	for round := 0; len(questions) > 0 && round < int(patience/pause); round++ {
		feed(round)
		time.Sleep(pause)
		questions = slices.DeleteFunc(questions, func(q query) bool { return p.ask(t, q.text) > 0 })
	}
	for _, q := range questions {
		t.Errorf("no answer: %s\n%s", q.where, q.text)
	}
}

// isSilent sees that the condition of an alert does not hold. It may for a moment, while a sidecar sends its first spans.
func (p prometheusServer) isSilent(t *testing.T, alert query) {
	t.Helper()
	const pause = time.Second
	for range int(patience / pause) {
		if p.ask(t, alert.text) == 0 {
			return
		}
		time.Sleep(pause)
	}
	t.Errorf("%s: its condition holds, and all is well\n%s", alert.where, alert.text)
}

// ask returns how many series an instant query has that are a number, or a histogram.
func (p prometheusServer) ask(t *testing.T, expr string) (series int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/query?"+url.Values{"query": {expr}}.Encode(), http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	var answer struct {
		Error string
		Data  struct {
			Result []struct {
				Value     [2]any
				Histogram []any
			}
		}
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Empty(t, answer.Error, expr)
	for _, result := range answer.Data.Result {
		if text, ok := result.Value[1].(string); ok {
			value, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err)
			if math.IsNaN(value) || math.IsInf(value, 0) {
				continue
			}
		}
		series++
	}
	return series
}

// start runs a program until the test ends. It returns when the program says that it is ready.
func start(t *testing.T, ready string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	log := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(log)
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = file, file
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = file.Close()
		if text, _ := os.ReadFile(log); t.Failed() {
			t.Logf("%s\n%s", strings.Join(args, " "), text)
		}
	})
	for range int(patience / (50 * time.Millisecond)) {
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		if bytes.Contains(text, []byte(ready)) {
			return
		}
		select {
		case <-ended:
			require.Fail(t, args[0]+" has ended", string(text))
		case <-time.After(50 * time.Millisecond):
		}
	}
	require.Fail(t, args[0]+" is not ready")
}

// freeAddress is one on loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().String()
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
