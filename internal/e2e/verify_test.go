// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdict is what these tests read of load_verify's JSON report.
type verdict struct {
	Schema     string
	Verdict    string
	Final      bool
	Unexpected map[string]int
	Runs       []struct {
		Run      string
		Verdict  string
		Findings []struct{ Expectation, Signal, Message string }
		Signals  []struct {
			Signal                                      string
			Sent, Received, Missing, Duplicate, Corrupt int
			Orphans, Sources, Ended                     int
			Latency                                     struct{ Count, Skewed, Past int }
		}
	}
}

func readVerdict(t *testing.T, path string) (v verdict) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &v))
	require.Equal(t, "load_verify/2", v.Schema)
	return v
}

// verified runs config/verify.yaml on a port of its own, for 3 s.
func verified(t *testing.T, overrides ...string) (c *collector, report string) {
	t.Helper()
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	report = filepath.Join(t.TempDir(), "report.json")
	return start(t, configFile("verify.yaml"), append([]string{
		"receivers::otlp::protocols::http::endpoint: " + endpoint,
		"exporters::otlp_http::endpoint: http://" + endpoint,
		"receivers::synthetic_load::duration: 3s",
		"exporters::load_verify::interval: 200ms",
		"exporters::load_verify::grace: 1s",
		"exporters::load_verify::expect::latency_p99: 0s", // how soon it all comes is the machine's
		"exporters::load_verify::expect::deadline: 0s",
		"exporters::load_verify::report: " + report,
	}, overrides...)...), report
}

// emitted waits for the end of a run and returns how many items of a signal it sent, without the end markers.
func emitted(t *testing.T, c *collector, signal string, markers int) int {
	t.Helper()
	items := map[string]string{"traces": "spans", "metrics": "data_points", "logs": "log_records"}[signal]
	n, err := strconv.Atoi(c.waitFor(t, `The run ended.*"`+items+`_emitted": (\d+)`)[1])
	require.NoError(t, err)
	return n - markers
}

// TestVerify: nothing is lost, and each count of the verdict is the generator's own.
func TestVerify(t *testing.T) {
	c, path := verified(t)
	assert.Greater(t, emitted(t, c, "traces", 4), 4*500*3)
	c.waitFor(t, `run 42-\S+  PASS`)
	require.NoError(t, c.interrupt(t))
	assert.Regexp(t, `runs: 1  PASS`, c.stdout.String())

	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict)
	assert.True(t, v.Final)
	require.Len(t, v.Runs, 1)
	require.Len(t, v.Runs[0].Signals, 3)
	for _, s := range v.Runs[0].Signals {
		sent := emitted(t, c, s.Signal, 4)
		assert.Positive(t, sent)
		assert.Equal(t, []int{sent, sent, 0, 0, 0, 0, 4, 4}, []int{s.Sent, s.Received, s.Missing, s.Duplicate, s.Corrupt, s.Orphans, s.Sources, s.Ended}, s.Signal)
		assert.Equal(t, sent, s.Latency.Count+s.Latency.Skewed, s.Signal)
	}
}

// verifierConfig is a Collector of its own that verifies what comes to an endpoint, and keeps its state and its report in a folder.
func verifierConfig(t *testing.T, endpoint, dir string) string {
	t.Helper()
	return writeFile(t, fmt.Sprintf(`
receivers: {otlp: {protocols: {http: {endpoint: %q}}}}
exporters: {load_verify: {grace: 1s, interval: 200ms, table_interval: 200ms, report: %q, storage: file_storage, expect: {sources: 4}}}
extensions: {file_storage: {directory: %q}}
service:
  extensions: [file_storage]
  pipelines:
    traces: {receivers: [otlp], exporters: [load_verify]}
    metrics: {receivers: [otlp], exporters: [load_verify]}
    logs: {receivers: [otlp], exporters: [load_verify]}
`, endpoint, filepath.Join(dir, "report.json"), dir))
}

// generator runs config/verify.yaml, but sends elsewhere than to itself.
func generator(t *testing.T, endpoint string, overrides ...string) *collector {
	t.Helper()
	return start(t, configFile("verify.yaml"), append([]string{
		fmt.Sprintf("receivers::otlp::protocols::http::endpoint: localhost:%d", freePort(t)),
		"exporters::otlp_http::endpoint: http://" + endpoint,
	}, overrides...)...)
}

// TestGeneratorInterrupted: Ctrl-C in the middle ends a run in order; its end markers still arrive.
func TestGeneratorInterrupted(t *testing.T) {
	endpoint, dir := fmt.Sprintf("localhost:%d", freePort(t)), t.TempDir()
	verifier := start(t, verifierConfig(t, endpoint, dir))
	verifier.waitFor(t, "Everything is ready")
	c := generator(t, endpoint, "receivers::synthetic_load::duration: 0s")
	verifier.waitFor(t, `received +[1-9]`)
	require.NoError(t, c.interrupt(t))
	verifier.waitFor(t, `run 42-\S+  PASS`)
	v := readVerdict(t, filepath.Join(dir, "report.json"))
	for _, s := range v.Runs[0].Signals {
		assert.Equal(t, []int{4, emitted(t, c, s.Signal, 4)}, []int{s.Ended, s.Received}, s.Signal)
	}
}

