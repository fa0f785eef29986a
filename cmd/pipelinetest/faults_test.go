// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oneByOne is a generator whose every request is one span, one after the other, so that requests and spans are as many.
const oneByOne = `
generator:
  config:
    - receivers:
        synthetic_load:
          duration: 4s
          verify: true
          requests: separate
          services:
            - name: single
              runtime: {model: smol}
              arrivals: {process: constant, rate: 200}
              operations: [{name: work, steps: [{compute: 20us}]}]
      exporters:
        otlp_grpc:
          endpoint: ${env:PIPELINETEST_TO_NEXT}
          tls: {insecure: true}
          sending_queue: {num_consumers: 1, wait_for_result: true, block_on_overflow: true}
          retry_on_failure: {initial_interval: 10ms, max_elapsed_time: 0s}
      service: {pipelines: {traces: {receivers: [synthetic_load], exporters: [otlp_grpc]}}}
`

// gateway is a gateway's configuration: what it sends with, and to whom.
func gateway(exporter, endpoint string) string {
	return gatewayWith(exporter, endpoint, "{level: none}")
}

func gatewayWith(exporter, endpoint, metrics string) string {
	return strings.NewReplacer("EXPORTER", exporter, "ENDPOINT", endpoint, "METRICS", metrics).Replace(`
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
exporters: {EXPORTER: {endpoint: "ENDPOINT", tls: {insecure: true}, timeout: 2m, retry_on_failure: {initial_interval: 100ms, max_interval: 500ms, max_elapsed_time: 0s}}}
service:
  telemetry: {metrics: METRICS}
  pipelines:
    traces: {receivers: [otlp], exporters: [EXPORTER]}
    metrics: {receivers: [otlp], exporters: [EXPORTER]}
    logs: {receivers: [otlp], exporters: [EXPORTER]}
`)
}

// asProgram is a system that is a Collector, too, but by a command: what it sends cannot be known before.
func asProgram(t *testing.T, config string) string {
	t.Helper()
	collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	return `
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 3s}}}]}
systems: [{name: gateway, command: ["` + collector + `", --config, "` + writeFile(t, config) + `"]}]
`
}

// TestFaultsCounted injects one kind of fault after the other and finds each in the verdict, as many as there were and no others.
func TestFaultsCounted(t *testing.T) {
	for _, tc := range []struct {
		otlp, done, found, finding string
	}{
		{"drop", "dropped", "lost", "max_loss"},
		{"duplicate", "duplicated", "duplicate", "max_duplicates"},
		{"corrupt", "corrupted", "corrupt", "max_corrupt"},
		{"lose_response", "responses_lost", "duplicate", "max_duplicates"},
		{"reorder", "reordered", "out_of_order", ""}, // no fault in itself
	} {
		t.Run(tc.otlp, func(t *testing.T) {
			t.Parallel()
			want := "want: {verdict: pass}"
			if tc.finding != "" {
				want = "want: {verdict: fail, findings: [" + tc.finding + "], traces: {" + tc.found + ": some}}"
			}
			code, _, _, doc := pipelinetest(t, "--fault", "at: 1s, for: 2s, link: generator->verifier, every: 7, otlp: "+tc.otlp, writeFile(t, oneByOne+want))
			assert.Zero(t, code)
			require.Len(t, doc.Tests, 1)
			done := doc.Tests[0].Links[0].Counts[tc.done]
			assert.Positive(t, done)
			counts := doc.Tests[0].LoadVerify.Runs[0].Signals[0]
			for _, count := range []string{"lost", "duplicate", "corrupt", "out_of_order", "beyond"} {
				if count == tc.found {
					assert.EqualValues(t, done, counts[count], count)
				} else {
					assert.Zero(t, counts[count], count)
				}
			}
			assert.InDelta(t, 800, counts["sent"], 5)
		})
	}
}

// TestFaultMetNothing: a fault that did nothing fails the test, and why it did is said; if it can be, before.
func TestFaultMetNothing(t *testing.T) {
	overHTTP := gateway("otlp_http", "http://${env:PIPELINETEST_TO_NEXT_HTTP}")
	overGRPC := gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}")
	overTLS := strings.ReplaceAll(overGRPC, "insecure: true", "insecure: false")
	for name, tc := range map[string]struct {
		config, fault, why string
		met                []any
	}{
		"HTTP": {overHTTP, "link: gateway->verifier, grpc: unavailable", "did nothing: the link carries OTLP/HTTP; grpc meets requests of OTLP/gRPC, http those of OTLP/HTTP, otlp both", []any{"requests", 0, 0}},
		"gRPC": {overGRPC, "link: gateway->verifier, http: 503", "did nothing: the link carries OTLP/gRPC; grpc meets requests of OTLP/gRPC, http those of OTLP/HTTP, otlp both", []any{"requests", 0, 0}},
		"TLS": {overTLS, "link: gateway->verifier, otlp: drop", "did nothing: the link carries TLS, and whoever sends there does not take the certificate of the proxy " +
			"(remote error: tls: bad certificate); want it to trust the authority in PIPELINETEST_CA", []any{"requests", 0, 0}},
		"no turn": {overGRPC, "link: gateway->verifier, otlp: drop, every: 100000", "requests came, and it was the turn of none", nil},
		"nobody":  {overGRPC, "link: generator->verifier, delay: 1s", "", nil},
		"late":    {overGRPC, "link: gateway->verifier, grpc: unavailable, at: 30s", "did nothing: no request came while it was in force, of ", []any{"requests", 0, 0}},
		"reset":   {overGRPC, "link: gateway->verifier, reset: 1h", "did nothing: ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := "want: {verdict: fail, findings: [faults]}\nsettle: 20s\n"
			if name == "TLS" { // nothing arrives at all
				want = "settle: 5s\n"
			}
			code, stdout, stderr, doc := pipelinetest(t, "--fault", tc.fault, writeFile(t, asProgram(t, tc.config)+want))
			if tc.why == "" {
				assert.Equal(t, 2, code)
				assert.Contains(t, stderr, "--fault.link: generator->verifier is not allowed: nothing is sent there")
				return
			}
			require.Len(t, doc.Tests, 1)
			require.NotEmpty(t, doc.Tests[0].Findings)
			assert.Equal(t, "faults", doc.Tests[0].Findings[0].Expectation)
			assert.Contains(t, doc.Tests[0].Findings[0].Message, tc.why)
			require.NotNil(t, doc.Tests[0].Faults[0].Met)
			assert.Zero(t, doc.Tests[0].Faults[0].Met.Suffered)
			if tc.met != nil {
				assert.EqualValues(t, tc.met[1], doc.Tests[0].Faults[0].Met.Came)
			}
			assert.Contains(t, stdout, "\nfaults\n  link: ")
			if name == "TLS" {
				assert.Equal(t, 1, code)
				return
			}
			assert.Zero(t, code, "that is what was wanted: load_verify has nothing to say, and the test fails all the same")
			assert.Equal(t, "pass", doc.Tests[0].LoadVerify.Verdict)
		})
	}
	code, _, stderr, _ := pipelinetest(t, "--fault", "link: gateway->verifier, grpc: unavailable", "--system", "gateway="+writeFile(t, overHTTP))
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "pipelinetest: --fault.link: gateway->verifier is not allowed for grpc: unavailable: gateway sends there over OTLP/HTTP only")
}
