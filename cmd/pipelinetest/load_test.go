// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loaded is what these tests read of the report of a load test.
type loaded struct {
	Outcome string
	Tests   []struct {
		Findings []struct {
			Expectation string
			Unknown     bool
		}
		Load *struct {
			Rate    float64
			Kept    bool
			Limit   string
			Signals []struct {
				Signal  string
				Sent    float64 `json:"sent_per_s"`
				Arrived float64 `json:"arrived_per_s"`
				Latency struct {
					Count uint64
					P50   int64 `json:"p50_ns"`
					P99   int64 `json:"p99_ns"`
				}
			}
			Parts []struct {
				Name        string
				Known, Told bool
				CPU         float64 `json:"cpu_us_per_item"`
				RSSPeak     uint64  `json:"rss_peak_bytes"`
				In          float64 `json:"in_per_s"`
				Out         float64 `json:"out_per_s"`
				RSSMean     uint64  `json:"rss_mean_bytes"`
			}
		}
		Search *struct {
			Held, Failed float64
			Repeated     bool
			Ended        string `json:"ended_early"`
			Steps        []struct {
				Rate float64
				Held bool
			}
		}
		Compared []struct{ What string }
	}
}

// load runs a load test. On a machine that has much else to do a rate may not be reached: then the verdict must say so, and nothing else is wrong.
func load(t *testing.T, args ...string) (code int, stdout, stderr string, doc loaded, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "report.json")
	cmd, out, errs := command(t, append([]string{"--json", path}, args...)...)
	_ = cmd.Run() // the exit code tells
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &doc))
	return cmd.ProcessState.ExitCode(), out.String(), errs.String(), doc, path
}

// wantKept holds the verdict of a load that can be played against what became of it.
func wantKept(t *testing.T, code int, doc *loaded) {
	t.Helper()
	require.Len(t, doc.Tests, 1)
	require.NotNil(t, doc.Tests[0].Load)
	if doc.Tests[0].Load.Kept {
		assert.Zero(t, code)
		assert.Equal(t, "passed", doc.Outcome)
		assert.Empty(t, doc.Tests[0].Findings)
		assert.Empty(t, doc.Tests[0].Load.Limit)
		return
	}
	require.Len(t, doc.Tests[0].Findings, 1)
	assert.Equal(t, "rate", doc.Tests[0].Findings[0].Expectation)
	assert.NotEmpty(t, doc.Tests[0].Load.Limit)
	assert.Equal(t, map[bool]int{true: 2, false: 1}[doc.Tests[0].Findings[0].Unknown], code)
}

