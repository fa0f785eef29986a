// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// presets is where they are, each with a service in its comment that plays it.
const presets = "../../workload/spec/presets/"

var try = regexp.MustCompile(`(?m)^#   (.*)$`)

// serviceOf returns the YAML of a service that plays a preset as its comment suggests.
func serviceOf(t *testing.T, preset string) string {
	t.Helper()
	text, err := os.ReadFile(presets + preset + ".yaml")
	require.NoError(t, err)
	lines := []string{"name: " + preset}
	for _, line := range try.FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, line[1])
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

// change replaces texts of a service: old and new, in pairs. An old text that is a key of the service, runtime or arrivals, stands
// for its line.
func change(t *testing.T, service string, pairs []string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		before, was, is := service, pairs[i], pairs[i+1]
		if was == "runtime" || was == "arrivals" {
			service = regexp.MustCompile(`(?m)^`+was+`: .*$`).ReplaceAllLiteralString(service, was+": "+is)
		} else {
			service = strings.Replace(service, was, is, 1)
		}
		require.NotEqual(t, before, service, was)
	}
	return service
}

// played is one span: what is true of it, and what the processor found.
type played struct {
	operation                        string
	duration, longestPoll, queueWait time.Duration
	held                             time.Duration // open after its last poll
	worker                           int64         // of its first poll; -1: not of a task
	overloaded                       bool          // that worker does several times the work of the others
	found                            map[string]bool
}

// setting is one under which the findings are tested.
type setting struct {
	taskFields bool           // of the services' spans
	processor  map[string]any // configuration
}

const (
	// length is the virtual time in which requests arrive. The first half only warms up the windows.
	length = 40 * time.Second
	// drain is longer than the receiver waits for requests in flight: it ends by itself, or which of its last exports still come
	// would be left to the Go scheduler.
	drain = 2 * time.Minute
	// apart keeps the ticks of the processor, once a second, from the moments at which the receiver sends, every so many
	// milliseconds: at one instant of fake time, either may be first.
	apart = 300 * time.Microsecond
)

// play lets a service send its spans through the processor, in a bubble of fake time, and returns those of the second half. With
// older they are as an older tracing layer would send them.
func play(t *testing.T, service string, how setting, older bool) (spans []played) {
	t.Helper()
	var layer *olderLayer
	if older {
		layer = layerOf(t, service)
	}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		truth := map[pcommon.SpanID]played{}

		stats := runtimestatsprocessor.NewFactory()
		backend, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
			each(traces, func(span ptrace.Span) {
				p := truth[span.SpanID()]
				delete(truth, span.SpanID())
				if span.StartTimestamp().AsTime().Sub(begun) < length/2 {
					return
				}
				if list, ok := span.Attributes().Get(semconv.Finding); ok {
					p.found = map[string]bool{}
					for _, finding := range list.Slice().All() {
						p.found[finding.Str()] = true
					}
				}
				_, marked := span.Attributes().Get(semconv.InconsistentTime)
				assert.False(t, marked, "simulated times add up")
				spans = append(spans, p)
			})
			return nil
		})
		require.NoError(t, err)
		statsConfig := stats.CreateDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(how.processor).Unmarshal(statsConfig))
		require.NoError(t, statsConfig.(interface{ Validate() error }).Validate())
		processor, err := stats.CreateTraces(t.Context(), processortest.NewNopSettings(stats.Type()), statsConfig, backend)
		require.NoError(t, err)

		tap, err := consumer.NewTraces(func(ctx context.Context, traces ptrace.Traces) error {
			each(traces, func(span ptrace.Span) {
				attributes := span.Attributes()
				p := played{
					operation: span.Name(), worker: number(attributes, semconv.WorkerIndex, -1),
					longestPoll: time.Duration(number(attributes, semconv.LongestPollNs, 0)),
					queueWait:   time.Duration(number(attributes, semconv.ScheduledNs, 0)),
				}
				if layer != nil {
					p.held = layer.rewrite(span)
				}
				p.duration = span.EndTimestamp().AsTime().Sub(span.StartTimestamp().AsTime())
				truth[span.SpanID()] = p
				if !how.taskFields {
					attributes.RemoveIf(func(name string, _ pcommon.Value) bool { return isTaskField[name] })
				}
			})
			return processor.ConsumeTraces(ctx, traces)
		})
		require.NoError(t, err)

		require.NoError(t, processor.Start(t.Context(), componenttest.NewNopHost()))
		work := send(t, service, tap)
		require.NoError(t, processor.Shutdown(t.Context()))
		for i := range spans {
			spans[i].overloaded = work.overloaded(spans[i].worker)
		}
	})
	require.NotEmpty(t, spans)
	return spans
}

// work is how long each worker of a service was busy in the second half, as its runtime counts it: with all tasks, whether a span
// shows them or not, and whoever polled them first.
type work map[int64]float64

// several times the mean of the others is what a worker has to do to count as overloaded relative to them.
const several = 3

func (w work) overloaded(worker int64) bool {
	others := 0.0
	for other, busy := range w {
		if other != worker {
			others += busy
		}
	}
	return len(w) > 1 && w[worker]*float64(len(w)-1) >= several*others && w[worker] > 0
}

// send lets a service send its spans to a consumer until all requests have ended. It runs in a bubble of fake time.
func send(t *testing.T, service string, spans consumer.Traces) work {
	t.Helper()
	begun, busy := time.Now(), work{}
	metrics, err := consumer.NewMetrics(func(_ context.Context, metrics pmetric.Metrics) error {
		for _, m := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if m.Name() != "async_runtime.worker.time" {
				continue
			}
			for _, point := range m.Sum().DataPoints().All() {
				state, _ := point.Attributes().Get(semconv.WorkerState)
				from := point.StartTimestamp().AsTime().Sub(begun)
				if state.Str() == "busy" && from >= length/2 && from < length {
					busy[number(point.Attributes(), semconv.Worker, -1)] += point.DoubleValue()
				}
			}
		}
		return nil
	})
	require.NoError(t, err)

	load := syntheticloadreceiver.NewFactory()
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(service), &tree))
	cfg := load.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"duration": length.String(), "verify": false, "services": []any{tree},
		"run_id": "quality", // layerOf and play are two plays of one run: they meet in the spans' ids
		// Short intervals: a process's timer has a phase, so that a long one would not be the second half.
		"metrics": map[string]any{"interval": "100ms", "per_worker": true, "temporality": "delta"},
	}).Unmarshal(cfg))
	settings := receivertest.NewNopSettings(load.Type())
	receiver, err := load.CreateTraces(t.Context(), settings, cfg, spans)
	require.NoError(t, err)
	_, err = load.CreateMetrics(t.Context(), settings, cfg, metrics) // the same one
	require.NoError(t, err)

	time.Sleep(apart)
	for range 2 {
		require.NoError(t, receiver.Start(t.Context(), componenttest.NewNopHost()))
	}
	time.Sleep(length + drain)
	require.NoError(t, receiver.Shutdown(t.Context()))
	return busy
}

func each(traces ptrace.Traces, do func(ptrace.Span)) {
	for _, resourceSpans := range traces.ResourceSpans().All() {
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			for _, span := range scopeSpans.Spans().All() {
				do(span)
			}
		}
	}
}

func number(attributes pcommon.Map, name string, missing int64) int64 {
	if value, ok := attributes.Get(name); ok {
		return value.Int()
	}
	return missing
}

var isTaskField = func() map[string]bool {
	fields := map[string]bool{}
	for _, a := range semconv.Attributes {
		if a.Family == semconv.Task {
			fields[a.Name] = true
		}
	}
	return fields
}()
