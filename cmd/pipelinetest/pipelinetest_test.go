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
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
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
		Findings          []struct{ Expectation, Signal, Message string }
		Faults            []struct {
			Met *struct {
				Unit           string
				Came, Suffered uint64
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
			assert.Greater(t, done, uint64(20))
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

// TestWhere: a loss that nobody expected fails the test, and is where it happened.
func TestWhere(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, writeFile(t, oneByOne+`
systems:
  - name: gateway
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
        processors: {filter: {trace_conditions: ['span.attributes["load_verify.sequence"] == 17']}}
        exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}}}
        service: {pipelines: {traces: {receivers: [otlp], processors: [filter], exporters: [otlp_grpc]}}}
`))
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"gateway: dropped by processor filter: 1"}, doc.Tests[0].Losses["traces"])
	assert.Contains(t, stdout, "\nwhere traces went\n  gateway: dropped by processor filter: 1\n")
	require.Len(t, doc.Tests[0].Problems, 2)
	assert.Equal(t, "verdict: fail; want pass", doc.Tests[0].Problems[0])
	assert.Regexp(t, "^max_loss, traces: 1 lost", doc.Tests[0].Problems[1])
}

// TestSilence: a process of which nothing arrives, and a signal of which nothing does, are missed all the same.
func TestSilence(t *testing.T) {
	t.Parallel()
	fourth := uuid.NewSHA1(uuid.NameSpaceURL, []byte("42/gateway/3")).String() // seed, service, instance
	code, _, _, doc := pipelinetest(t, writeFile(t, `
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 3s}}}]}
systems:
  - name: gateway
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
        processors: {filter: {trace_conditions: ['span.attributes["load_verify.source"] == "`+fourth+`"'], log_conditions: ['log.severity_number >= 0']}}
        exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}}}
        service:
          pipelines:
            traces: {receivers: [otlp], processors: [filter], exporters: [otlp_grpc]}
            metrics: {receivers: [otlp], exporters: [otlp_grpc]}
            logs: {receivers: [otlp], processors: [filter], exporters: [otlp_grpc]}
`))
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{
		"verdict: fail; want pass",
		"end_marker, traces: 1 of 4 sources without an end marker: how much they sent is not known",
		"end_marker, logs: 4 of 4 sources without an end marker: how much they sent is not known",
	}, doc.Tests[0].Problems)
}

// TestSystem: a command line finds its way by the environment; one that dies has failed, and says its last words.
func TestSystem(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, "--system", `broken=sh -c 'echo "no way to $0"; exit 3' ${PIPELINETEST_TO_NEXT}`)
	assert.Equal(t, 1, code)
	assert.Regexp(t, `broken has ended by itself: exit status 3; its last words:\n +no way to 127\.0\.0\.1:\d+`, stdout)
	assert.Equal(t, 1, doc.Failed)

	code, stdout, _, doc = pipelinetest(t, "--generator", "yaml:receivers: {none: }")
	assert.Equal(t, 2, code)
	assert.Contains(t, stdout, "ERROR")
	assert.Contains(t, stdout, "generator has ended by itself: exit status 1")
	assert.Equal(t, 1, doc.Errors)
}

// gateway is a gateway's configuration: what it sends with, and to whom.
func gateway(exporter, endpoint string) string {
	return gatewayWith(exporter, endpoint, "{level: none}")
}

