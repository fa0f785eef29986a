package scenario

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "gateway.yaml"), nil, 0o600))
	return path
}

// TestLoad reads a scenario with every key.
func TestLoad(t *testing.T) {
	path := write(t, `
description: All there is.
timeout: 2m
settle: 5s
generator: {config: [builtin, "yaml:receivers::synthetic_load::duration: 20s"]}
verifier: {config: [{exporters: {load_verify: {grace: 1s}}}]}
systems:
  - name: gateway
    config: [gateway.yaml]
    disk: 4MiB
  - {name: my-agent, command: [agent, --listen, "${PIPELINETEST_LISTEN}"]}
faults:
  - {at: 5s, for: 20s, link: gateway->my-agent, down: true}
  - {at: 5s, link: generator->gateway, otlp: drop, every: 3}
  - {for: 2s, kill: my-agent}
  - {stop: generator}
  - {at: 1s, for: 1s, full_disk: gateway}
want:
  verdict: fail
  runs: {min: 1, max: 2}
  findings: [max_loss]
  traces: {lost: some, duplicate: 3}
  parts: {gateway: {logs: {refused: any}}}
`)
	s, err := Load(path)
	require.NoError(t, err)
	assert.Equal(t, "test", s.Name)
	assert.Equal(t, []time.Duration{2 * time.Minute, 5 * time.Second}, []time.Duration{s.Timeout, s.Settle})
	assert.Equal(t, []Part{{Name: "generator", Config: []Config{{Text: BuiltinConfig(GeneratorName)}, {Location: "yaml:receivers::synthetic_load::duration: 20s"}}}}, s.Generators)
	assert.Equal(t, []Part{
		{Name: "gateway", Config: []Config{{Location: filepath.Join(filepath.Dir(path), "gateway.yaml")}}, Disk: 4 << 20},
		{Name: "my-agent", Command: []string{"agent", "--listen", "${PIPELINETEST_LISTEN}"}},
	}, s.Systems)
	assert.YAMLEq(t, "exporters: {load_verify: {grace: 1s}}", s.Verifier.Config[0].Text)
	three := 3
	assert.Equal(t, []Fault{
		{At: 5 * time.Second, For: 20 * time.Second, Link: Link{"gateway", "my-agent"}, Disturbance: proxy.Fault{Down: true}},
		{At: 5 * time.Second, Link: Link{"generator", "gateway"}, Disturbance: proxy.Fault{OTLP: "drop", Every: &three}},
		{For: 2 * time.Second, Kill: "my-agent"},
		{Stop: "generator"},
		{At: time.Second, For: time.Second, FullDisk: "gateway"},
	}, s.Faults)
	assert.Equal(t, "link: generator->gateway, otlp: drop, every: 3", s.Faults[1].String())
	assert.Equal(t, "fail (traces duplicate: 3, traces lost: some, findings: max_loss, runs: {min: 1, max: 2})", s.Want.String())
	assert.Equal(t, Amount{}, s.Want.Signals["logs"]["lost"], "what is not named must be 0 in a run that is to fail")
	assert.Equal(t, CountsBySignal{"logs": {"refused": anything}}, s.Want.Parts["gateway"])

	assert.Equal(t, "gateway", s.Next("generator"))
	assert.Equal(t, "my-agent", s.Next("gateway"))
	assert.Equal(t, "verifier", s.Next("my-agent"))
	assert.Equal(t, []string{"my-agent", "verifier"}, s.Targets("gateway"))
	assert.Equal(t, "PIPELINETEST_TO_MY_AGENT_HTTP", EnvToHTTP("my-agent"))
}

