// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const (
	grpcReceiver = `receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}`
	httpReceiver = `receivers: {otlp: {protocols: {http: {endpoint: "${env:PIPELINETEST_LISTEN_HTTP}"}}}}`
	grpcExporter = `exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}"}}`
	httpExporter = `exporters: {otlp_http: {endpoint: "http://${env:PIPELINETEST_TO_NEXT_HTTP}"}}`
)

// loadWith loads a scenario that finds files beside it.
func loadWith(t *testing.T, text string, files map[string]string) error {
	t.Helper()
	path := write(t, text)
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(content), 0o600))
	}
	_, err := Load(path)
	return err
}

// TestLostWays: a part that nobody can reach, and a test in which nothing can arrive, is told with the file, the variables and what is meant.
func TestLostWays(t *testing.T) {
	const gateway = "systems: [{name: gateway, config: [a.yaml]}]\n"
	for _, tc := range []struct {
		name, text string
		a          string // a.yaml
		want       []string
	}{
		{"a slip", gateway, `receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTENS}"}}}}` + "\n" + grpcExporter, []string{
			"gateway: a.yaml uses ${env:PIPELINETEST_LISTENS}, which is not set for it (did you mean PIPELINETEST_LISTEN?); want one of PIPELINETEST_LISTEN, PIPELINETEST_LISTEN_HTTP, PIPELINETEST_TO_NEXT,",
			"gateway: a.yaml uses neither PIPELINETEST_LISTEN nor PIPELINETEST_LISTEN_HTTP, so nothing can reach gateway; want a receiver at ${env:PIPELINETEST_LISTEN} (OTLP/gRPC) or",
		}},
		{"a slip of the first letters", gateway, grpcReceiver + `
exporters: {otlp_grpc: {endpoint: "${PIPELINTEST_TO_NEXT}"}}`, []string{"a.yaml uses ${env:PIPELINTEST_TO_NEXT}, which is not set for it (did you mean PIPELINETEST_TO_NEXT?)"}},
		{"a port of its own", gateway, "receivers: {otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}}\n" + grpcExporter, []string{
			"gateway: a.yaml uses neither PIPELINETEST_LISTEN nor",
			"; to leave a.yaml as it is, write what is different in a test into a second file: config: [a.yaml, test.yaml] (docs/ci.md shows one)",
		}},
		{"only a comment", gateway, "# PIPELINETEST_LISTEN, ${env:PIPELINETEST_LISTEN}\n" + grpcExporter, []string{"gateway: a.yaml uses neither PIPELINETEST_LISTEN nor"}},
		{"escaped", gateway, `receivers: {otlp: {protocols: {grpc: {endpoint: "$${env:PIPELINETEST_LISTEN}"}}}}` + "\n" + grpcExporter, []string{"gateway: a.yaml uses neither PIPELINETEST_LISTEN nor"}},
		{"replaced", "systems: [{name: gateway, config: [a.yaml, 'yaml:receivers::otlp::protocols::grpc::endpoint: :4317']}]", grpcReceiver + "\n" + grpcExporter, []string{
			"gateway: its configuration uses neither PIPELINETEST_LISTEN nor",
		}},
		{"a backend of its own", gateway, grpcReceiver + "\nexporters: {otlp_grpc: {endpoint: backend:4317}}", []string{
			"gateway: a.yaml uses none of PIPELINETEST_TO_NEXT, PIPELINETEST_TO_NEXT_HTTP, PIPELINETEST_TO_VERIFIER, PIPELINETEST_TO_VERIFIER_HTTP, so nothing gets from gateway to the verifier; want an exporter to ${env:PIPELINETEST_TO_NEXT}",
		}},
		{"a backend of its own, and a secret that nobody has set", gateway, grpcReceiver + `
exporters: {otlp_grpc: {endpoint: "ingest.${env:NOBODY_HAS_SET_THIS}.example.com:4317", headers: {authorization: "Bearer ${env:NOR_THIS}"}, tls: {cert_file: "${NOR_THAT}/a.pem"}}}`, []string{
			"so nothing gets from gateway to the verifier",
		}},
		{"a part that there is not", gateway, grpcReceiver + `
exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_VERIFER}"}}`, []string{"a.yaml uses ${env:PIPELINETEST_TO_VERIFER}, which is not set for it (did you mean PIPELINETEST_TO_VERIFIER?)"}},
		{"two that do not understand each other", "systems: [{name: agent, config: [a.yaml]}, {name: b, config: [{" + httpReceiver + "}, {" + grpcExporter + "}]}]", grpcReceiver + "\n" + grpcExporter, []string{
			"agent: a.yaml sends to b over OTLP/gRPC only, and its configuration listens at PIPELINETEST_LISTEN_HTTP only; want an exporter to ${env:PIPELINETEST_TO_B_HTTP}, or b to listen for OTLP/gRPC, too",
		}},
		{"a generator that does not follow", "generator: {config: [builtin, {exporters: {otlp_grpc: {compression: none}}}]}\n" + gateway, httpReceiver + "\n" + grpcExporter, []string{
			"generator: its configuration sends to gateway over OTLP/gRPC only, and a.yaml listens at PIPELINETEST_LISTEN_HTTP only",
		}},
		{"a generator that is not built in", "generator: {config: [a.yaml]}", "receivers: {synthetic_load: {duration: 1s}}", []string{"generator: a.yaml uses none of", "want an exporter to ${env:PIPELINETEST_TO_NEXT} (OTLP/gRPC) or ${env:PIPELINETEST_TO_NEXT_HTTP} (OTLP/HTTP), or builtin before it, which it then adds to"}},
		{"a verifier that is not built in", "verifier: {config: [a.yaml]}", "exporters: {load_verify: {grace: 1s}}", []string{"verifier: a.yaml uses neither", "or builtin before it, which it then adds to"}},
		{"a slip in a command", "systems: [{name: a, command: [x, '--to=${PIPELINETEST_TO_NXT}', '${HOME}']}]", "", []string{"a: command uses ${PIPELINETEST_TO_NXT}, which is not set for it (did you mean PIPELINETEST_TO_NEXT?)"}},
		{"a report that is not the part's", gateway, grpcReceiver + "\n" + grpcExporter + "\nextensions: {x: '${env:PIPELINETEST_REPORT}'}", []string{"a.yaml uses ${env:PIPELINETEST_REPORT}, which is not set for it; want one of"}},
		{"a fault of requests over HTTP", gateway + "faults: [{link: generator->gateway, grpc: unavailable}]", httpReceiver + "\n" + grpcExporter, []string{"generator sends there over OTLP/HTTP only, and grpc meets requests of OTLP/gRPC; want a fault such as http: 503"}},
		{"a fault of HTTP over gRPC", gateway + "faults: [{link: generator->gateway, http: 503}]", grpcReceiver + "\n" + grpcExporter, []string{"generator sends there over OTLP/gRPC only, and http meets requests of OTLP/HTTP; want a fault such as grpc: unavailable"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := loadWith(t, tc.text, map[string]string{"a.yaml": tc.a})
			for _, want := range tc.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

// TestWays: what is certain to work, and what cannot be known, is no mistake.
func TestWays(t *testing.T) {
	t.Setenv("ANY_RECEIVERS", httpReceiver[len("receivers: "):])
	const gateway = "systems: [{name: gateway, config: [a.yaml]}]\n"
	for _, tc := range []struct {
		name, text string
		a, b       string // a.yaml, b.yaml
	}{
		{"over HTTP", gateway, httpReceiver + "\n" + httpExporter, ""},
		{"HTTP, a generator that only lasts", "generator: {config: [builtin, 'yaml:receivers::synthetic_load::duration: 1s']}\n" + gateway, httpReceiver + "\n" + grpcExporter, ""},
		{"two files", "systems: [{name: gateway, config: [a.yaml, b.yaml]}]", grpcReceiver, grpcExporter},
		{"a slip that is replaced", "systems: [{name: gateway, config: [a.yaml, b.yaml]}]", `exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NXT}"}}`, grpcReceiver + "\n" + grpcExporter},
		{"an included file", gateway, "receivers: ${file:b.yaml}\n" + grpcExporter, grpcReceiver[len("receivers: "):]},
		{"a variable that holds another", gateway, "receivers: ${env:ANY_RECEIVERS}\n" + grpcExporter, ""},
		{"a default", gateway, grpcReceiver + "\n" + grpcExporter + "\nextensions: {x: '${env:PIPELINETEST_ELSEWHERE:-y}', z: '${env:NOBODY_HAS_SET_THIS}'}", ""},
		{"elsewhere", "systems: [{name: gateway, config: ['https://example.com/a.yaml']}]", "", ""},
		{"a part of it elsewhere", gateway, "receivers: ${https://example.com/a.yaml}", ""},
		{"a mistake that the Collector tells", gateway, "receivers: [", ""},
		{"a command", "systems: [{name: gateway, command: [x, '${PIPELINETEST_LISTEN}']}]", "", ""},
		{"a sink beside the way", "systems: [{name: gateway, config: [{" + grpcReceiver + "}, a.yaml]}, {name: sink, config: [{" + grpcReceiver + "}]}]", `exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_SINK}"}, otlp_grpc/b: {endpoint: "${env:PIPELINETEST_TO_VERIFIER}"}}`, ""},
		{"a broker between them", "systems: [{name: agent, config: [a.yaml]}, {name: reader, config: [b.yaml]}]", grpcReceiver + "\nexporters: {kafka: {brokers: [broker]}}", `receivers: {kafka: {brokers: [broker]}}
extensions: {health_check: {endpoint: "${env:PIPELINETEST_LISTEN}"}}
` + grpcExporter},
		{"a port of their own between them", "systems: [{name: agent, config: [a.yaml]}, {name: b, config: [b.yaml]}]", grpcReceiver + "\nexporters: {otlp_grpc: {endpoint: 'localhost:5317'}}", `receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}, otlp/own: {protocols: {grpc: {endpoint: "localhost:5317"}}}}
` + grpcExporter},
		{"a verifier that reads from a broker", "verifier: {config: [builtin, {receivers: {kafka: {brokers: [broker]}}}]}\n" + gateway, grpcReceiver + "\nexporters: {kafka: {brokers: [broker]}}", ""},
		{"nothing is to arrive", gateway + "want: {verdict: fail, findings: [runs], traces: {lost: some}}", grpcReceiver, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.NoError(t, loadWith(t, tc.text, map[string]string{"a.yaml": tc.a, "b.yaml": tc.b}))
		})
	}
}

// TestOverHTTP: over OTLP/HTTP the built-in generator is as patient as over OTLP/gRPC, and what a scenario adds still counts.
func TestOverHTTP(t *testing.T) {
	s := load(t, write(t, "generator: {config: [builtin, 'yaml:receivers::synthetic_load::duration: 1s']}"))
	generator := &s.Generators[0]
	require.True(t, generator.Follows())
	generator.OverHTTP()
	require.Len(t, generator.Config, 3)
	assert.Equal(t, "yaml:receivers::synthetic_load::duration: 1s", generator.Config[2].Location)

	exporter := func(text, name string) map[string]any {
		var config struct{ Exporters map[string]map[string]any }
		require.NoError(t, yaml.Unmarshal([]byte(text), &config))
		settings := config.Exporters[name]
		assert.Contains(t, settings, "endpoint")
		delete(settings, "endpoint")
		delete(settings, "tls")
		return settings
	}
	assert.Equal(t, exporter(generator.Config[0].Text, "otlp_grpc"), exporter(generator.Config[1].Text, "otlp_http"))
}