func gatewayWith(exporter, endpoint, metrics string) string {
	return strings.NewReplacer("EXPORTER", exporter, "ENDPOINT", endpoint, "METRICS", metrics).Replace(`
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
exporters: {EXPORTER: {endpoint: "ENDPOINT", tls: {insecure: true}, retry_on_failure: {initial_interval: 100ms, max_interval: 500ms, max_elapsed_time: 2s}}}
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

// TestFaultMetNothing: a fault that did nothing fails the test, and why it did is said; if it can be, before.
func TestFaultMetNothing(t *testing.T) {
	overHTTP := gateway("otlp_http", "http://${env:PIPELINETEST_TO_NEXT_HTTP}")
	overGRPC := gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}")
	overTLS := strings.ReplaceAll(overGRPC, "insecure: true", "insecure_skip_verify: true")
	for name, tc := range map[string]struct {
		config, fault, why string
		met                []any
	}{
		"HTTP":    {overHTTP, "link: gateway->verifier, grpc: unavailable", "did nothing: the link carries OTLP/HTTP; grpc and otlp meet requests of OTLP/gRPC without TLS only", []any{"requests", 0, 0}},
		"TLS":     {overTLS, "link: gateway->verifier, otlp: drop", "did nothing: the link carries TLS, in which requests cannot be told apart", []any{"requests", 0, 0}},
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

// TestUnseen: a process of which nothing arrives, not even an end marker of any signal, is missed by nobody but its generator.
func TestUnseen(t *testing.T) {
	t.Parallel()
	code, _, _, doc := pipelinetest(t, writeFile(t, `
generators:
  - {name: generator-a, config: [builtin, {receivers: {synthetic_load: {duration: 3s, seed: 1}}}]}
  - {name: generator-b, config: [builtin, {receivers: {synthetic_load: {duration: 3s, seed: 2}}, exporters: {nop: }, service: {pipelines: {
      traces: {exporters: [nop]}, metrics: {exporters: [nop]}, logs: {exporters: [nop]}}}}]}
want: {verdict: fail, findings: [generator]}
`))
	assert.Zero(t, code)
	assert.Equal(t, "pass", doc.Tests[0].LoadVerify.Verdict, "it cannot know of the other run")
	require.Len(t, doc.Tests[0].Findings, 3)
	assert.Regexp(t, `^[0-9,]+ handed on by the generators' own count, [0-9,]+ known to load_verify: [0-9,]+ went unseen; want none$`, doc.Tests[0].Findings[0].Message)
}

// TestTotalLoss: what nobody has received was sent all the same.
func TestTotalLoss(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, writeFile(t, `
settle: 3s
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 2s}}}]}
systems: [{name: gateway, config: [{receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}, exporters: {nop: }, service: {pipelines: {
  traces: {receivers: [otlp], exporters: [nop]}, metrics: {receivers: [otlp], exporters: [nop]}, logs: {receivers: [otlp], exporters: [nop]}}}}]}]
want: {verdict: fail, traces: {sent: {min: 1000}, lost: {min: 1000}}, metrics: {lost: some}, logs: {lost: some}}
`))
	assert.Zero(t, code, stdout)
	assert.Empty(t, doc.Tests[0].Problems)
}

// TestSDKDrops: what a service's own SDK drops is named, and not the pipeline's fault.
func TestSDKDrops(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, writeFile(t, `
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 3s, services: [{name: gateway, runtime: {model: tokio}, arrivals: {process: poisson, rate: 1000},
  export: {schedule_delay: 100ms, max_queue_size: 200, max_export_batch_size: 50, export_duration: 100ms}, workload: api_gateway}]}}}]}
`))
	assert.Zero(t, code)
	require.Len(t, doc.Tests[0].Notes, 2)
	assert.Regexp(t, `^generator: the SDKs of the services it plays dropped [0-9,]+ spans before they were sent`, doc.Tests[0].Notes[0])
	assert.Contains(t, stdout, "\nto know\n  generator: the SDKs")
}

// TestReload: a Collector that reads its configuration again counts from 0, which loses nothing and is no loss.
func TestReload(t *testing.T) {
	t.Parallel()
	collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	config := gatewayWith("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}",
		`{readers: [{pull: {exporter: {prometheus: {host: localhost, port: "${env:PIPELINETEST_METRICS_PORT}", without_units: true, without_type_suffix: true}}}}]}`)
	code, stdout, _, doc := pipelinetest(t, writeFile(t, `
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 7s}}}]}
verifier: {config: [builtin, {exporters: {load_verify: {expect: {max_duplicates: 1}}}}]}
systems: [{name: gateway, command: [bash, -c, '"$0" --config "$1" & p=$!; trap "kill -INT $p; wait $p; exit" INT; for i in 1 2; do sleep 2; kill -HUP $p; done; wait $p; wait $p', "`+collector+`", "`+writeFile(t, config)+`"]}]
`))
	assert.Zero(t, code)
	assert.Empty(t, doc.Tests[0].Losses)
	assert.NotContains(t, stdout, "not received")
	assert.Contains(t, stdout, "gateway: it has begun to count anew", "so its counts are the least")
}

