// SPDX-License-Identifier: Apache-2.0

package comparison

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const batch = 1_000

// template returns a batch of one Tokio service with ten operations and lognormal durations, as tracing-opentelemetry sends it, with
// or without measured task fields.
func template(taskFields bool) ptrace.Traces {
	random := rand.New(rand.NewPCG(21, 22))
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, "orders")
	resource.Resource().Attributes().PutStr(semconv.ServiceInstanceID, "orders-1")
	spans := resource.ScopeSpans().AppendEmpty().Spans()
	end := time.Now()
	for i := range batch {
		duration := time.Duration(5e6 * math.Exp(0.5*random.NormFloat64()))
		span := spans.AppendEmpty()
		span.SetName("GET /orders/{id}/" + strconv.Itoa(i%10))
		span.SetKind(ptrace.SpanKindServer)
		span.SetTraceID(pcommon.TraceID{1, byte(i >> 8), byte(i)})
		span.SetSpanID(pcommon.SpanID{1, byte(i >> 8), byte(i)})
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-duration)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
		a := span.Attributes()
		a.PutStr(semconv.HTTPRequestMethod, "GET")
		a.PutStr(semconv.HTTPRoute, "/orders/{id}")
		a.PutInt(semconv.HTTPStatusCode, 200)
		a.PutStr(semconv.CodeFilePath, "src/orders.rs")
		a.PutStr(semconv.CodeModuleName, "orders::http")
		a.PutInt(semconv.CodeLineNumber, 118)
		a.PutInt(semconv.ThreadID, 7)
		a.PutStr(semconv.ThreadName, semconv.ThreadTokio)
		a.PutStr(semconv.Target, "orders::http")
		a.PutInt(semconv.BusyNs, int64(duration/100))
		a.PutInt(semconv.IdleNs, int64(duration-duration/100))
		if taskFields {
			a.PutInt(semconv.PollCount, 3)
			a.PutInt(semconv.ScheduledNs, int64(duration/50))
			a.PutInt(semconv.FirstPollDelayNs, int64(duration/100))
			a.PutInt(semconv.LongestPollNs, int64(duration/200))
			a.PutInt(semconv.StealCount, 1)
			a.PutInt(semconv.ForcedYieldCount, 0)
			a.PutInt(semconv.TaskID, int64(i))
			a.PutInt(semconv.WorkerIndex, int64(i%4))
		}
	}
	return traces
}

func attributeCount(traces ptrace.Traces) (n int) {
	for _, span := range spansOf(traces) {
		n += span.Attributes().Len()
	}
	return n
}

func spansOf(traces ptrace.Traces) (spans []ptrace.Span) {
	for _, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		spans = append(spans, span)
	}
	return spans
}

// newProcessor returns a started processor whose output goes nowhere.
func newProcessor(b *testing.B, factory processor.Factory, cfg component.Config) processor.Traces {
	b.Helper()
	nowhere, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error { return nil })
	require.NoError(b, err)
	p, err := factory.CreateTraces(b.Context(), processortest.NewNopSettings(factory.Type()), cfg, nowhere)
	require.NoError(b, err)
	require.NoError(b, p.Start(b.Context(), componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, p.Shutdown(context.WithoutCancel(b.Context()))) })
	return p
}

// inserting returns contrib's attributes processor that inserts what ours has added to a span: the same names, with constants of
// the same types.
func inserting(b *testing.B, before, after pcommon.Map) processor.Traces {
	b.Helper()
	factory := attributesprocessor.NewFactory()
	var actions []any
	for name, value := range after.All() {
		if _, present := before.Get(name); !present {
			actions = append(actions, map[string]any{"key": name, "value": value.AsRaw(), "action": "insert"})
		}
	}
	cfg := factory.CreateDefaultConfig()
	require.NoError(b, confmap.NewFromStringMap(map[string]any{"actions": actions}).Unmarshal(cfg))
	return newProcessor(b, factory, cfg)
}

// BenchmarkProcessor gives the same warm batches to this processor and to contrib's attributes processor with as many inserts, in
// turns, and prints the time per span of both in their fastest batch, and the ratio. Making the copies is not timed.
func BenchmarkProcessor(b *testing.B) {
	for _, bb := range []struct {
		name       string
		taskFields bool
		added      int // attributes per span, the few of outliers aside
	}{
		{"busy and idle", false, 4},
		{"task fields", true, 16},
	} {
		b.Run(bb.name, func(b *testing.B) {
			batches := template(bb.taskFields)
			attributes := spansOf(batches)[0].Attributes().Len()
			factory := runtimestatsprocessor.NewFactory()
			ours := newProcessor(b, factory, factory.CreateDefaultConfig())
			timed := func(p processor.Traces) (time.Duration, ptrace.Traces) {
				traces := ptrace.NewTraces()
				batches.CopyTo(traces)
				start := time.Now()
				err := p.ConsumeTraces(b.Context(), traces)
				elapsed := time.Since(start)
				require.NoError(b, err)
				return elapsed, traces
			}
			var last, lastThere ptrace.Traces
			for range 300 { // and a tick or two
				_, last = timed(ours)
				time.Sleep(10 * time.Millisecond)
			}
			plain := slices.IndexFunc(spansOf(last), func(span ptrace.Span) bool { return span.Attributes().Len() == attributes+bb.added })
			theirs := inserting(b, spansOf(batches)[plain].Attributes(), spansOf(last)[plain].Attributes())
			timed(theirs)
			var here, there []time.Duration // the fastest was not interrupted by whatever else the machine does
			for b.Loop() {
				var d time.Duration
				d, last = timed(ours)
				here = append(here, d)
				d, lastThere = timed(theirs)
				there = append(there, d)
			}
			more := func(traces ptrace.Traces) float64 {
				return float64(attributeCount(traces)-attributeCount(batches)) / batch
			}
			require.InDelta(b, bb.added, more(last), 0.3)
			require.InDelta(b, bb.added, more(lastThere), 0)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(slices.Min(here))/batch, "runtime_stats-ns/span")
			b.ReportMetric(float64(slices.Min(there))/batch, "attributes-ns/span")
			b.ReportMetric(float64(slices.Min(here))/float64(slices.Min(there)), "ratio")
		})
	}
}
