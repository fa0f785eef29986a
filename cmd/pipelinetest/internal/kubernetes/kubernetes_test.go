// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

var update = flag.Bool("update", false, "write the golden manifests, and deploy/kubernetes/")

var root = filepath.Join("..", "..", "..", "..")

// rendered are the manifests of the only scenario of a file.
func rendered(t *testing.T, o Options, path ...string) []File {
	t.Helper()
	scenarios, err := scenario.Load(filepath.Join(path...))
	require.NoError(t, err)
	require.Len(t, scenarios, 1)
	files, err := Render(scenarios[0], o)
	require.NoError(t, err)
	return files
}

// requireGolden holds a text against a file.
func requireGolden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "%s: go test ./cmd/pipelinetest/internal/kubernetes -update writes it", path)
}

// TestGolden: what each shape of a scenario becomes.
func TestGolden(t *testing.T) {
	service := Default()
	service.Service, service.Labels = "http://gateway.observability:4318", map[string]string{"app": "gateway", "tier": "front"}
	for name, tc := range map[string]struct {
		scenario string
		options  Options
	}{
		"direct":    {"direct.yaml", Options{Namespace: "load", Generators: 1, Verifiers: 1, Image: "registry.example.com/otelcol-runtimelab:1.2.3"}},
		"over-http": {"over-http.yaml", Options{Namespace: "load", Generators: 2, Verifiers: 2, Image: DefaultImage, SystemImage: "otel/opentelemetry-collector-contrib:0.161.0"}},
		"service":   {"direct.yaml", service},
	} {
		t.Run(name, func(t *testing.T) {
			requireGolden(t, filepath.Join("testdata", name+".golden"), Stream(rendered(t, tc.options, "testdata", tc.scenario)))
		})
	}
}