// TestHostileSystem: a system under test can neither command the terminal, nor fill the disk, nor be found in the telemetry of others.
func TestHostileSystem(t *testing.T) {
	t.Parallel()
	keep := t.TempDir()
	code, stdout, stderr, _ := pipelinetest(t, "--keep", keep, "--system",
		`evil=sh -c 'head -c 100000000 /dev/zero | tr "\0" x; printf "\n\033[31m\033]0;title\007 \233 red\n"; exit 3'`)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, `\x1b[31m\x1b]0;title\x07 \x9b red`)
	assert.NotContains(t, stdout+stderr, "\x1b")
	info, err := os.Stat(filepath.Join(keep, "pipelinetest-1", "evil", "log"))
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(6<<20))
}

// TestReadiness: --timeout counts from the start, and somebody who never listens does not outlast it.
func TestReadiness(t *testing.T) {
	t.Parallel()
	code, stdout, _, _ := pipelinetest(t, "--timeout", "2s", "--system", "mute=sleep 600")
	assert.Equal(t, 2, code)
	assert.Contains(t, stdout, "timeout: the test was not over after 2s\n  mute listens neither at ")
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

// TestDevices: a report can go where no file can be.
func TestDevices(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--json", "--junit"} {
		cmd, stdout, _ := command(t, flag, "/proc/self/fd/1", "--generator", "builtin", "--generator", "yaml:receivers::synthetic_load::duration: 1s")
		require.NoError(t, cmd.Run())
		assert.Contains(t, stdout.String(), "PASS  pipelinetest")
		assert.Regexp(t, `"schema": "pipelinetest/2"|<testsuites`, stdout.String())
	}
}

// TestClosedStdout: who stops listening does not stop the tests, nor change what comes out.
func TestClosedStdout(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	cmd, _, stderr := command(t, "--json", path, "--generator", "builtin", "--generator", "yaml:receivers::synthetic_load::duration: 1s")
	ours, theirs, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, ours.Close())
	cmd.Stdout = theirs
	require.NoError(t, cmd.Run())
	require.NoError(t, theirs.Close())
	assert.Contains(t, stderr.String(), "the results could not be shown: write /dev/stdout: broken pipe")
	assert.FileExists(t, path)
}

// TestTimeout: a test that is not over in time has failed, and what was known by then is shown.
func TestTimeout(t *testing.T) {
	t.Parallel()
	code, stdout, _, _ := pipelinetest(t, "--timeout", "3s")
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "timeout: the test was not over after 3s")
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
		{[]string{"--repeet", "0"}, "unknown flag: --repeet; see pipelinetest --help"},
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

// TestInterrupted: neither Ctrl-C nor a closed terminal nor SIGKILL leaves a process behind, nor anything that a system has started in a
// session of its own.
func TestInterrupted(t *testing.T) {
	for name, sent := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "closed": syscall.SIGHUP, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keep := t.TempDir()
			temporary := t.TempDir()
			collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
			require.NoError(t, err)
			config := writeFile(t, gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}"))
			args := []string{"--system", "gateway=sh -c '(setsid sleep 6000 &); exec " + collector + " --config " + config + "'"}
			if sent != syscall.SIGHUP {
				args = append(args, "--keep", keep)
			}
			cmd, stdout, stderr := command(t, args...)
			cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
			require.NoError(t, cmd.Start())
			require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "generator is started") }, patience, 10*time.Millisecond)
			folder := keep
			if sent == syscall.SIGHUP {
				folder = temporary
			}
			require.Eventually(t, func() bool { return len(processes(t, folder)) == 3+1+3 }, patience, 10*time.Millisecond, "parts, a child, and supervisors")
			require.NoError(t, cmd.Process.Signal(sent))
			_ = cmd.Wait() // the exit code tells
			if sent != syscall.SIGKILL {
				assert.Equal(t, 2, cmd.ProcessState.ExitCode())
				assert.Contains(t, stdout.String(), "interrupted")
				assert.Empty(t, processes(t, folder))
				left, err := os.ReadDir(temporary)
				require.NoError(t, err)
				assert.Empty(t, left)
			}
			require.Eventually(t, func() bool { return len(processes(t, folder)) == 0 }, patience, 10*time.Millisecond)
		})
	}
}

// processes are those whose environment names a folder.
func processes(t *testing.T, folder string) (pids []string) {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range environments {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte("PIPELINETEST_DIR="+folder)) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}
