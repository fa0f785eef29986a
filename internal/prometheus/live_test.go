// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// patience bounds every wait for something that must happen; only a test that fails waits that long.
const patience = 3 * time.Minute

// load plays two services, which name their metrics in two ways, and is the sidecar's backend. One of them blocks its workers.
const load = `
receivers:
  otlp: {protocols: {grpc: {endpoint: "%[2]s"}}}
  synthetic_load:
    services: [{name: blocks, runtime: {model: tokio, worker_threads: 4}, arrivals: {process: poisson, rate: 500}, workload: blocking_in_async}]
    metrics: {interval: 1s}
  synthetic_load/crate:
    services: [{name: crate, runtime: {model: tokio, worker_threads: 2}, arrivals: {process: poisson, rate: 100}, workload: api_gateway}]
    metrics: {interval: 1s, naming: tokio_crate}
exporters:
  otlp_grpc: {endpoint: "%[1]s", tls: {insecure: true}}
  nop:
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [synthetic_load, synthetic_load/crate], exporters: [otlp_grpc]}
    metrics: {receivers: [synthetic_load, synthetic_load/crate], exporters: [otlp_grpc]}
    logs: {receivers: [synthetic_load, synthetic_load/crate], exporters: [otlp_grpc]}
    traces/backend: {receivers: [otlp], exporters: [nop]}
    metrics/backend: {receivers: [otlp], exporters: [nop]}
    logs/backend: {receivers: [otlp], exporters: [nop]}
`

// captures are spans of real services whose workers are blocked. In the second, only one thread runs tasks.
var captures = []string{"axum.jsonl.gz", "axum-one-thread.jsonl.gz", "actix-web.jsonl.gz"}

// mayBeEmpty are the metrics that are not there while all is well.
var mayBeEmpty = map[string]string{
	"otelcol_exporter_send_failed_spans_total":         "the counter comes into being with the first failure",
	"otelcol_exporter_send_failed_metric_points_total": "likewise",
	"otelcol_exporter_send_failed_log_records_total":   "likewise",
	"otelcol_exporter_enqueue_failed_spans_total":      "likewise, when a queue is full for the first time",
}

// fires are the alerts whose condition holds in this test. The others' must not.
var fires = map[string]bool{"AsyncOperationBlocks": true, "AsyncSpansHeldUp": true, "AsyncQueueWaitHigh": true}

// TestDashboardAndAlertsOnPrometheus lets the sidecar, as config/sidecar-metrics.yaml has it, watch real and simulated services, and asks a
// real Prometheus every question of the dashboard and of the alerts.
func TestDashboardAndAlertsOnPrometheus(t *testing.T) {
	server := startPrometheus(t)
	grpc, http, backend := freeAddress(t), freeAddress(t), freeAddress(t)
	start(t, "Everything is ready", program(t, "dist/otelcol-runtimelab"), "--config", writeFile(t, fmt.Sprintf(load, grpc, backend)))
	t.Setenv("BACKEND_ENDPOINT", backend)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())
	t.Setenv("PROMETHEUS_ENDPOINT", server.url+"/api/v1/otlp")
	start(t, "Everything is ready", program(t, "dist/otelcol-runtimelab"), "--config", writeFile(t, sidecar(t, grpc, http)))
	t.Setenv("SIDECAR_STATE", t.TempDir())
	other := freeAddress(t) // of a sidecar beside another pod of the same services
	start(t, "Everything is ready", program(t, "dist/otelcol-runtimelab"), "--config", writeFile(t, sidecar(t, freeAddress(t), other)))

	questions := panels(t)
	for _, alert := range alerts(t) {
		questions = append(questions, conditions(alert.where, alert.expr)...)
		if fires[alert.where] {
			questions = append(questions, alert)
		}
	}
	questions = slices.DeleteFunc(questions, mayHaveNoAnswer)
	const pause = time.Second
	for round := 0; len(questions) > 0 && round < int(patience/pause); round++ {
		for _, capture := range captures {
			replay(t, http, capture, round)
			replay(t, other, capture, round)
		}
		time.Sleep(pause)
		questions = slices.DeleteFunc(questions, func(q query) bool { return server.ask(t, q.text) > 0 })
	}
	for _, q := range questions {
		t.Errorf("no answer: %s\n%s", q.where, q.text)
	}
	for _, alert := range alerts(t) {
		if !fires[alert.where] {
			assert.Zero(t, server.ask(t, alert.text), "%s: its condition holds, and all is well", alert.where)
		}
	}
	assert.Zero(t, server.ask(t, "otelcol_exporter_send_failed_metric_points_total"), "Prometheus took everything")
	for _, metric := range []string{"async_runtime_span_duration_nanoseconds", "traces_span_metrics_calls_total"} {
		assert.Equal(t, 2, server.ask(t, `count by (collector_instance_id) (`+metric+`{job="axum"})`), "%s: two sidecars write, each its own series", metric)
	}
}

