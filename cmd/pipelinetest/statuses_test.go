// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tlsServer is how a receiver of a part speaks TLS, and wants its clients' certificates.
const tlsServer = `tls: {cert_file: "${env:PIPELINETEST_CERT}", key_file: "${env:PIPELINETEST_KEY}", client_ca_file: "${env:PIPELINETEST_CA}"}`

// tlsClient is how an exporter of a part does.
const tlsClient = `tls: {ca_file: "${env:PIPELINETEST_CA}", cert_file: "${env:PIPELINETEST_CERT}", key_file: "${env:PIPELINETEST_KEY}"}`

// forwarding is a scenario of a gateway without a queue that sends in a protocol, with TLS or without.
func forwarding(protocol, secure, rest string) string {
	exporter, endpoint := "otlp_grpc", "${env:PIPELINETEST_TO_NEXT}"
	client, server := "tls: {insecure: true}", ""
	if protocol == "http" {
		exporter, endpoint = "otlp_http", "http://${env:PIPELINETEST_TO_NEXT_HTTP}"
	}
	if secure != "" {
		client, server = tlsClient, tlsServer
		endpoint = strings.Replace(endpoint, "http:", "https:", 1)
	}
	return strings.NewReplacer("EXPORTER", exporter, "ENDPOINT", endpoint, "PROTOCOL", protocol, "CLIENT", client, "SERVER", server, "REST", rest).Replace(`
timeout: 90s
settle: 6s
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 3s}}}]}
systems:
  - name: gateway
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
        exporters:
          EXPORTER:
            endpoint: "ENDPOINT"
            CLIENT
            sending_queue: {enabled: false}
            retry_on_failure: {initial_interval: 100ms, max_interval: 300ms, max_elapsed_time: 0s}
        service:
          pipelines:
            traces: {receivers: [otlp], exporters: [EXPORTER]}
            metrics: {receivers: [otlp], exporters: [EXPORTER]}
            logs: {receivers: [otlp], exporters: [EXPORTER]}
verifier: {config: [builtin, {receivers: {otlp: {protocols: {PROTOCOL: {SERVER}}}}, exporters: {load_verify: {expect: {max_duplicates: 0.3}}}}]}
REST
`)
}

// TestAnswers: what a backend may answer with, over both protocols and inside TLS. What may be sent again arrives, and what must not is missing, where the
// result says.
func TestAnswers(t *testing.T) {
	const (
		fault    = "faults: [{at: 500ms, for: 1500ms, link: gateway->verifier, FAULT}]\n"
		passes   = "want: {verdict: pass, traces: {lost: 0, duplicate: any}}"
		givesUp  = "want: {verdict: fail, findings: [given_up], traces: {given_up: any}, where: {traces: 'generator: given up by receiver synthetic_load'}}"
		loses    = "want: {verdict: fail, findings: [max_loss], traces: {lost: some}, metrics: {lost: any}, logs: {lost: some}, where: {traces: 'gateway->verifier: sent, but not received'}}"
		rejected = "want: {verdict: fail, findings: [max_loss], traces: {lost: some}, metrics: {lost: any}, logs: {lost: some}, where: {traces: 'gateway->verifier: rejected by a partial success'}}"
	)
	for name, tc := range map[string]struct{ protocol, secure, fault, want, count string }{
		"429 over HTTP":                  {"http", "", "http: 429, retry_after: 1s", passes, "refused"},
		"503 over HTTP, inside TLS":      {"http", "TLS", "http: 503", passes, "refused"},
		"400 over HTTP":                  {"http", "", `http: 400, message: "no such tenant"`, givesUp, "refused"},
		"400 over HTTP, inside TLS":      {"http", "TLS", "http: 400", givesUp, "refused"},
		"partly rejected over HTTP":      {"http", "", "otlp: partial_success, rejected: 3", rejected, "rejected"},
		"dropped over HTTP, inside TLS":  {"http", "TLS", "otlp: drop", loses, "dropped"},
		"unavailable inside TLS":         {"grpc", "TLS", "grpc: unavailable", passes, "refused"},
		"throttled":                      {"grpc", "", "grpc: resource_exhausted, retry_after: 50ms", passes, "refused"},
		"throttled without RetryInfo":    {"grpc", "", "grpc: resource_exhausted, retry_after: none", givesUp, "refused"},
		"rejected over gRPC, inside TLS": {"grpc", "TLS", "otlp: partial_success", rejected, "rejected"},
		"cut over gRPC, inside TLS":      {"grpc", "TLS", "down: true", passes, "connections_cut"},
		"cut over HTTP, inside TLS":      {"http", "TLS", "down: true", passes, "connections_cut"},
		"answers lost over HTTP":         {"http", "", "otlp: lose_response, every: 5", passes, "responses_lost"},
		"changed over HTTP, inside TLS":  {"http", "TLS", "otlp: corrupt", strings.Replace(loses, "max_loss", "max_corrupt", 1), "corrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := tc.want
			if tc.count == "corrupted" {
				want = "want: {verdict: fail, findings: [max_corrupt], traces: {corrupt: some}, metrics: {corrupt: any}, logs: {corrupt: any}}"
			}
			code, stdout, _, doc := pipelinetest(t, writeFile(t, forwarding(tc.protocol, tc.secure, strings.Replace(fault, "FAULT", tc.fault, 1)+want)))
			assert.Zero(t, code)
			require.Len(t, doc.Tests, 1)
			assert.Positive(t, doc.Tests[0].Links[0].Counts[tc.count])
			require.NotNil(t, doc.Tests[0].Faults[0].Met)
			assert.Positive(t, doc.Tests[0].Faults[0].Met.Suffered+doc.Tests[0].Faults[0].Met.Unsure, "of connections with TLS, nobody knows whether a request was under way")
			if strings.Contains(tc.fault, "no such tenant") {
				assert.Contains(t, stdout, "no such tenant", "the generator's log says what was answered")
			}
		})
	}
}
