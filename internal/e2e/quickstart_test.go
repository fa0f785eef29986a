// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// quickstart runs config/quickstart.yaml on a port of its own; the spans that arrive are written to a file as well.
func quickstart(t *testing.T, overrides ...string) (c *collector, received string) {
	t.Helper()
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	received = filepath.Join(t.TempDir(), "received.json")
	return start(t, configFile("quickstart.yaml"), append([]string{
		"receivers::otlp::protocols::http::endpoint: " + endpoint,
		"exporters::otlp_http::endpoint: http://" + endpoint,
		"service::telemetry::logs::level: info",
		"service::telemetry::metrics::level: normal",
		"exporters::runtime_view::interval: 1s",
		"exporters::runtime_view::page::endpoint: localhost:0",
		"processors::runtime_stats::window::length: 1h", // nothing fades meanwhile, however slow the machine
		"exporters::file::path: " + received,
		"service::pipelines::traces/backend::exporters: [runtime_view, file]",
	}, overrides...)...), received
}

func TestQuickstart(t *testing.T) {
	c, received := quickstart(t, "receivers::synthetic_load::duration: 3s")

	// The run ends by itself after 3 s and says what it sent.
	emitted, err := strconv.Atoi(c.waitFor(t, `The run ended.*"spans_emitted": (\d+), "spans_dropped": 0`)[1])
	require.NoError(t, err)
	assert.Greater(t, emitted, 3*3*200, "three services, three seconds")

	// What was sent is what was accepted, on every count the Collector keeps.
	assert.Equal(t, emitted, c.metric(t, "otelcol_receiver_accepted_spans", `receiver="synthetic_load"`))
	assert.Equal(t, emitted, c.metric(t, "otelcol_exporter_sent_spans", `exporter="otlp_http"`))
	assert.Equal(t, emitted, c.metric(t, "otelcol_receiver_accepted_spans", `receiver="otlp"`))

	page := seenOnPage(t, c)
	require.NoError(t, c.interrupt(t))
	assertFinalTable(t, c, emitted)

	checkReceivedSpans(t, received, emitted)
	checkPage(t, page, received, emitted)
}

// assertFinalTable checks the last table on the console: its title, its total, a column for each runtime.
func assertFinalTable(t *testing.T, c *collector, spans int) {
	t.Helper()
	console := c.stdout.String()
	final := console[max(strings.LastIndex(console, "whole run"), 0):]
	assert.Contains(t, strings.ReplaceAll(final, ",", ""), fmt.Sprintf("%d spans", spans))
	for _, column := range []string{semconv.RuntimeTokio, semconv.RuntimeAsyncStd, semconv.RuntimeSmol} {
		assert.Contains(t, final, column)
	}
}

// checkReceivedSpans looks at every span that the backend side accepted: all carry the derived attributes, and those of
// latency once their key is warm.
func checkReceivedSpans(t *testing.T, path string, emitted int) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	type key struct{ service, span, kind string }
	total := 0
	classified := map[key]int{}
	unclassified := map[key]int{}
	ids := map[pcommon.SpanID]bool{}
	for line := range bytes.Lines(text) {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		for _, rs := range td.ResourceSpans().All() {
			service, _ := rs.Resource().Attributes().Get(semconv.ServiceName)
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					total++
					ids[span.SpanID()] = true
					a := span.Attributes()
					for _, name := range []string{
						semconv.RuntimeName, semconv.BusyRatio, semconv.QueueWaitNs, semconv.QueueWaitSource,
						semconv.Worker, semconv.TaskStealCount,
					} {
						_, found := a.Get(name)
						require.True(t, found, "%s on %s of %s", name, span.Name(), service.Str())
					}
					k := key{service.Str(), span.Name(), span.Kind().String()}
					_, class := a.Get(semconv.LatencyClass)
					_, percentile := a.Get(semconv.LatencyPercentile)
					require.Equal(t, class, percentile)
					if class {
						classified[k]++
					} else {
						unclassified[k]++
					}
				}
			}
		}
	}
	assert.Equal(t, emitted, total)
	assert.Len(t, ids, total, "every span has an id of its own")
	require.NotEmpty(t, classified)
	for k, n := range unclassified {
		// Warm-up is 100 spans, and ends with the batch that brings the hundredth.
		assert.Less(t, n, 600, "%v stays cold too long", k)
	}
}

func TestQuickstartInterrupted(t *testing.T) {
	c, received := quickstart(t)
	c.waitFor(t, `[1-9][0-9,]* spans, `) // the first table with something in it
	require.NoError(t, c.interrupt(t))

	emitted, err := strconv.Atoi(c.waitFor(t, `The run ended.*"spans_emitted": (\d+)`)[1])
	require.NoError(t, err)
	assertFinalTable(t, c, emitted)
	checkReceivedSpans(t, received, emitted)
}

func TestPortTaken(t *testing.T) {
	first, _ := quickstart(t)
	first.waitFor(t, `Everything is ready`)
	second := start(t, configFile("quickstart.yaml"),
		"receivers::otlp::protocols::http::endpoint: "+endpointOf(t, first), "exporters::runtime_view::page::endpoint: localhost:0")
	require.Error(t, second.wait(t))
	assert.Contains(t, second.stderr.String(), "address already in use")
	assert.Contains(t, second.stderr.String(), strings.TrimPrefix(endpointOf(t, first), "localhost"))
}

// endpointOf finds where a Collector's OTLP receiver listens.
func endpointOf(t *testing.T, c *collector) string {
	t.Helper()
	return "localhost:" + c.waitFor(t, `Starting HTTP server.*"endpoint": "[^"]*:(\d+)"`)[1]
}

func TestBackendDown(t *testing.T) {
	// Nobody listens where the spans should go: the exporter says so and would retry for ever, and still Ctrl-C ends it.
	nobody := fmt.Sprintf("localhost:%d", freePort(t))
	c, _ := quickstart(t, "exporters::otlp_http::endpoint: http://"+nobody, "exporters::otlp_http::retry_on_failure::max_elapsed_time: 0s")
	c.waitFor(t, `Exporting failed. Will retry`)
	require.NoError(t, c.interrupt(t))
	ended := c.waitFor(t, `The run ended.*"spans_emitted": (\d+), "spans_dropped": (\d+)`)
	assert.Equal(t, "0", ended[1])
	assert.NotEqual(t, "0", ended[2], "what could not be sent is counted")
}

func TestBenchmarkConfig(t *testing.T) {
	c := start(t, configFile("benchmark.yaml"), "receivers::synthetic_load::duration: 2s")
	ended := c.waitFor(t, `The run ended.*"spans_emitted": (\d+), "spans_dropped": 0`)
	emitted, err := strconv.Atoi(ended[1])
	require.NoError(t, err)
	assert.Greater(t, emitted, 2*4*800)
	require.NoError(t, c.interrupt(t))
}
