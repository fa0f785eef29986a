// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/cli"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
)

const (
	root = "../.."
	// asCommand makes this test binary the command.
	asCommand = "RUN_AS_PIPELINETEST"
	patience  = 3 * time.Minute // for a machine that has much else to do
)

func TestMain(m *testing.M) {
	part.Main()
	if os.Getenv(asBackend) != "" { // which is started by the command
		panic(throttle())
	}
	if os.Getenv(asAgent) != "" { // so is this
		panic(handOn())
	}
	if os.Getenv(asCommand) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// command is pipelinetest with the built Collector.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *output) {
	t.Helper()
	collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	require.FileExists(t, collector, "run `make build` first")
	self, err := os.Executable()
	require.NoError(t, err)
	stdout, stderr = &output{}, &output{}
	cmd = exec.Command(self, append([]string{"--collector", collector}, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", stdout, stderr)
		}
	})
	return cmd, stdout, stderr
}

// document is what these tests read of the JSON report.
type document struct {
	Schema, Outcome        string
	Passed, Failed, Errors int
	Tests                  []struct {
		Scenario, Outcome string
		Problems          []string
		Losses            map[string][]string
		Notes             []string
		Reasons           []struct {
			Part, Component, Signal, Answer, Last string
			Lines, Items                          uint64
		}
		Findings []struct{ Expectation, Signal, Message string }
		Faults   []struct {
			Met *struct {
				Unit           string
				Came, Suffered uint64
				Unsure         uint64
			}
		}
		Links []struct {
			Link   string
			Counts map[string]uint64
		}
		LoadVerify struct {
			Verdict string
			Runs    []struct{ Signals []map[string]any }
		} `json:"load_verify"`
	}
}

// pipelinetest runs the command and returns its exit code, what it printed and its JSON report.
func pipelinetest(t *testing.T, args ...string) (code int, stdout, stderr string, doc document) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	cmd, out, errs := command(t, append([]string{"--json", path}, args...)...)
	_ = cmd.Run() // the exit code tells
	if text, err := os.ReadFile(path); err == nil {
		require.NoError(t, json.Unmarshal(text, &doc))
		require.Equal(t, "pipelinetest/2", doc.Schema)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String(), doc
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestScenarios: those that are shipped can be read, and each says what it wants. Running them takes minutes: make pipeline-test.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "config", "pipeline-test", "*.yaml"))
	require.NoError(t, err)
	code, stdout, stderr, _ := pipelinetest(t, "--list", filepath.Join(root, "config", "pipeline-test"))
	require.Zero(t, code, stderr)
	assert.Equal(t, len(files), strings.Count(stdout, "\n  want: "))
	for _, file := range files {
		assert.Contains(t, stdout, strings.TrimSuffix(filepath.Base(file), ".yaml")+"\n")
	}
}

