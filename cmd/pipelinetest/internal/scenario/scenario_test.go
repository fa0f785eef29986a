// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
)

// gatewayConfig passes on what it receives.
const gatewayConfig = `
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}"}}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "gateway.yaml"), []byte(gatewayConfig), 0o600))
	return path
}

// load reads a file of one scenario.
func load(t *testing.T, path string) *Scenario {
	t.Helper()
	list, err := Load(path)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

// TestLoad reads a scenario with every key.
func TestLoad(t *testing.T) {
	path := write(t, `
description: All there is.
timeout: 2m
settle: 5s
generator: {config: [builtin, "yaml:receivers::synthetic_load::duration: 20s"]}
verifier: {config: [builtin, {exporters: {load_verify: {grace: 1s}}}]}
systems:
  - name: gateway
    config: [gateway.yaml]
    disk: 4MiB
  - {name: my-agent, command: [agent, --listen, "${PIPELINETEST_LISTEN}"]}
faults:
  - {at: 5s, for: 20s, link: my-agent->verifier, down: true}
  - {at: 5s, link: generator->gateway, otlp: drop, every: 3}
  - {for: 2s, kill: my-agent}
  - {stop: generator}
  - {at: 1s, for: 1s, full_disk: gateway}
want:
  verdict: fail
  runs: {min: 1, max: 2}
  findings: [max_loss]
  may_find: [end_marker]
  where: {traces: gateway}
  traces: {lost: some, duplicate: 3}
  parts: {gateway: {logs: {refused: any}}}
