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
	patience  = 60 * time.Second
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
		Links             []struct {
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
		require.Equal(t, "pipelinetest/1", doc.Schema)
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
		{[]string{"--fault", "link: generator->gateway, down: true"}, "faults[0].link: generator->gateway is not allowed; want one of generator->verifier"},
		{[]string{"--system", "gateway"}, `--system: "gateway" is not allowed; want NAME=COMMAND`},
		{[]string{"--generator", "none.yaml"}, "--generator: stat "},
		{[]string{"--collector", "/none"}, "--collector: there is no program /none"},
		{[]string{"--repeat", "0"}, "--repeat: 0 is not allowed; want 1 or more"},
		{[]string{"--repeet", "0"}, "unknown flag: --repeet; see pipelinetest --help"},
		{[]string{"none.yaml"}, "none.yaml: no such file"},
		{[]string{"--system", "a=b", filepath.Join(root, "config", "pipeline-test", "happy-path.yaml")}, "--system: not beside a scenario"},
	} {
		code, stdout, stderr, _ := pipelinetest(t, tc.args...)
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "pipelinetest: ")
		assert.Contains(t, stderr, tc.want)
	}
}

// TestInterrupted: neither Ctrl-C nor SIGKILL leaves a process behind.
func TestInterrupted(t *testing.T) {
	for name, sent := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keep := t.TempDir()
			cmd, stdout, stderr := command(t, "--keep", keep, filepath.Join(root, "config", "pipeline-test", "happy-path.yaml"))
			require.NoError(t, cmd.Start())
			require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "generator is started") }, patience, 10*time.Millisecond)
			assert.Len(t, processes(t, keep), 3)
			require.NoError(t, cmd.Process.Signal(sent))
			_ = cmd.Wait() // the exit code tells
			if sent == syscall.SIGINT {
				assert.Equal(t, 2, cmd.ProcessState.ExitCode())
				assert.Contains(t, stdout.String(), "interrupted")
				assert.Empty(t, processes(t, keep))
			}
			require.Eventually(t, func() bool { return len(processes(t, keep)) == 0 }, patience, 10*time.Millisecond)
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
