// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asBackend makes this test binary a backend that answers every request over HTTP with a status.
const asBackend = "RUN_AS_BACKEND"

func throttle() error {
	listener, err := net.Listen("tcp", os.Getenv("PIPELINETEST_LISTEN_HTTP"))
	if err != nil {
		return err
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
}

// TestReasons: a failure says why, in the part's own words, whether or not a proxy stands on the link.
func TestReasons(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	const short = `generator: {config: [builtin, {receivers: {synthetic_load: {duration: 2s}}}]}`
	for name, tc := range map[string]struct {
		scenario, part, component, signal, answer, last, text string
	}{
		// A batch of more than the 4 MiB that the verifier's receiver takes.
		"too-large": {
			scenario: `
settle: 10s
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 8s}}}]}
systems:
  - name: gateway
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}", max_recv_msg_size_mib: 64}}}}
        processors: {batch: {send_batch_size: 1000000, timeout: 1m}}
        exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}}}
        service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [otlp_grpc]}, metrics: {receivers: [otlp], exporters: [otlp_grpc]}, logs: {receivers: [otlp], exporters: [otlp_grpc]}}}
want: {verdict: fail, findings: [max_loss], traces: {lost: some}, metrics: {lost: any}, logs: {lost: any}}
`,
			part: "gateway", component: "exporter otlp_grpc", signal: "traces", answer: "ResourceExhausted",
			last: "larger than max", text: `gateway: exporter otlp_grpc got ResourceExhausted, and gave up [0-9,]+ spans or more: ".*larger than max`,
		},
		// A backend that has too much to do.
		"throttled": {
			scenario: short + `
settle: 10s
systems:
  - {name: gateway, config: [{
      receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}},
      exporters: {otlp_http: {endpoint: "http://${env:PIPELINETEST_TO_NEXT_HTTP}", retry_on_failure: {enabled: false}}},
      service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}, metrics: {receivers: [otlp], exporters: [otlp_http]}, logs: {receivers: [otlp], exporters: [otlp_http]}}}}]}
  - {name: backend, command: [env, ` + asBackend + `=1, "` + self + `"]}
want: {verdict: fail, traces: {lost: some}, metrics: {lost: any}, logs: {lost: any}}
`,
			part: "gateway", component: "exporter otlp_http", signal: "logs", answer: "ResourceExhausted, HTTP 429",
			last: "HTTP Status Code 429", text: `gateway: exporter otlp_http got ResourceExhausted, HTTP 429, and gave up [0-9,]+ log records or more: `,
		},
		// A backend that is not there for a while.
		"unavailable": {
			scenario: short + `
systems:
  - {name: gateway, config: [{
      receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}},
      exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}, retry_on_failure: {enabled: false}}},
      service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}, metrics: {receivers: [otlp], exporters: [otlp_grpc]}, logs: {receivers: [otlp], exporters: [otlp_grpc]}}}}]}
faults: [{at: 500ms, for: 1s, link: gateway->verifier, grpc: unavailable}]
want: {verdict: fail, findings: [max_loss], traces: {lost: some}, metrics: {lost: any}, logs: {lost: any}}
`,
			part: "gateway", component: "exporter otlp_grpc", signal: "traces", answer: "Unavailable",
			last: "pipelinetest: grpc: unavailable", text: `gateway: exporter otlp_grpc got Unavailable, and gave up [0-9,]+ spans or more: `,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			markdown := filepath.Join(t.TempDir(), "summary.md")
			code, stdout, _, doc := pipelinetest(t, "--markdown", markdown, writeFile(t, tc.scenario))
			assert.Zero(t, code, stdout)
			require.Len(t, doc.Tests, 1)
			found := false
			for _, r := range doc.Tests[0].Reasons {
				if r.Part == tc.part && r.Component == tc.component && r.Signal == tc.signal && r.Answer == tc.answer {
					found = true
					assert.Contains(t, r.Last, tc.last)
					assert.Positive(t, r.Lines)
					assert.Positive(t, r.Items)
				}
			}
			assert.True(t, found, "%+v", doc.Tests[0].Reasons)
			assert.Regexp(t, `\n  why, as the parts' own logs say:\n(    .*\n)*    `+tc.text, stdout)
			summary, err := os.ReadFile(markdown)
			require.NoError(t, err)
			assert.Contains(t, strings.NewReplacer(`\`, "", "&#58;", ":").Replace(string(summary)), tc.part+": "+tc.component+" got "+tc.answer)
		})
	}
}