// TestMistakes makes one mistake at a time; the error says where, what and what is allowed.
func TestMistakes(t *testing.T) {
	const gateway = "systems: [{name: gateway, command: [x]}]\n"
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "it is empty; want a scenario"},
		{"no mapping", "[]", "[] is not allowed; want a mapping of keys"},
		{"unknown key", "timout: 1m", "line 1: timout: there is no such key; want one of description, timeout, settle, generator, generators, systems, verifier, faults, want"},
		{"twice", "timeout: 1m\ntimeout: 2m", "line 2: timeout: the key is there twice"},
		{"duration", "timeout: 1", `line 1: timeout: "1" is not allowed; want a duration such as 20s or 1m30s`},
		{"negative", "timeout: -1s", "timeout: -1s is not allowed; want a duration of more than 0s"},
		{"settle", "settle: 0s", "settle: 0s is not allowed; want a duration of more than 0s"},
		{"no file", "verifier: {config: [none.yaml]}", "verifier.config[0]: stat "},
		{"builtin system", "systems: [{name: a, config: [builtin]}]", "systems[0].config[0]: builtin is not allowed; only generators and the verifier have"},
		{"config and command", "systems: [{name: a, config: [{}], command: [x]}]", "systems[0].command: not beside config; want one of both"},
		{"neither", "systems: [{name: a}]", "systems[0]: neither config nor command; want one of both"},
		{"name", "systems: [{name: A, command: [x]}]", `name: "A" is not allowed; want lower-case letters`},
		{"reserved name", "systems: [{name: next, command: [x]}]", `name: "next" is not allowed`},
		{"same name", "systems: [{name: verifier, command: [x]}]", `name: there are two parts "verifier"; want each name once`},
		{"both generators", "generator: {}\ngenerators: [{name: a}]", "generators: not beside generator; want one of both"},
		{"generator's name", "generator: {name: a}", "generator.name: a is not allowed; want generator"},
		{"disk", "systems: [{name: a, command: [x], disk: big}]", `systems[0].disk: "big" is not allowed; want 1B or more, such as 64KiB or 4MiB`},

		{"no kind", gateway + "faults: [{at: 1s}]", "faults[0]: there is nothing to disturb; want link: FROM->TO, kill: PART, stop: PART or full_disk: PART"},
		{"two kinds", gateway + "faults: [{kill: gateway, stop: gateway}]", "faults[0]: kill, stop and full_disk are each a fault alone"},
		{"kill on a link", gateway + "faults: [{kill: gateway, down: true}]", "faults[0]: kill, stop and full_disk are each a fault alone"},
		{"link without kind", gateway + "faults: [{link: gateway->verifier}]", "faults[0]: fault kinds: none; want exactly one of down: true"},
		{"unknown fault", gateway + "faults: [{link: gateway->verifier, slow: 1s}]", "faults[0].slow: there is no such key; want one of at, for, link, down"},
		{"no arrow", gateway + "faults: [{link: gateway, down: true}]", `faults[0].link: "gateway" is not allowed; want FROM->TO`},
		{
			"unknown link", gateway + "faults: [{link: gatway->verifier, down: true}]",
			"faults[0].link: gatway->verifier is not allowed; want one of generator->gateway, generator->verifier, gateway->verifier",
		},
		{"unknown part", gateway + "faults: [{kill: gatway}]", `faults[0].kill: "gatway" is not allowed; want one of generator, gateway, verifier`},
		{"no disk", gateway + "faults: [{full_disk: gateway}]", `faults[0].full_disk: "gateway" is not allowed; want a part with disk: SIZE; there is none`},
		{"kill with disk", "systems: [{name: a, command: [x], disk: 1MiB}]\nfaults: [{kill: a}]", `faults[0].kill: "a" is not allowed; want a part without disk`},
		{"for", gateway + "faults: [{kill: gateway, for: 0s}]", "faults[0].for: 0s is not allowed; want a duration of more than 0s"},
		{"at", gateway + "faults: [{kill: gateway, at: -1s}]", "faults[0].at: -1s is not allowed; want a duration of 0s or more"},
		{"share", gateway + "faults: [{link: gateway->verifier, grpc: unavailable, share: 2}]", "faults[0]: share: 2 is not allowed"},

		{"verdict", "want: {verdict: maybe}", "want.verdict: maybe is not allowed; want pass or fail"},
		{"fail alone", "want: {verdict: fail}", "want.verdict: fail alone says too little"},
		{"unknown count", "want: {traces: {lots: 1}}", `want.traces: there is no count "lots"; want one of sent, received`},
		{"amount", "want: {traces: {lost: few}}", `want.traces.lost: "few" is not allowed; want a whole number of 0 or more, some, any, or {min: N, max: N}`},
		{"range", "want: {traces: {lost: {min: 2, max: 1}}}", "want.traces.lost: {min: 2, max: 1} is not allowed; want min to be at most max"},
		{"unknown part of want", "want: {parts: {gatway: {traces: {sent: 1}}}}", `want.parts: "gatway" is not allowed; want one of generator, verifier`},
		{"unknown count of a part", "want: {parts: {verifier: {traces: {lost: 1}}}}", `want.parts.verifier.traces: there is no count "lost"; want one of offered`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := write(t, tc.text)
			_, err := Load(path)
			require.ErrorContains(t, err, tc.want)
			assert.ErrorContains(t, err, path+": ")
		})
	}
}

// TestParseFault: braces are optional on the command line.
func TestParseFault(t *testing.T) {
	want := Fault{At: time.Second, Link: Link{"a", "b"}, Disturbance: proxy.Fault{Delay: 200 * time.Millisecond, Jitter: 50 * time.Millisecond}}
	for _, text := range []string{"at: 1s, link: a->b, delay: 200ms, jitter: 50ms", " {at: 1s, link: a -> b, delay: 200ms, jitter: 50ms}"} {
		fault, err := ParseFault(text)
		require.NoError(t, err)
		assert.Equal(t, want, fault)
	}
	_, err := ParseFault("kill: [")
	assert.ErrorContains(t, err, "--fault: \"kill: [\" is not allowed; want YAML such as")
	_, err = ParseFault("kill")
	assert.ErrorContains(t, err, "--fault")
}

func TestFiles(t *testing.T) {
	path := write(t, "timeout: 1m")
	dir := filepath.Dir(path)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	files, err := Files([]string{dir, path})
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(dir, "gateway.yaml"), path, path}, files)
	_, err = Files([]string{filepath.Join(dir, "sub")})
	assert.ErrorContains(t, err, "no *.yaml files in this folder")
	_, err = Files([]string{filepath.Join(dir, "none")})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestAliases: a configuration stands alone, whatever else of the scenario it refers to.
func TestAliases(t *testing.T) {
	s, err := Load(write(t, `
generators:
  - {name: a, config: [&load {receivers: &fleet {synthetic_load: {seed: 1}}}]}
  - {name: b, config: [*load, {receivers: *fleet}]}
`))
	require.NoError(t, err)
	for _, config := range append(s.Generators[0].Config, s.Generators[1].Config...) {
		assert.YAMLEq(t, "receivers: {synthetic_load: {seed: 1}}", config.Text)
		assert.NotContains(t, config.Text, "&")
	}
	_, err = Load(write(t, "generator: {config: [&a {receivers: *a}]}"))
	require.ErrorContains(t, err, "generator.config[0]: yaml: anchor 'a' value contains itself")
}
