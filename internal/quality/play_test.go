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
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// presets is where they are, each with a service in its comment that plays it.
const presets = "../../workload/presets/"

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

// change replaces texts of a service, or its runtime.
func change(t *testing.T, service string, cure []string) string {
	t.Helper()
	changed := service
	if cure[0] == "runtime" {
		changed = regexp.MustCompile(`(?m)^runtime: .*$`).ReplaceAllLiteralString(service, "runtime: "+cure[1])
	} else {
		for i := 0; i < len(cure); i += 2 {
			changed = strings.Replace(changed, cure[i], cure[i+1], 1)
		}
	}
	require.NotEqual(t, service, changed)
	return changed
}

// played is one span: what is true of it, and what the processor found.
type played struct {
	operation                        string
	duration, longestPoll, queueWait time.Duration
	found                            map[string]bool
}

// setting is one under which the findings are tested.
type setting struct {
	name       string
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

// play lets a service send its spans through the processor, in a bubble of fake time, and returns them.
func play(t *testing.T, service string, how setting) (spans []played) {
	t.Helper()
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
				p.found = map[string]bool{}
				if list, ok := span.Attributes().Get(semconv.Finding); ok {
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
				truth[span.SpanID()] = played{
					operation:   span.Name(),
					duration:    span.EndTimestamp().AsTime().Sub(span.StartTimestamp().AsTime()),
					longestPoll: durationOf(attributes, semconv.LongestPollNs),
					queueWait:   durationOf(attributes, semconv.ScheduledNs),
				}
				if !how.taskFields {
					attributes.RemoveIf(func(name string, _ pcommon.Value) bool { return isTaskField[name] })
				}
			})
			return processor.ConsumeTraces(ctx, traces)
		})
		require.NoError(t, err)

		load := syntheticloadreceiver.NewFactory()
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(service), &tree))
		cfg := load.CreateDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(map[string]any{
			"duration": length.String(), "verify": false, "services": []any{tree},
		}).Unmarshal(cfg))
		receiver, err := load.CreateTraces(t.Context(), receivertest.NewNopSettings(load.Type()), cfg, tap)
		require.NoError(t, err)

		host := componenttest.NewNopHost()
		require.NoError(t, processor.Start(t.Context(), host))
		time.Sleep(apart)
		require.NoError(t, receiver.Start(t.Context(), host))
		time.Sleep(length + drain)
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.NoError(t, processor.Shutdown(t.Context()))
	})
	require.NotEmpty(t, spans)
	return spans
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

func durationOf(attributes pcommon.Map, name string) time.Duration {
	if value, ok := attributes.Get(name); ok {
		return time.Duration(value.Int())
	}
	return 0
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