// TestFilterFound: a processor that drops spans is found out, to the span. The spans of tasks that the dropped ones had spawned have no
// parent then.
func TestFilterFound(t *testing.T) {
	c, path := verified(t,
		`processors::filter: {traces: {span: ['name == "GET /dashboard"']}}`,
		"service::pipelines::traces/arrived::processors: [filter]")
	sent := emitted(t, c, "traces", 4)
	c.waitFor(t, `run 42-\S+  FAIL`)
	filtered := c.metric(t, "otelcol_processor_filter_spans_filtered", "")
	require.NoError(t, c.interrupt(t))

	v := readVerdict(t, path)
	assert.Equal(t, "fail", v.Verdict)
	s := v.Runs[0].Signals[0]
	assert.NotZero(t, filtered)
	assert.Equal(t, []int{sent, sent - filtered, filtered, 0, 0, 3 * filtered}, []int{s.Sent, s.Received, s.Missing, s.Duplicate, s.Corrupt, s.Orphans})
	require.Len(t, v.Runs[0].Findings, 1)
	assert.Equal(t, "max_loss", v.Runs[0].Findings[0].Expectation)
	assert.Contains(t, c.stdout.String(), fmt.Sprintf("max_loss, traces: %d lost, %d sent", filtered, sent))
}

// TestChangeFound: a processor that adds attributes changes nothing, one that renames spans does.
func TestChangeFound(t *testing.T) {
	c, path := verified(t,
		`processors::transform: {trace_statements: ['set(span.attributes["added"], true)', 'set(span.name, "GET /{path}") where span.name == "GET /health"']}`,
		"service::pipelines::traces/arrived::processors: [transform]")
	c.waitFor(t, "The run ended")
	c.waitFor(t, `run 42-\S+  FAIL`)
	require.NoError(t, c.interrupt(t))
	v := readVerdict(t, path)
	s := v.Runs[0].Signals[0]
	require.Len(t, v.Runs[0].Findings, 2)
	assert.Equal(t, "max_corrupt", v.Runs[0].Findings[0].Expectation)
	assert.Equal(t, "content", v.Runs[0].Findings[1].Expectation)
	assert.Contains(t, v.Runs[0].Findings[1].Message, fmt.Sprintf("span.name changed: %d of %d items", s.Corrupt, s.Sent))
	assert.Zero(t, s.Missing)
	assert.InDelta(t, 0.1/1.3, float64(s.Corrupt)/float64(s.Sent), 0.02, "GET /health is 10 of 130 spans")
}

// TestSampling: of a pipeline that keeps one trace in five, that is what is expected. It keeps or drops traces as a whole, end markers
// included. It does not keep the schema URL of resources.
func TestSampling(t *testing.T) {
	c, path := verified(t,
		"processors::tail_sampling: {decision_wait: 1s, policies: [{name: some, type: probabilistic, probabilistic: {sampling_percentage: 20}}]}",
		"service::pipelines::traces/arrived::processors: [tail_sampling]",
		"exporters::load_verify::expect: {sampled: {ratio: 0.2, tolerance: 0.04}, content: {may_differ: [resource.schema_url]}}")
	requests, err := strconv.Atoi(c.waitFor(t, `The run ended.*"requests": (\d+)`)[1])
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return c.metric(t, "otelcol_processor_tail_sampling_global_count_traces_sampled", "") == requests+4 // end markers
	}, patience, 100*time.Millisecond, "every trace has been decided about")
	require.NoError(t, c.interrupt(t))
	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict, "%+v", v)
	s := v.Runs[0].Signals[0]
	assert.Zero(t, s.Orphans)
	assert.InDelta(t, 0.2, float64(s.Received)/float64(s.Sent), 0.04)
}

// TestVerifierRestarted tells of a run of two shards, in two Collectors, whose verifier is stopped and started again meanwhile.
func TestVerifierRestarted(t *testing.T) {
	endpoint, dir := fmt.Sprintf("localhost:%d", freePort(t)), t.TempDir()
	path := filepath.Join(dir, "report.json")
	verifier := verifierConfig(t, endpoint, dir)
	shard := func(index int) *collector {
		return generator(t, endpoint, "receivers::synthetic_load::duration: 0s", "receivers::synthetic_load::run_id: sharded",
			fmt.Sprintf("receivers::synthetic_load::shard: {index: %d, total: 2}", index))
	}
	first := start(t, verifier)
	first.waitFor(t, "Everything is ready")
	shards := []*collector{shard(0), shard(1)}
	first.waitFor(t, `received +[1-9]`)
	require.NoError(t, first.interrupt(t))
	assert.Contains(t, first.stdout.String(), "FAIL", "had the run ended with it, the verdict would be this")

	second := start(t, verifier)
	second.waitFor(t, "The audit goes on from its stored state")
	second.waitFor(t, `received +[1-9]`)
	for _, c := range shards {
		require.NoError(t, c.interrupt(t))
	}
	sent := map[string]int{}
	for _, c := range shards {
		for _, signal := range []string{"traces", "metrics", "logs"} {
			sent[signal] += emitted(t, c, signal, 2)
		}
	}
	second.waitFor(t, `run sharded  PASS`)
	require.NoError(t, second.interrupt(t))
	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict)
	for _, s := range v.Runs[0].Signals {
		n := sent[s.Signal]
		assert.Equal(t, []int{n, n, 4, 4}, []int{s.Sent, s.Received, s.Sources, s.Ended}, s.Signal)
	}
}
