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
			Latency                                     struct{ Count, Skewed int }
		}
	}
}

func readVerdict(t *testing.T, path string) (v verdict) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &v))
	require.Equal(t, "load_verify/1", v.Schema)
	return v
}

// pipelineTest runs config/pipeline-test.yaml on a port of its own, for 3 s.
func pipelineTest(t *testing.T, overrides ...string) (c *collector, report string) {
	t.Helper()
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	report = filepath.Join(t.TempDir(), "report.json")
	return start(t, configFile("pipeline-test.yaml"), append([]string{
		"receivers::otlp::protocols::grpc::endpoint: " + endpoint,
		"exporters::otlp_grpc::endpoint: " + endpoint,
		"receivers::synthetic_load::duration: 3s",
		"exporters::load_verify::interval: 200ms",
		"exporters::load_verify::grace: 1s",
		"exporters::load_verify::report: " + report,
	}, overrides...)...), report
}

// emitted waits for the end of a run and returns how many spans it sent, without the end markers.
func emitted(t *testing.T, c *collector, markers int) int {
	t.Helper()
	n, err := strconv.Atoi(c.waitFor(t, `The run ended.*"(?:traces|spans)_emitted": (\d+)`)[1])
	require.NoError(t, err)
	return n - markers
}

// TestPipelineTest: nothing is lost, and each count of the verdict is the generator's own.
func TestPipelineTest(t *testing.T) {
	c, path := pipelineTest(t)
	sent := emitted(t, c, 4)
	c.waitFor(t, `run 42-\S+  PASS`)
	_, err := c.interrupt(t)
	require.NoError(t, err)
	assert.Regexp(t, `runs: 1  PASS`, c.stdout.String())

	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict)
	assert.True(t, v.Final)
	require.Len(t, v.Runs, 1)
	s := v.Runs[0].Signals[0]
	assert.Greater(t, sent, 4*500*3)
	assert.Equal(t, []int{sent, sent, 0, 0, 0, 0, 4, 4}, []int{s.Sent, s.Received, s.Missing, s.Duplicate, s.Corrupt, s.Orphans, s.Sources, s.Ended})
	assert.Equal(t, sent, s.Latency.Count+s.Latency.Skewed)
}

// TestPipelineTestInterrupted: Ctrl-C in the middle ends the run, whose end markers still arrive.
func TestPipelineTestInterrupted(t *testing.T) {
	c, path := pipelineTest(t, "receivers::synthetic_load::duration: 0s", "exporters::load_verify::table_interval: 200ms")
	c.waitFor(t, `received +[1-9]`)
	_, err := c.interrupt(t)
	require.NoError(t, err)
	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict)
	assert.Equal(t, 4, v.Runs[0].Signals[0].Ended)
}

// TestFilterFound: a processor that drops spans is found out, to the span. The spans of tasks that the dropped ones had spawned have no
// parent then.
func TestFilterFound(t *testing.T) {
	c, path := pipelineTest(t,
		`processors::filter: {traces: {span: ['name == "GET /dashboard"']}}`,
		"service::pipelines::traces/arrived::processors: [filter]")
	sent := emitted(t, c, 4)
	c.waitFor(t, `run 42-\S+  FAIL`)
	filtered := c.metric(t, "otelcol_processor_filter_spans_filtered", "")
	_, err := c.interrupt(t)
	require.NoError(t, err)

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
	c, path := pipelineTest(t,
		`processors::transform: {trace_statements: ['set(span.attributes["added"], true)', 'set(span.name, "GET /{path}") where span.name == "GET /health"']}`,
		"service::pipelines::traces/arrived::processors: [transform]")
	c.waitFor(t, `run 42-\S+  FAIL`)
	_, err := c.interrupt(t)
	require.NoError(t, err)
	v := readVerdict(t, path)
	s := v.Runs[0].Signals[0]
	require.Len(t, v.Runs[0].Findings, 1)
	assert.Equal(t, "max_corrupt", v.Runs[0].Findings[0].Expectation)
	assert.Zero(t, s.Missing)
	assert.InDelta(t, 0.1/1.3, float64(s.Corrupt)/float64(s.Sent), 0.02, "GET /health is 10 of 130 spans")
}

// TestSampling: of a pipeline that keeps one trace in five, that is what is expected. It keeps or drops traces as a whole, end markers
// included.
func TestSampling(t *testing.T) {
	c, path := pipelineTest(t,
		"processors::tail_sampling: {decision_wait: 1s, policies: [{name: some, type: probabilistic, probabilistic: {sampling_percentage: 20}}]}",
		"service::pipelines::traces/arrived::processors: [tail_sampling]",
		"exporters::load_verify::expect: {latency_p99: 10s, sampled: {ratio: 0.2, tolerance: 0.04}}")
	requests, err := strconv.Atoi(c.waitFor(t, `The run ended.*"requests": (\d+)`)[1])
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return c.metric(t, "otelcol_processor_tail_sampling_global_count_traces_sampled", "") == requests+4 // end markers
	}, patience, 100*time.Millisecond, "every trace has been decided about")
	_, err = c.interrupt(t)
	require.NoError(t, err)
	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict, "%+v", v)
	s := v.Runs[0].Signals[0]
	assert.Zero(t, s.Orphans)
	assert.InDelta(t, 0.2, float64(s.Received)/float64(s.Sent), 0.04)
}

// TestVerifierRestarted tells of a run of two shards, in two Collectors, whose verifier is stopped and started again meanwhile.
func TestVerifierRestarted(t *testing.T) {
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	verifier := writeFile(t, fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: %q}}}}
exporters: {load_verify: {grace: 1s, interval: 200ms, table_interval: 200ms, report: %q, storage: file_storage, expect: {sources: 4}}}
extensions: {file_storage: {directory: %q}}
service: {extensions: [file_storage], pipelines: {traces: {receivers: [otlp], exporters: [load_verify]}}}
`, endpoint, path, dir))
	shard := func(index int) *collector {
		return start(t, configFile("pipeline-test.yaml"),
			fmt.Sprintf("receivers::otlp::protocols::grpc::endpoint: localhost:%d", freePort(t)),
			"exporters::otlp_grpc::endpoint: "+endpoint,
			"receivers::synthetic_load::duration: 5s", "receivers::synthetic_load::run_id: sharded",
			fmt.Sprintf("receivers::synthetic_load::shard: {index: %d, total: 2}", index))
	}
	first := start(t, verifier)
	first.waitFor(t, "Everything is ready")
	shards := []*collector{shard(0), shard(1)}
	first.waitFor(t, `received +[1-9]`)
	_, err := first.interrupt(t)
	require.NoError(t, err)
	assert.Contains(t, first.stdout.String(), "FAIL", "had the run ended with it, the verdict would be this")

	second := start(t, verifier)
	second.waitFor(t, "The audit goes on from its stored state")
	sent := 0
	for _, c := range shards {
		sent += emitted(t, c, 2)
	}
	second.waitFor(t, `run sharded  PASS`)
	_, err = second.interrupt(t)
	require.NoError(t, err)
	v := readVerdict(t, path)
	assert.Equal(t, "pass", v.Verdict)
	s := v.Runs[0].Signals[0]
	assert.Equal(t, []int{sent, sent, 4, 4}, []int{s.Sent, s.Received, s.Sources, s.Ended})
}