// TestHappyPath runs a scenario as it is shipped, with all reports.
func TestHappyPath(t *testing.T) {
	t.Parallel()
	junit := filepath.Join(t.TempDir(), "junit.xml")
	keep := filepath.Join(t.TempDir(), "keep")
	code, stdout, stderr, doc := pipelinetest(t, "--junit", junit, "--keep", keep, filepath.Join(root, "config", "pipeline-test", "happy-path.yaml"))
	assert.Zero(t, code)
	assert.Regexp(t, `^PASS  happy-path  after .*; wanted: pass\n`, stdout)
	assert.NotContains(t, stdout, "where traces went", "they all arrived")
	for _, line := range []string{"verifier is ready at 127.0.0.1:", "gateway is ready at 127.0.0.1:", "generator is started", "generator has ended its run"} {
		assert.Contains(t, stderr, line)
	}
	assert.Equal(t, []any{"passed", 1, 0, 0}, []any{doc.Outcome, doc.Passed, doc.Failed, doc.Errors})
	assert.Equal(t, "pass", doc.Tests[0].LoadVerify.Verdict)
	for _, file := range []string{"gateway/log", "gateway/environment", "gateway/command", "gateway/config-0.yaml", "verifier/report.json"} {
		assert.FileExists(t, filepath.Join(keep, "happy-path-1", file))
	}
	var suites struct {
		Tests  int `xml:"tests,attr"`
		Suites []struct {
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Out     string    `xml:"system-out"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	text, err := os.ReadFile(junit)
	require.NoError(t, err)
	require.NoError(t, xml.Unmarshal(text, &suites))
	assert.Equal(t, 1, suites.Tests)
	assert.Equal(t, "happy-path", suites.Suites[0].Cases[0].Name)
	assert.Nil(t, suites.Suites[0].Cases[0].Failure)
	assert.Equal(t, stdout, suites.Suites[0].Cases[0].Out)
}

// TestSystem: a command line finds its way by the environment; one that dies before it listens could not be tested, and says its last words.
func TestSystem(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, "--system", `broken=sh -c 'echo "no way to $0"; exit 3' ${PIPELINETEST_TO_NEXT}`)
	assert.Equal(t, 2, code)
	assert.Regexp(t, `broken has ended by itself: exit status 3; its last words:\n +no way to 127\.0\.0\.1:\d+`, stdout)
	assert.Equal(t, 1, doc.Errors)
}

// TestRefusedConfigurations: what the Collector refuses, of whatever part, is told in its own words before anything is started.
func TestRefusedConfigurations(t *testing.T) {
	t.Parallel()
	code, stdout, stderr, doc := pipelinetest(t, writeFile(t, `
defaults: {systems: [{name: gateway, config: [`+writeFile(t, gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}"))+`]}]}
scenarios:
  - {name: good}
  - {name: key, add: {gateway: [{exporters: {otlp_grpc: {sending_que: 3}}}]}}
  - {name: same-key, add: {gateway: [{exporters: {otlp_grpc: {sending_que: 3}}}]}}
  - {name: component, generator: {config: [builtin, {processors: {none: }}]}}
  - {name: value, verifier: {config: [builtin, {exporters: {load_verify: {grace: -1s}}}]}}
`))
	assert.Equal(t, 2, code)
	assert.Empty(t, stdout)
	assert.Empty(t, doc.Tests)
	assert.Equal(t, 3, strings.Count(stderr, "the Collector refuses"), "each once")
	assert.Regexp(t, `test\.yaml: key: gateway: the Collector refuses its configuration:\n.*\n?(.*\n)*.*'?sending_que`, stderr)
	assert.Regexp(t, `test\.yaml: component: generator: the Collector refuses its configuration:\n(.*\n)*.*unknown type: "none"`, stderr)
	assert.Regexp(t, `test\.yaml: value: verifier: the Collector refuses its configuration:\n(.*\n)*.*grace`, stderr)
	assert.NotContains(t, stderr, "is ready")
}

// TestOverHTTP: the built-in generator sends over what the system listens for.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	system := strings.ReplaceAll(gateway("otlp_http", "http://${env:PIPELINETEST_TO_NEXT_HTTP}"), "grpc: {endpoint: \"${env:PIPELINETEST_LISTEN}\"}", "http: {endpoint: \"${env:PIPELINETEST_LISTEN_HTTP}\"}")
	require.Contains(t, system, "LISTEN_HTTP")
	short := []string{"--generator", "builtin", "--generator", "yaml:receivers::synthetic_load::duration: 1s"}
	code, stdout, stderr, _ := pipelinetest(t, append(short, "--system", "gateway="+writeFile(t, system))...)
	assert.Zero(t, code)
	assert.Contains(t, stdout, "PASS  pipelinetest")
	assert.Contains(t, stderr, "generator sends over OTLP/HTTP: gateway listens for nothing else")
}

// TestJobs: several tests at once, and the output of each stays together, in order.
func TestJobs(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, "--jobs", "3", "--only", "/(a|b|c)", writeFile(t, `
defaults: {generator: {config: [builtin, {receivers: {synthetic_load: {duration: 1s}}}]}}
scenarios:
  - {name: a}
  - {name: b, verifier: {config: [builtin, {exporters: {load_verify: {expect: {sources: 5}}}}]}}
  - {name: c}
  - {name: d}
`))
	assert.Equal(t, 1, code)
	require.Len(t, doc.Tests, 3)
	assert.Equal(t, []string{"test/a", "test/b", "test/c"}, []string{doc.Tests[0].Scenario, doc.Tests[1].Scenario, doc.Tests[2].Scenario})
	assert.Regexp(t, `(?s)^PASS +test/a .*\nFAIL  test/b .*sources: .*\nto|^PASS +test/a .*\nFAIL  test/b .*\nPASS +test/c .*2 passed, 1 failed`, stdout)
}

