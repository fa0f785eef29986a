// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
)

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

// onlyAfterFaults are counters that come into being with the first failure: TestFaultsOnPrometheus sees them.
var onlyAfterFaults = []string{
	"otelcol_exporter_send_failed_spans_total",
	"otelcol_exporter_send_failed_metric_points_total",
	"otelcol_exporter_send_failed_log_records_total",
	"otelcol_exporter_enqueue_failed_spans_total",
}

// ofServices are the alerts whose condition holds while services block their workers and the sidecar is well. The others' must not.
var ofServices = []string{"AsyncOperationBlocks", "AsyncSpansHeldUp", "AsyncQueueWaitHigh"}

// TestDashboardAndAlertsOnPrometheus lets the sidecar, as config/sidecar-metrics.yaml has it, watch real and simulated services, and asks a
// real Prometheus every question of the dashboard and of the alerts.
func TestDashboardAndAlertsOnPrometheus(t *testing.T) {
	server := startPrometheus(t)
	backend := freeAddress(t)
	one := startSidecar(t, server, backend, shippedQueue)
	other := startSidecar(t, server, backend, shippedQueue) // beside another pod of the same services
	start(t, "Everything is ready", program(t, "dist/otelcol-runtimelab"), "--config", writeFile(t, fmt.Sprintf(load, one.grpc, backend)))

	questions := panels(t)
	for _, alert := range alerts(t) {
		questions = append(questions, conditions(alert.where, alert.expr)...)
		if slices.Contains(ofServices, alert.where) {
			questions = append(questions, alert)
		}
	}
	questions = slices.DeleteFunc(questions, func(q query) bool {
		return slices.ContainsFunc(q.metrics(), func(name string) bool { return slices.Contains(onlyAfterFaults, name) })
	})
	server.answers(t, questions, func(round int) {
		for _, capture := range captures {
			replay(t, one.http, capture, round, http.StatusOK)
			replay(t, other.http, capture, round, http.StatusOK)
		}
	})
	for _, alert := range alerts(t) {
		if !slices.Contains(ofServices, alert.where) {
			server.isSilent(t, alert)
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

// withoutTraces is a backend that takes metrics only: it answers "unimplemented" to all else, for good.
const withoutTraces = `
receivers: {otlp: {protocols: {grpc: {endpoint: "%s"}}}}
exporters: {nop: }
service: {telemetry: {metrics: {level: none}}, pipelines: {metrics: {receivers: [otlp], exporters: [nop]}}}
`

// TestFaultsOnPrometheus lets sidecars go wrong: the condition of each alert about sidecars comes true on a real Prometheus, and counters
// that only a fault brings into being have the names by which dashboard and alerts ask for them.
func TestFaultsOnPrometheus(t *testing.T) {
	server := startPrometheus(t)
	refusing := freeAddress(t)
	start(t, "Everything is ready", program(t, "dist/otelcol-runtimelab"), "--config", writeFile(t, fmt.Sprintf(withoutTraces, refusing)))
	dropping := startSidecar(t, server, refusing, shippedQueue)
	full := startSidecar(t, server, freeAddress(t), 1_000_000) // nobody listens there

	var questions []query
	for _, alert := range alerts(t) {
		if !slices.Contains(ofServices, alert.where) {
			questions = append(questions, alert)
		}
	}
	for _, name := range []string{"otelcol_exporter_send_failed_spans_total", "otelcol_exporter_enqueue_failed_spans_total"} {
		questions = append(questions, parse(t, name, name))
	}
	server.answers(t, questions, func(round int) {
		replay(t, full.http, "axum.jsonl.gz", round, http.StatusOK, http.StatusServiceUnavailable)
		replay(t, dropping.http, "document-smol.jsonl.gz", round, http.StatusOK) // without busy times: nothing can be known of them
	})
}