// conditions are the parts of an alert that must have an answer for it to be able to fire: what it compares, with nothing compared.
func conditions(where string, expr parser.Expr) []query {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return conditions(where, e.Expr)
	case *parser.BinaryExpr:
		switch {
		case e.Op.IsComparisonOperator():
			return conditions(where, e.LHS)
		case e.Op.IsSetOperator():
			return append(conditions(where, e.LHS), conditions(where, e.RHS)...)
		}
	case *parser.Call:
		if e.Func.Name == "label_replace" {
			return conditions(where, e.Args[0])
		}
	}
	return []query{{where: where, text: expr.String(), expr: expr}}
}

func mayHaveNoAnswer(q query) bool {
	for _, name := range q.metrics() {
		if mayBeEmpty[name] != "" {
			return true
		}
	}
	return false
}

// sidecar is config/sidecar-metrics.yaml on ports of its own, and every second where it waits for longer.
func sidecar(t *testing.T, grpc, http string) string {
	t.Helper()
	var config map[string]any
	require.NoError(t, yaml.Unmarshal(readFile(t, "config/sidecar-metrics.yaml"), &config))
	set := func(value any, path ...any) {
		at := any(config)
		for _, step := range path[:len(path)-1] {
			switch step := step.(type) {
			case string:
				at = at.(map[string]any)[step]
			case int:
				at = at.([]any)[step]
			}
		}
		last := path[len(path)-1].(string)
		require.Contains(t, at, last)
		at.(map[string]any)[last] = value
	}
	_, port, err := net.SplitHostPort(freeAddress(t))
	require.NoError(t, err)
	own, err := strconv.Atoi(port)
	require.NoError(t, err)
	set(grpc, "receivers", "otlp", "protocols", "grpc", "endpoint")
	set(http, "receivers", "otlp", "protocols", "http", "endpoint")
	set(freeAddress(t), "extensions", "health_check", "endpoint")
	set("1s", "connectors", "runtime_stats", "interval")
	set("1s", "connectors", "span_metrics", "metrics_flush_interval")
	set(own, "service", "telemetry", "metrics", "readers", 0, "pull", "exporter", "prometheus", "port")
	set(1000, "service", "telemetry", "metrics", "readers", 1, "periodic", "interval")
	text, err := yaml.Marshal(config)
	require.NoError(t, err)
	return string(text)
}

var (
	timestamp  = regexp.MustCompile(`imeUnixNano":"(\d+)"`) // begins with what is fast to find
	identifier = regexp.MustCompile(`Id":"..`)              // of a trace, a span or a parent
)

// replay sends the spans of a capture as if they had just ended, with ids that are no other round's.
func replay(t *testing.T, endpoint, capture string, round int) {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "reference", "captures", capture))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	var requests [][]byte
	newest := int64(0)
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		requests = append(requests, bytes.Clone(lines.Bytes()))
		for _, match := range timestamp.FindAllSubmatch(lines.Bytes(), -1) {
			newest = max(newest, nanoseconds(t, match[1]))
		}
	}
	require.NoError(t, lines.Err())
	shift := time.Now().UnixNano() - newest
	for _, request := range requests {
		request = timestamp.ReplaceAllFunc(request, func(found []byte) []byte {
			return fmt.Appendf(nil, `imeUnixNano":"%d"`, nanoseconds(t, timestamp.FindSubmatch(found)[1])+shift)
		})
		request = identifier.ReplaceAll(request, fmt.Appendf(nil, `Id":"%02x`, round%256))
		response := send(t, http.MethodPost, "http://"+endpoint+"/v1/traces", request)
		require.Equal(t, http.StatusOK, response)
	}
}

func nanoseconds(t *testing.T, text []byte) int64 {
	t.Helper()
	ns, err := strconv.ParseInt(string(text), 10, 64)
	require.NoError(t, err)
	return ns
}

func send(t *testing.T, method, target string, body []byte) (status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

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
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = file.Close()
		if text, _ := os.ReadFile(log); t.Failed() {
			t.Logf("%s\n%s", strings.Join(args, " "), text)
		}
	})
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(log)
		return err == nil && bytes.Contains(text, []byte(ready))
	}, patience, 50*time.Millisecond, "%s is not ready", args[0])
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