`)
	s := load(t, path)
	assert.Equal(t, "test", s.Name)
	assert.Equal(t, []time.Duration{2 * time.Minute, 5 * time.Second}, []time.Duration{s.Timeout, s.Settle})
	assert.Equal(t, []Part{{Name: "generator", Config: []Config{{Text: BuiltinConfig(GeneratorName)}, {Location: "yaml:receivers::synthetic_load::duration: 20s"}}}}, s.Generators)
	assert.Equal(t, []Part{
		{Name: "gateway", Config: []Config{{Location: filepath.Join(filepath.Dir(path), "gateway.yaml")}}, Disk: 4 << 20},
		{Name: "my-agent", Command: []string{"agent", "--listen", "${PIPELINETEST_LISTEN}"}},
	}, s.Systems)
	assert.YAMLEq(t, "exporters: {load_verify: {grace: 1s}}", s.Verifier.Config[1].Text)
	three := 3
	assert.Equal(t, []Fault{
		{Key: "faults[0]", At: 5 * time.Second, For: 20 * time.Second, Link: Link{"my-agent", "verifier"}, Disturbance: proxy.Fault{Down: true}},
		{Key: "faults[1]", At: 5 * time.Second, Link: Link{"generator", "gateway"}, Disturbance: proxy.Fault{OTLP: "drop", Every: &three}},
		{Key: "faults[2]", For: 2 * time.Second, Kill: "my-agent"},
		{Key: "faults[3]", Stop: "generator"},
		{Key: "faults[4]", At: time.Second, For: time.Second, FullDisk: "gateway"},
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
	const http = "systems: [{name: gateway, config: [{exporters: {otlp_http: {endpoint: 'http://${env:PIPELINETEST_TO_NEXT_HTTP}'}}}]}]\n"
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "it is empty; want a scenario"},
		{"two documents", "timeout: 1m\n---\ntimeout: 2m", "line 2: a second YAML document begins here; want one a file, and several scenarios in a list under scenarios"},
		{"an empty second document", "timeout: 1m\n---\n", "a second YAML document begins here"},
		{"two documents of several", "scenarios: [{name: a}]\n---\nscenarios: [{name: b}]", "a second YAML document begins here"},
		{"a second document that is no YAML", "timeout: 1m\n---\n{", "yaml: line "},
		{"no mapping", "[]", "[] is not allowed; want a mapping of keys"},
		{"unknown key", "timout: 1m", "line 1: timout: there is no such key (did you mean timeout?); want one of description, timeout, settle, generator, generators, systems, add, verifier, faults, want"},
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

		{"no kind", gateway + "faults: [{at: 1s}]", "faults[0]: there is nothing to disturb; want link: FROM->TO, kill: PART, stop: PART, full_disk: PART, reload: PART, unlisted: REPLICA or roll: PART"},
		{"two kinds", gateway + "faults: [{kill: gateway, stop: gateway}]", "faults[0]: kill, stop, full_disk, reload, unlisted and roll are each a fault alone"},
		{"kill on a link", gateway + "faults: [{kill: gateway, down: true}]", "faults[0]: kill, stop, full_disk, reload, unlisted and roll are each a fault alone"},
		{"link without kind", gateway + "faults: [{link: gateway->verifier}]", "faults[0]: fault kinds: none; want exactly one of down: true"},
		{"unknown fault", gateway + "faults: [{link: gateway->verifier, slow: 1s}]", "faults[0].slow: there is no such key; want one of at, for, link, down"},
		{"nearly a fault", gateway + "faults: [{link: gateway->verifier, dely: 1s}]", "faults[0].dely: there is no such key (did you mean delay?); want"},
		{"no arrow", gateway + "faults: [{link: gateway, down: true}]", `faults[0].link: "gateway" is not allowed; want FROM->TO`},
		{
			"unknown link", gateway + "faults: [{link: gatway->verifier, down: true}]",
			"faults[0].link: gatway->verifier is not allowed; want one of generator->gateway, gateway->verifier",
		},
		{"unknown part", gateway + "faults: [{kill: gatway}]", `faults[0].kill: "gatway" is not allowed; want one of generator, gateway, verifier`},
		{"no disk", gateway + "faults: [{full_disk: gateway}]", `faults[0].full_disk: "gateway" is not allowed; want a part with disk: SIZE; there is none`},
		{"kill with disk", "systems: [{name: a, command: [x], disk: 1MiB}]\nfaults: [{kill: a}]", `faults[0].kill: "a" is not allowed; want a part without disk`},
		{"for", gateway + "faults: [{kill: gateway, for: 0s}]", "faults[0].for: 0s is not allowed; want a duration of more than 0s"},
		{"at", gateway + "faults: [{kill: gateway, at: -1s}]", "faults[0].at: -1s is not allowed; want a duration of 0s or more"},
		{"share", gateway + "faults: [{link: gateway->verifier, grpc: unavailable, share: 2}]", "faults[0]: share: 2 is not allowed"},

		{"too late", gateway + "faults: [{kill: gateway, at: 5m}]", "faults[0].at: 5m0s is not allowed; want less than the timeout, 5m0s"},
		{"down already", gateway + "faults: [{at: 3s, kill: gateway}, {at: 2s, for: 2s, stop: gateway}]", "faults[0]: gateway is down already at 3s, by faults[1]; want a time when it runs"},
		{"down for good", gateway + "faults: [{kill: gateway}, {stop: gateway}]", "faults[1]: gateway is down already at 0s, by faults[0]"},
		{
			"requests over HTTP", http + "faults: [{link: gateway->verifier, grpc: unavailable}]",
			"faults[0].link: gateway->verifier is not allowed for grpc: unavailable: gateway sends there over OTLP/HTTP only",
		},
		{
			"unused link", http + "faults: [{link: generator->verifier, delay: 1s}]",
			"faults[0].link: generator->verifier is not allowed: nothing is sent there, the configuration of generator refers to none of PIPELINETEST_TO_VERIFIER, PIPELINETEST_TO_VERIFIER_HTTP",
		},
		{"added to nobody", gateway + "add: {gatway: [{}]}", "add.gatway: there is no such part with a config; want one of generator, gateway, verifier"},
		{"added to a command", gateway + "add: {gateway: [{}]}", "add.gateway: there is no such part with a config"},
		{"added nothing", "add: {generator: 1}", `add.generator: "1" is not allowed; want a list`},
		{"no list", "scenarios: 1", `line 1: scenarios: "1" is not allowed; want a list`},
		{"empty list", "scenarios: []", "scenarios: there are none; want one or more"},
		{"nameless", "scenarios: [{timeout: 1m}]", `scenarios[0].name: "" is not allowed; want lower-case letters, digits and -`},
		{"namesakes", "scenarios: [{name: a}, {name: a}]", `scenarios[1].name: there are two scenarios "a"; want each name once`},
		{"no mapping in a list", "scenarios: [1]", `scenarios[0]: "1" is not allowed; want a mapping of a scenario's keys`},
		{"one of several", "scenarios: [{name: a, timeout: 0s}]", "a: timeout: 0s is not allowed"},
		{"named defaults", "defaults: {name: a}\nscenarios: [{name: a}]", "defaults.name: not here; each scenario has a name of its own"},

		{
			"two audits", "verifier: {config: [builtin, {exporters: {load_verify/b: }, service: {pipelines: {traces/b: {receivers: [otlp], exporters: [load_verify/b]}}}}]}",
			"verifier: there are load_verify and load_verify/b in its pipelines, and the report of one is read: what the others find would be ignored; want one load_verify",
		},
		{
			"two audits by a URI", "verifier: {config: [builtin, {exporters: {load_verify/b: }}, 'yaml:service::pipelines::logs::exporters: [load_verify/b]']}",
			"verifier: there are load_verify and load_verify/b",
		},

		{"verdict", "want: {verdict: maybe}", "want.verdict: maybe is not allowed; want pass, fail or unknown"},
		{"fail alone", "want: {verdict: fail}", "want.verdict: fail alone says too little"},
		{"fail, and any count", "want: {verdict: fail, traces: {lost: any}}", "want.verdict: fail alone says too little; want a count that must be there too"},
		{"fail, and a count of any size", "want: {verdict: fail, logs: {lost: {min: 0}, duplicate: 0}}", "want.verdict: fail alone says too little"},
		{"unknown alone", "want: {verdict: unknown, findings: []}", "want.verdict: unknown alone says too little"},
		{"may alone", "want: {may_find: [end_marker]}", "want.may_find: not without findings"},
		{"unknown signal", "want: {where: {spans: gateway}}", `want.where: "spans" is not allowed; want one of traces, metrics, logs`},
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