// TestLoad: what a load test measures is on the console and in all reports, and can be compared with the one before.
func TestLoad(t *testing.T) {
	t.Parallel()
	system := "gateway=" + writeFile(t, gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}"))
	junit, markdown := filepath.Join(t.TempDir(), "junit.xml"), filepath.Join(t.TempDir(), "summary.md")
	args := []string{"--rate", "400", "--duration", "3s", "--system", system}
	code, stdout, _, doc, before := load(t, append(args, "--junit", junit, "--markdown", markdown)...)
	wantKept(t, code, &doc)
	l := doc.Tests[0].Load
	require.Len(t, l.Signals, 3)
	for _, s := range l.Signals {
		assert.Positive(t, s.Arrived, s.Signal)
		assert.Positive(t, s.Latency.Count, s.Signal)
		assert.Positive(t, s.Latency.P50, s.Signal)
		assert.GreaterOrEqual(t, s.Latency.P99, s.Latency.P50, s.Signal)
	}
	assert.Equal(t, "traces", l.Signals[0].Signal)
	assert.InEpsilon(t, 400, l.Signals[0].Sent, 0.15, "1,200 spans of requests that arrive by chance")
	require.Len(t, l.Parts, 3)
	for _, p := range l.Parts {
		assert.True(t, p.Told, p.Name)
		assert.Positive(t, p.Out, p.Name)
		assert.Equal(t, runtime.GOOS == "linux", p.Known, p.Name)
		if p.Known {
			assert.Positive(t, p.CPU, p.Name)
			assert.Greater(t, p.RSSMean, uint64(10<<20), p.Name)
			assert.GreaterOrEqual(t, p.RSSPeak, p.RSSMean, p.Name)
		}
	}
	summary, err := os.ReadFile(markdown)
	require.NoError(t, err)
	cases, err := os.ReadFile(junit)
	require.NoError(t, err)
	for _, report := range []string{stdout, string(summary), string(cases)} {
		for _, want := range []string{"400 spans/s for 3s", "p99", "CPU us/item", "memory mean"} {
			assert.Contains(t, strings.ReplaceAll(report, `\`, ""), want)
		}
	}

	code, stdout, _, doc, _ = load(t, append(args, "--baseline", before)...)
	wantKept(t, code, &doc)
	require.NotEmpty(t, doc.Tests[0].Compared)
	assert.Equal(t, "traces: arrived", doc.Tests[0].Compared[0].What)
	assert.Regexp(t, `\n  compared with the baseline +before +now +change`, stdout)
	code, _, stderr, _ := pipelinetest(t, "--rate", "500", "--duration", "3s", "--system", system, "--baseline", before)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "--baseline: its load was 400 spans/s; want --rate 400")
}

// TestLoadTooMuch: a link that is too narrow makes the load late, though nothing is lost. That is no pass.
func TestLoadTooMuch(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc, _ := load(t, "--rate", "400", "--duration", "3s", "--signals", "traces", "--slo", "max=1ms",
		"--fault", "at: 0s, link: gateway->verifier, bandwidth: 50KiB", "--system", "gateway="+writeFile(t, gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}")))
	require.NotNil(t, doc.Tests[0].Load)
	require.Len(t, doc.Tests[0].Load.Signals, 1, "no other was wanted")
	assert.False(t, doc.Tests[0].Load.Kept)
	var found []string
	for _, f := range doc.Tests[0].Findings {
		found = append(found, f.Expectation)
		assert.Equal(t, map[bool]int{true: 2, false: 1}[f.Unknown], code, "whose limit it is decides; that of a busy machine is nobody's fault")
	}
	assert.Equal(t, []string{"rate", "slo"}, found)
	assert.Contains(t, []string{"backpressure", "machine"}, doc.Tests[0].Load.Limit)
	assert.Contains(t, stdout, "the rate was not reached")
}

// TestLoadCutShort: of a load that is not over in time it is known that it was late, but not that anything is lost.
func TestLoadCutShort(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc, _ := load(t, "--rate", "400", "--duration", "2s", "--signals", "traces", "--timeout", "30s",
		"--fault", "at: 0s, link: gateway->verifier, bandwidth: 2KiB", "--system", "gateway="+writeFile(t, gateway("otlp_grpc", "${env:PIPELINETEST_TO_NEXT}")))
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "timeout: the test was not over after 30s")
	require.NotNil(t, doc.Tests[0].Load)
	assert.False(t, doc.Tests[0].Load.Kept)
	assert.Contains(t, []string{"backpressure", "machine"}, doc.Tests[0].Load.Limit)
}

// TestFindLimit: a search says what held and what did not, in the steps that it is given.
func TestFindLimit(t *testing.T) {
	t.Parallel()
	code, stdout, stderr, doc, _ := load(t, "--find-limit", "--slo", "p99=2m", "--rate", "100", "--duration", "1s", "--steps", "3")
	require.Len(t, doc.Tests, 1)
	s := doc.Tests[0].Search
	require.NotNil(t, s)
	require.Len(t, s.Steps, 3)
	assert.Equal(t, 2, code, "nothing has held twice")
	assert.False(t, s.Repeated)
	assert.Equal(t, "there were no steps left", s.Ended)
	assert.Contains(t, stdout, "the highest rate without loss and with p99=2m0s: ")
	assert.Contains(t, stdout, "the search was not over: there were no steps left")
	assert.Contains(t, stderr, "step 3: ")

	code, stdout, _, doc, _ = load(t, "--find-limit", "--slo", "max=1us", "--rate", "100", "--duration", "1s", "--steps", "2")
	assert.Positive(t, code)
	assert.Contains(t, stdout, "less than 50 spans/s")
	assert.Zero(t, doc.Tests[0].Search.Held)
	assert.Equal(t, 50.0, doc.Tests[0].Search.Failed)
}

// TestFindLimitInterrupted: what was known when Ctrl-C came is shown.
func TestFindLimitInterrupted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	cmd, stdout, stderr := command(t, "--find-limit", "--slo", "p99=2m", "--rate", "100", "--duration", "1s", "--json", path)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "step 2: ") }, patience, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // the exit code tells
	assert.Equal(t, 2, cmd.ProcessState.ExitCode())
	assert.Contains(t, stdout.String(), "the search was not over: interrupted")
	assert.Contains(t, stdout.String(), "load: 100 spans/s for 1s")
	var doc document
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &doc))
	assert.Equal(t, "unknown", doc.Outcome, "as the exit code says")
	assert.Equal(t, "unknown", doc.Tests[0].Outcome)
	assert.NotEmpty(t, doc.Tests[0].Problems)
}

// TestLoadMistakes are told before anything is started.
func TestLoadMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		"--duration: needs a load test; want --rate or --find-limit, too":                     {"--duration", "3s"},
		"--baseline: needs a load test":                                                       {"--baseline", "x.json"},
		"--rate: 0 is not allowed; want 1 to 1000000 spans a second":                          {"--rate", "0"},
		`--signals: "spans" is not allowed; want traces, metrics, logs`:                       {"--rate", "1", "--signals", "spans"},
		"--find-limit: needs a latency that is still well; want --slo too, such as p99=200ms": {"--find-limit"},
		`--slo: "p99" is not allowed; want p50, p99, max and a duration`:                      {"--rate", "1", "--slo", "p99"},
		"--jobs: not beside --find-limit":                                                     {"--find-limit", "--slo", "p99=1s", "--jobs", "2"},
		"--steps: 0 is not allowed; want 1 to 200":                                            {"--find-limit", "--slo", "p99=1s", "--steps", "0"},
		"--steps: needs --find-limit":                                                         {"--rate", "1", "--steps", "2"},
		"--timeout: 10s is not allowed; want more than the load takes, 30s":                   {"--rate", "1", "--timeout", "10s"},
		"--rate: not beside a scenario; want what is tested as --system":                      {"--rate", "1", filepath.Join(root, "config", "pipeline-test", "happy-path.yaml")},
		"--rate: not beside a --generator of your own; want builtin first":                    {"--rate", "1", "--generator", writeFile(t, oneByOne)},
		"none.json: no such file":                                                             {"--rate", "1", "--baseline", "none.json"},
	} {
		code, stdout, stderr, _ := pipelinetest(t, args...)
		assert.Equal(t, 2, code, want)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, want)
	}
}
