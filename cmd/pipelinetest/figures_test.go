// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
	code, _, _, doc := pipelinetest(t, writeFile(t, `
generator:
  config:
    - builtin
    - receivers:
        synthetic_load:
          duration: 3s
          services:
            - {name: alpha, runtime: {model: tokio}, arrivals: {process: poisson, rate: 200}, workload: api_gateway}
            - {name: beta, runtime: {model: tokio}, arrivals: {process: poisson, rate: 200}, workload: api_gateway}
systems:
  - name: gateway
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
        processors: {filter: {trace_conditions: ['resource.attributes["service.name"] == "beta"'], log_conditions: ['log.severity_number >= 0']}}
        exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}}}
        service:
          pipelines:
            traces: {receivers: [otlp], processors: [filter], exporters: [otlp_grpc]}
            metrics: {receivers: [otlp], exporters: [otlp_grpc]}
            logs: {receivers: [otlp], processors: [filter], exporters: [otlp_grpc]}
`))
	assert.Equal(t, 1, code)
	problems := doc.Tests[0].Problems
	require.Len(t, problems, 5)
	assert.Equal(t, "verdict: fail; want pass", problems[0])
	assert.Regexp(t, `^max_loss, traces: (\d+) lost, `, problems[1])
	assert.Regexp(t, `^end_marker, traces: 1 of 2 `, problems[2])
	assert.Regexp(t, `^max_loss, logs: (\d+) lost, \d+ sent: 100 %`, problems[3])
	assert.Regexp(t, `^end_marker, logs: 2 of 2 `, problems[4])
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

// TestUnseenSystemIsGivenTime: of a system that is a command nobody knows what it holds. It is not stopped while items are missing that it may
// still try to send: here after an outage, as late as 6 s after the run's end.
func TestUnseenSystemIsGivenTime(t *testing.T) {
	t.Parallel()
	gateway := writeFile(t, `
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}, retry_on_failure: {initial_interval: 8s, randomization_factor: 0}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}, metrics: {receivers: [otlp], exporters: [otlp_grpc]}, logs: {receivers: [otlp], exporters: [otlp_grpc]}}
`)
	collector, err := filepath.Abs(filepath.Join(root, "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	code, stdout, _, doc := pipelinetest(t, writeFile(t, fmt.Sprintf(`
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 3s}}, exporters: {otlp_grpc: {sending_queue: {wait_for_result: false}}}}]}
systems: [{name: gateway, command: [%q, --config, %q]}]
faults: [{at: 1s, for: 1s, link: gateway->verifier, grpc: unavailable}]
`, collector, gateway)))
	assert.Zero(t, code, stdout)
	assert.Empty(t, doc.Tests[0].Problems)
}

// TestTotalLoss: what nobody has received was sent all the same.
func TestTotalLoss(t *testing.T) {
	t.Parallel()
	code, stdout, _, doc := pipelinetest(t, writeFile(t, `
settle: 20s # longer than a machine that has much else to do keeps the generator from its work
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 2s}}}]}
systems: [{name: gateway, config: [{receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}, exporters: {nop: }, service: {pipelines: {
  traces: {receivers: [otlp], exporters: [nop]}, metrics: {receivers: [otlp], exporters: [nop]}, logs: {receivers: [otlp], exporters: [nop]}}}}]}]
want: {verdict: fail, traces: {sent: {min: 1000}, lost: {min: 1000}}, metrics: {lost: some}, logs: {lost: some}}
`))
	assert.Zero(t, code, stdout)
	assert.Empty(t, doc.Tests[0].Problems)
}

// TestGivenUpInTheMiddle: load_verify takes what the generator gave up for lost where the end markers were given up, too. The generator knows better, and
// nobody waits for these markers.
func TestGivenUpInTheMiddle(t *testing.T) {
	t.Parallel()
	code, stdout, stderr, doc := pipelinetest(t, writeFile(t, `
settle: 4m
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 9s, on_backpressure: drop}}, exporters: {otlp_grpc: {retry_on_failure: {enabled: false}}}}]}
faults: [{at: 2s, for: 2s, link: generator->verifier, grpc: unavailable}, {at: 8s, link: generator->verifier, grpc: unavailable}]
want: {verdict: fail, findings: [given_up, end_marker], may_find: [max_loss, runs], traces: {lost: 0, given_up: any}, logs: {lost: 0}, metrics: {lost: 0}}
`))
	assert.Zero(t, code, stdout)
	assert.NotContains(t, stderr, "nothing has arrived for")
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