// TestTimeout: a test that is not over in time has failed, and what was known by then is shown.
func TestTimeout(t *testing.T) {
	t.Parallel()
	code, stdout, _, _ := pipelinetest(t, "--timeout", "20s", "--generator", "builtin", "--generator", "yaml:receivers::synthetic_load::duration: 10m")
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "timeout: the test was not over after 20s")
	assert.Regexp(t, `generator +[1-9]`, stdout)
}

// TestMistakes are told before anything is started.
func TestMistakes(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--fault", "link: generator->gateway, down: true"}, "pipelinetest: --fault.link: generator->gateway is not allowed; want one of generator->verifier"},
		{[]string{"--system", "gateway"}, `--system: "gateway" is not allowed; want NAME=COMMAND`},
		{
			[]string{"--system", "gateway=a.yaml --config b.yaml"},
			`--system: gateway: "--config" is not allowed behind a YAML file; want files alone, which --collector runs: --system 'gateway=a.yaml b.yaml'`,
		},
		{[]string{"--system", "gateway=a.yaml --config=b.yaml"}, `--system 'gateway=a.yaml b.yaml'`},
		{
			[]string{"--system", "gateway=a.yaml --feature-gates x"},
			`"--feature-gates" is not allowed behind a YAML file; want a command, which may have flags: gateway=otelcol --config a.yaml ...`,
		},
		{
			[]string{"--system", "gateway='yaml:receivers::otlp::protocols::grpc::endpoint: ${env:PIPELINETEST_LISTENS}'"},
			"gateway: its configuration uses ${env:PIPELINETEST_LISTENS}, which is not set for it (did you mean PIPELINETEST_LISTEN?)",
		},
		{[]string{"--generator", "none.yaml"}, "--generator: stat "},
		{[]string{"--collector", "/none"}, "--collector: there is no program /none"},
		{[]string{"--repeat", "0"}, "--repeat: 0 is not allowed; want 1 to 1000"},
		{[]string{"--jobs", "0"}, "--jobs: 0 is not allowed; want 1 to 1000"},
		{[]string{"--only", "("}, `--only: "(" is not allowed; want a regular expression`},
		{[]string{"--only", "x"}, `--only: no scenario is named like "x"`},
		{[]string{"--timeout", "0s"}, "pipelinetest: timeout: 0s is not allowed"},
		{[]string{"--json", "/"}, "--json: / is a folder; want a file"},
		{[]string{"--junit", "/none/junit.xml"}, "--junit: open /none"},
		{[]string{"--keep", "/dev/null"}, "--keep: "},
		{[]string{"--repeet", "0"}, "unknown flag: --repeet (did you mean --repeat?); see pipelinetest --help"},
		{[]string{"none.yaml"}, "none.yaml: no such file"},
		{[]string{"--system", "a=b", filepath.Join(root, "config", "pipeline-test", "happy-path.yaml")}, "--system: not beside a scenario"},
	} {
		code, stdout, stderr, _ := pipelinetest(t, tc.args...)
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "pipelinetest: ")
		assert.Contains(t, stderr, tc.want)
		assert.NotContains(t, stderr, "pipelinetest: pipelinetest:")
	}

	// None hides another.
	_, _, stderr, _ := pipelinetest(t, "--repeat", "0", "--keep", "/dev/null", "--collector", "/none", "--fault", "kill: nobody", "--fault", "kil: x", "--generator", "none.yaml")
	for _, want := range []string{"--repeat: ", "--keep: ", "--collector: ", "--fault.kill: ", "--fault.kil: ", "--generator: "} {
		assert.Contains(t, stderr, want)
	}
}