// TestOneAudit: an auditor in no pipeline writes no report, and one that takes another's place is the only one.
func TestOneAudit(t *testing.T) {
	for _, text := range []string{
		"verifier: {config: [builtin, {exporters: {load_verify/b: }}]}",
		"verifier: {config: [builtin, {exporters: {load_verify/b: }, service: {pipelines: {traces: {exporters: [load_verify/b]}, metrics: {exporters: [load_verify/b]}, logs: {exporters: [load_verify/b]}}}}]}",
		"verifier: {config: [builtin, {exporters: {load_verify_not: }, service: {pipelines: {traces: {exporters: [load_verify, load_verify_not]}}}}]}",
		"verifier: {command: [x]}",
	} {
		_, err := Load(write(t, text))
		assert.NoError(t, err, text)
	}
}

// TestAllMistakes: none hides another.
func TestAllMistakes(t *testing.T) {
	path := write(t, `
timout: 1m
settle: 0s
systems: [{name: A, command: [x]}, {name: b, config: [none.yaml, builtin]}]
faults:
  - {at: -1s, for: 0s, link: b->verifier, slow: 1s}
  - {kill: nobody}
want: {verdict: maybe, traces: {lots: 1, lost: few}, parts: {nobody: {logs: {lost: 1}}}}
`)
	_, err := Load(path)
	require.Error(t, err)
	for _, want := range []string{
		"timout: there is no such key", "settle: 0s is not allowed", `name: "A" is not allowed`, "systems[1].config[0]: stat ", "systems[1].config[1]: builtin is not allowed",
		"faults[0].at: -1s", "faults[0].for: 0s", "faults[0].slow: there is no such key", `faults[1].kill: "nobody"`,
		"want.verdict: maybe", `want.traces: there is no count "lots"`, "want.traces.lost: ", `want.parts.nobody.logs: there is no count "lost"`, `want.parts: "nobody" is not allowed`,
	} {
		assert.ErrorContains(t, err, want)
	}
}

// TestSeveral: a file of several scenarios is as many, each with what it says itself, and else the defaults.
func TestSeveral(t *testing.T) {
	path := write(t, `
description: Three of a kind.
shared: {filter: &filter {processors: {filter: }}}
defaults:
  timeout: 1m
  settle: 5s
  systems: [{name: gateway, config: [gateway.yaml]}]
  generator: {config: [builtin, {receivers: }]}
scenarios:
  - {name: plain}
  - {name: filtered, settle: 6s, add: {gateway: [*filter, "yaml:a: b"], generator: [{receivers: }]}}
  - {name: without, systems: [], description: No gateway., generators: [{name: a}, {name: b}]}
`)
	list, err := Load(path)
	require.NoError(t, err)
	require.Len(t, list, 3)
	for i, name := range []string{"test/plain", "test/filtered", "test/without"} {
		assert.Equal(t, []any{name, path, time.Minute}, []any{list[i].Name, list[i].File, list[i].Timeout})
	}
	assert.Equal(t, "test-filtered", list[1].FileName())
	assert.Equal(t, []time.Duration{5 * time.Second, 6 * time.Second}, []time.Duration{list[0].Settle, list[1].Settle})
	gateway := filepath.Join(filepath.Dir(path), "gateway.yaml")
	assert.Equal(t, []Config{{Location: gateway}}, list[0].Systems[0].Config)
	assert.Equal(t, []Config{{Location: gateway}, {Text: "{processors: {filter: null}}\n"}, {Location: "yaml:a: b"}}, list[1].Systems[0].Config)
	assert.Len(t, list[1].Generators[0].Config, 3)
	assert.Len(t, list[2].Generators, 2)
	assert.Empty(t, list[2].Systems)
	assert.Equal(t, "No gateway.", list[2].Description)
	assert.Equal(t, "Three of a kind.", list[2].About)
	assert.Len(t, Select(list, regexp.MustCompile("filter|plain")), 2)
}