// TestCommitted: what deploy/kubernetes/ has of the scenarios in config/kubernetes/ is what is rendered of them.
func TestCommitted(t *testing.T) {
	scenarios, err := filepath.Glob(filepath.Join(root, "config", "kubernetes", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, scenarios)
	for _, path := range scenarios {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		folder := filepath.Join(root, "deploy", "kubernetes", name)
		var names []string
		for _, f := range rendered(t, committed[name](), path) {
			requireGolden(t, filepath.Join(folder, f.Name), f.Text)
			names = append(names, f.Name)
		}
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		assert.Len(t, entries, len(names), "%s has files that nothing is rendered to", folder)
	}
}

// committed are the options of what is committed, by the names of the scenarios.
var committed = map[string]func() Options{
	"load": Default,
	"loadbalancing": func() Options {
		o := Default()
		o.Namespace, o.SystemImage = "pipelinetest-loadbalancing", "registry.example.com/otelcol-runtimelab-gateway:0.1.0"
		return o
	},
}

// TestRefused: what a cluster cannot play, or takes no names for, is told with its key, its value and what is allowed.
func TestRefused(t *testing.T) {
	gateway := `
systems:
  - name: gateway
    replicas: 2
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
        exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}}}
        service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}
`
	load := func(settings string) string {
		return "generator: {config: [builtin, {receivers: {synthetic_load: " + settings + "}}]}\n"
	}
	for name, tc := range map[string]struct {
		scenario string
		options  func(*Options)
		want     string
	}{
		"a fault of a link": {
			"faults: [{at: 1s, for: 1s, link: generator->verifier, down: true}]", nil,
			"faults[0]: link: generator->verifier, down: true is not allowed in a cluster, where pipelinetest stands between no parts; want no faults",
		},
		"a rolling restart":              {gateway + "faults: [{at: 1s, for: 1s, roll: gateway}]", nil, "faults[0]: stop: gateway-1 is not allowed in a cluster"},
		"a wanted failure":               {"want: {verdict: fail, traces: {lost: some}}", nil, "want.verdict: fail is not allowed in a cluster, where the success of the judge is the verdict; want pass"},
		"telemetry of the parts":         {"want: {parts: {generator: {traces: {sent: some}}}}", nil, "want.parts: not in a cluster"},
		"where it went":                  {"want: {where: {traces: x}}", nil, "want.where: not in a cluster"},
		"an order":                       {"want: {traces: {out_of_order: 0}}", nil, "want.traces.out_of_order: 0 is not allowed in a cluster"},
		"a command":                      {"systems: [{name: agent, command: [my-agent, --listen, \"${PIPELINETEST_LISTEN}\"]}]", nil, `agent.command: "my-agent --listen ${PIPELINETEST_LISTEN}" is not allowed in a cluster`},
		"a disk":                         {strings.Replace(gateway, "replicas: 2", "disk: 64MiB", 1), nil, "gateway.disk: 67108864 is not allowed in a cluster"},
		"several generators":             {"generators: [{name: a}, {name: b}]", nil, "generators: 2 are not allowed in a cluster; want one generator, which --generators shards"},
		"a load without end":             {load("{duration: 0s}"), nil, "generator.config: receivers.synthetic_load.duration: 0s is not allowed in a cluster"},
		"a load that is too long":        {load("{duration: 5m}"), nil, "timeout: 5m0s is not allowed; want more than the duration of the load, 5m0s"},
		"a load without numbers":         {load("{verify: false}"), nil, "generator.config: receivers.synthetic_load.verify: false is not allowed"},
		"a named run":                    {load("{run_id: nightly}"), nil, `generator.config: receivers.synthetic_load.run_id: "nightly" is not allowed in a cluster`},
		"a shard":                        {load("{shard: {index: 0, total: 2}, run_id: x}"), nil, "generator.config: receivers.synthetic_load.shard: not in a cluster"},
		"more generators than processes": {load("{duration: 10s}"), func(o *Options) { o.Generators = 5 }, "--generators: 5 is not allowed; want at most 4, or more instances in generator.config: receivers.synthetic_load.services"},
		"certificates": {
			"verifier: {config: [builtin, {receivers: {otlp: {protocols: {grpc: {tls: {cert_file: \"${env:PIPELINETEST_CERT}\", key_file: \"${env:PIPELINETEST_KEY}\"}}}}}}]}", nil,
			"verifier.config: ${env:PIPELINETEST_CERT} is not allowed in a cluster",
		},
		"a replica by its name": {
			strings.Replace(gateway, "systems:", "systems:\n  - {name: front, config: [{receivers: {otlp: {protocols: {grpc: {endpoint: \"${env:PIPELINETEST_LISTEN}\"}}}}, "+
				"exporters: {otlp_grpc: {endpoint: \"${env:PIPELINETEST_TO_GATEWAY_1}\"}}, service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}}]}", 1), nil,
			"front.config: ${env:PIPELINETEST_TO_GATEWAY_1} is not allowed in a cluster, where replicas have no names of their own; want ${env:PIPELINETEST_HOST_GATEWAY}:${env:PIPELINETEST_PORT_GATEWAY}",
		},
		"a configuration elsewhere": {"verifier: {config: [builtin, \"https://example.com/a.yaml\"]}", nil, "verifier.config: https://example.com/a.yaml is not allowed in a cluster"},
		"an included file":          {"verifier: {config: [builtin, {exporters: {load_verify: \"${file:x.yaml}\"}}]}", nil, "verifier.config: ${file:...} is not allowed in a cluster"},
		"two audits": {
			"verifier: {config: [builtin, {exporters: {load_verify: , nop: }, service: {pipelines: {traces: {exporters: [nop]}, metrics: {exporters: [nop]}, logs: {exporters: [nop]}}}}]}", nil,
			"verifier.config: 0 exporters load_verify in pipelines are not allowed; want one",
		},
		"a part of the judge's name": {strings.Replace(gateway, "name: gateway", "name: judge", 1), nil, `name: "judge" is not allowed in a cluster`},
		"no generators":              {"", func(o *Options) { o.Generators = 0 }, "--generators: 0 is not allowed; want 1 to 10000"},
		"too many verifiers":         {"", func(o *Options) { o.Verifiers = 10001 }, "--verifiers: 10001 is not allowed; want 1 to 10000"},
		"a namespace":                {"", func(o *Options) { o.Namespace = "Load" }, `--namespace: "Load" is not allowed`},
		"an image":                   {"", func(o *Options) { o.Image = "a b" }, `--image: "a b" is not allowed`},
		"an image of systems":        {"", func(o *Options) { o.SystemImage = "a\nb" }, `--system-image: "a\nb" is not allowed`},
		"a service without a port":   {"", func(o *Options) { o.Service, o.Labels = "gateway", map[string]string{"a": "b"} }, `--service: "gateway" is not allowed; want HOST:PORT`},
		"a service beside systems": {
			gateway, func(o *Options) { o.Service, o.Labels = "gateway:4317", map[string]string{"a": "b"} },
			"--service: gateway:4317 is not allowed beside systems: gateway-1",
		},
		"a service without pods": {"", func(o *Options) { o.Service = "gateway:4317" }, "--pods: is missing"},
		"pods without a service": {"", func(o *Options) { o.Labels = map[string]string{"a": "b"} }, "--pods: not without --service"},
		"a label":                {"", func(o *Options) { o.Service, o.Labels = "gateway:4317", map[string]string{"a b": "c"} }, `--pods: "a b=c" is not allowed`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "load.yaml")
			require.NoError(t, os.WriteFile(path, []byte("description: x\n"+tc.scenario), 0o600))
			scenarios, err := scenario.Load(path)
			require.NoError(t, err)
			o := Default()
			if tc.options != nil {
				tc.options(&o)
			}
			_, err = Render(scenarios[0], o)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

// TestNames: objects are named after the scenario, so its name must be one that a cluster takes.
func TestNames(t *testing.T) {
	for _, name := range []string{"Load", "a/b", "-a", "a-", strings.Repeat("a", 31), ""} {
		s := scenario.New()
		s.Name = name
		_, err := Render(s, Default())
		require.ErrorContains(t, err, "is not allowed as the name of a scenario in a cluster", name)
	}
}

// TestBlock: any text of a configuration is the same text in a ConfigMap.
func TestBlock(t *testing.T) {
	for text, want := range map[string]string{
		"a: b":            "|\n    a: b",
		"a:\n\n  b: c\n":  "|\n    a:\n\n      b: c",
		"  indented: 1\n": `"  indented: 1\n"`,
		"\na: b\n":        "|\n\n    a: b",
		"a: \x00":         `"a: \x00\n"`,
		"tab:\t1\n":       "|\n    tab:\t1",
	} {
		got, err := block(4, text)
		require.NoError(t, err)
		assert.Equal(t, want, got, "%q", text)
	}
}
