// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var slow = flag.Bool("slow", false, "play all loads, and interrupt many runs: minutes (make delivery)")

// load is what three services, or many instances of one, get.
type load struct {
	name     string
	services string
	always   bool // also without -slow
}

// loads from idle to far beyond what a machine can play.
func loads() (all []load) {
	for _, rate := range []int{500, 9_000, 20_000, 50_000} {
		var services []string
		for _, runtime := range []string{"tokio", "async_std", "smol"} {
			services = append(services, fmt.Sprintf("%s: {seed: 42, runtime: {model: %s}, arrivals: {process: poisson, rate: %d}, workload: api_gateway}",
				runtime, runtime, rate))
		}
		all = append(all, load{fmt.Sprintf("rate %d", rate), strings.Join(services, ", "), rate == 9_000})
	}
	for _, many := range []struct{ instances, rate int }{{1, 5_000}, {100, 50}, {1000, 20}} {
		all = append(all, load{
			fmt.Sprintf("%d x %d", many.instances, many.rate),
			fmt.Sprintf("gateway: {instances: %d, runtime: {model: tokio}, arrivals: {process: poisson, rate: %d}, workload: api_gateway}", many.instances, many.rate),
			many.instances == 100,
		})
	}
	return all
}

// sink is a Collector with an OTLP receiver as it comes.
func sink(t *testing.T) (c *collector, endpoint string) {
	t.Helper()
	endpoint = fmt.Sprintf("localhost:%d", freePort(t))
	c = start(t, writeFile(t, `
receivers: {otlp: {protocols: {grpc: {endpoint: "`+endpoint+`"}}}}
exporters: {nop: }
service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}, metrics: {receivers: [otlp], exporters: [nop]}, logs: {receivers: [otlp], exporters: [nop]}}}
`))
	c.waitFor(t, "Everything is ready")
	return c, endpoint
}

// itemsOf are the words of the log for what a signal's items are, and the end of the metrics' names.
var itemsOf = map[string]string{"spans": "spans", "data_points": "metric_points", "log_records": "log_records"}

// TestNothingLostByDefault: whatever the load, and however little of it the machine can play, what synthetic_load calls emitted has been
// accepted, item for item: over an exporter as it comes, by a receiver as it comes.
func TestNothingLostByDefault(t *testing.T) {
	for _, l := range loads() {
		for _, verify := range []bool{false, true} {
			for _, processor := range []string{"", "runtime_stats"} {
				if !*slow && (!l.always || !verify || processor == "") {
					continue
				}
				t.Run(fmt.Sprintf("%s, verify %v, %s", l.name, verify, processor), func(t *testing.T) {
					to, endpoint := sink(t)
					c := start(t, writeFile(t, fmt.Sprintf(`
receivers: {synthetic_load: {verify: %v, metrics: {interval: 1s}, services: {%s}}}
processors: {runtime_stats: }
exporters: {otlp_grpc: {endpoint: "%s", tls: {insecure: true}}}
extensions: {load_gate: }
service:
  extensions: [load_gate]
  pipelines:
    traces: {receivers: [synthetic_load], processors: [%s], exporters: [otlp_grpc]}
    metrics: {receivers: [synthetic_load], processors: [%s], exporters: [otlp_grpc]}
    logs: {receivers: [synthetic_load], exporters: [otlp_grpc]}
`, verify, l.services, endpoint, processor, processor)))
					c.waitFor(t, "Playing the fleet")
					time.Sleep(6 * time.Second) // longer than the SDK's interval of 5 s
					require.NoError(t, c.interrupt(t))
					ended := c.waitFor(t, `The run ended.*`)[0]
					for words, metric := range itemsOf {
						emitted := logged(t, ended, words+"_emitted")
						assert.Positive(t, emitted, words)
						assert.Zero(t, logged(t, ended, words+"_dropped"), words)
						assert.Equal(t, emitted, to.metric(t, "otelcol_receiver_accepted_"+metric, `receiver="otlp"`), words)
						t.Logf("%s: %d emitted and accepted", words, emitted)
					}
				})
			}
		}
	}
}

// logged is a number of a log line.
func logged(t *testing.T, line, key string) int {
	t.Helper()
	_, rest, found := strings.Cut(line, `"`+key+`": `)
	require.True(t, found, "%s in %s", key, line)
	number, _, _ := strings.Cut(strings.TrimRight(rest, "}\n"), ",")
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	return n
}

// TestQuickstartAtAnyRate: with only the rate changed, as a newcomer would, what is emitted is in the tables, span for span, however little of
// the load the machine can play.
func TestQuickstartAtAnyRate(t *testing.T) {
	for _, rate := range []int{500, 9_000, 20_000, 50_000} {
		if !*slow && rate != 500 {
			continue
		}
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			var overrides []string
			for _, service := range []string{"pages-tokio", "pages-async-std", "pages-smol"} {
				overrides = append(overrides, fmt.Sprintf("receivers::synthetic_load::services::%s::arrivals::rate: %d", service, rate))
			}
			c, _ := quickstart(t, append(overrides, "service::pipelines::traces/backend::exporters: [runtime_view]")...)
			c.waitFor(t, "Playing the fleet")
			time.Sleep(6 * time.Second)
			require.NoError(t, c.interrupt(t))
			ended := c.waitFor(t, `The run ended.*`)[0]
			assert.Zero(t, logged(t, ended, "spans_dropped"))
			assert.Equal(t, logged(t, ended, "spans_emitted"), shown(t, c.stdout.String()))
			t.Logf("%d emitted and shown", logged(t, ended, "spans_emitted"))
		})
	}
}