// TestReach: only what is certain is an error.
func TestReach(t *testing.T) {
	const fault = "faults: [{link: gateway->verifier, grpc: unavailable}]\n"
	for name, config := range map[string]string{
		"gRPC":      `gateway.yaml, {exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}"}}}`,
		"by name":   `gateway.yaml, {exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_VERIFIER}"}}}`,
		"elsewhere": `"https://example.com/config.yaml"`,
		"included":  `{exporters: "${file:exporters.yaml}"}`,
	} {
		t.Run(name, func(t *testing.T) { load(t, write(t, fault+"systems: [{name: gateway, config: ["+config+"]}]\n")) })
	}
	_, err := Load(write(t, fault+"systems: [{name: gateway, config: [gateway.yaml, {exporters: {otlp_grpc: {endpoint: backend}}}]}]\n"))
	assert.ErrorContains(t, err, "nothing is sent there", "what takes the place of an address is what counts")
}

func TestCompareWhere(t *testing.T) {
	want := Want{Where: map[string]string{"traces": "gateway: dropped by ", "logs": "gateway"}}
	assert.Equal(t, []string{`where logs went: nowhere like "gateway"`}, want.CompareWhere(map[string][]string{
		"traces": {"generator: given up", "gateway: dropped by processor filter: 17"}, "logs": {"a gateway"},
	}))
}

// TestParseFault: braces are optional on the command line.
func TestParseFault(t *testing.T) {
	want := Fault{Key: "--fault", At: time.Second, Link: Link{"a", "b"}, Disturbance: proxy.Fault{Delay: 200 * time.Millisecond, Jitter: 50 * time.Millisecond}}
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
	s := load(t, write(t, `
want: {verdict: fail, traces: {lost: some}}
generators:
  - {name: a, config: [&load {receivers: &fleet {synthetic_load: {seed: 1}}}]}
  - {name: b, config: [*load, {receivers: *fleet}]}
`))
	for _, config := range append(s.Generators[0].Config, s.Generators[1].Config...) {
		assert.YAMLEq(t, "receivers: {synthetic_load: {seed: 1}}", config.Text)
		assert.NotContains(t, config.Text, "&")
	}
	_, err := Load(write(t, "generator: {config: [&a {receivers: *a}]}"))
	require.ErrorContains(t, err, "generator.config[0]: yaml: anchor 'a' value contains itself")
}

// TestFaultMistakesTogether: each mistake in a fault is told once, and all at the same time.
func TestFaultMistakesTogether(t *testing.T) {
	_, err := ParseFault("for: 10, link: gateway->verifier, grpc: away")
	require.Error(t, err)
	assert.Equal(t, 1, strings.Count(err.Error(), ".for: "), err)
	assert.Contains(t, err.Error(), `--fault: grpc: "away" is not allowed`)
	_, err = ParseFault("link: gateway->verifier, delay: 10")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "fault kinds", "the delay is the kind, though it cannot be read")
}

// TestWantLoss: end markers may be among what is lost, and items may come late; neither is another reason to fail.
func TestWantLoss(t *testing.T) {
	list, err := parse([]byte("want: {verdict: fail, findings: [max_loss], traces: {lost: some}}"), "x", t.TempDir())
	require.NoError(t, err)
	assert.Equal(t, []string{"end_marker"}, list[0].Want.MayFind)
	assert.NotContains(t, list[0].Want.Signals["logs"], "after_grace")
	assert.Contains(t, list[0].Want.Signals["logs"], "duplicate")
}
