// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// production is a gateway as it is in production, whose exporter has a name of its own.
const production = `
receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}}
exporters: {otlp/backend: {endpoint: "backend.example.com:4317"}, debug: {}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp/backend, debug]}}}
`

// TestElsewhere: what is meant for a test must not go to where it goes in production, and nobody notices.
func TestElsewhere(t *testing.T) {
	for name, tc := range map[string]struct {
		override  string
		want      string
		elsewhere []string
	}{
		"another name": {
			override:  `{otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}"}}`,
			want:      "gateway: no pipeline uses exporter otlp_grpc, which sends to PIPELINETEST_TO_NEXT; its pipelines send with debug; otlp/backend to backend.example.com:4317: override otlp/backend",
			elsewhere: []string{"exporter otlp/backend to backend.example.com:4317"},
		},
		"the same name": {override: `{otlp/backend: {endpoint: "${env:PIPELINETEST_TO_NEXT}"}}`},
		"another, beside": {
			override:  `{otlp/backend: {endpoint: "${env:PIPELINETEST_TO_NEXT}", traces_endpoint: "https://spans.example.com/v1"}}`,
			elsewhere: []string{"exporter otlp/backend to https://spans.example.com/v1"},
		},
		"loopback": {override: `{otlp/backend: {endpoint: "${env:PIPELINETEST_TO_NEXT}", metrics_endpoint: "http://127.0.0.1:1", logs_endpoint: "[::1]:1", profiles_endpoint: "localhost:2"}}`},
	} {
		for _, kind := range []string{"files", "command"} {
			t.Run(name+", "+kind, func(t *testing.T) {
				dir := t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(dir, "gateway.yaml"), []byte(production), 0o600))
				text := "receivers: {otlp: {protocols: {grpc: {endpoint: \"${env:PIPELINETEST_LISTEN}\"}}}}\nexporters: " + tc.override
				require.NoError(t, os.WriteFile(filepath.Join(dir, "test.yaml"), []byte(text), 0o600))
				system := "{name: gateway, config: [gateway.yaml, test.yaml]}"
				if kind == "command" {
					system = "{name: gateway, command: [otelcol-contrib, --config, gateway.yaml, --config=test.yaml]}"
				}
				list, err := parse([]byte("systems: ["+system+"]"), "x", dir)
				if tc.want == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, tc.want)
				}
				assert.Equal(t, tc.elsewhere, list[0].Elsewhere(&list[0].Systems[0]))
			})
		}
	}
}

// TestNowhere: a test may want that nothing arrives, as long as nothing goes to where it must not.
func TestNowhere(t *testing.T) {
	const system = `systems: [{name: gateway, config: [{
  receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}},
  exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}"}, nop: {}},
  service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}}]}]
`
	_, err := parse([]byte(system), "x", t.TempDir())
	require.ErrorContains(t, err, "its pipelines send with nop: override nop")
	_, err = parse([]byte(system+"want: {verdict: fail, findings: [runs]}"), "x", t.TempDir())
	require.NoError(t, err)
}
