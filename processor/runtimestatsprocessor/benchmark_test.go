// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func nopSettings() component.TelemetrySettings {
	return componenttest.NewNopTelemetrySettings()
}

const benchmarkBatch = 1_000

// benchmarkTraces returns one service's batch with ten operations and lognormal durations. Spans are called as the conventions want it, by
// method and route; or all the same, as tower-http does.
func benchmarkTraces(taskFields, sameName bool) ptrace.Traces {
	random := rand.New(rand.NewPCG(21, 22))
	traces, spans := newService("orders")
	operations := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	for i := range benchmarkBatch {
		duration := time.Duration(5e6 * math.Exp(0.5*random.NormFloat64()))
		route := "/orders/{id}/" + operations[i%len(operations)]
		span := addSpan(spans, "GET "+route, duration)
		if sameName {
			span.SetName("request")
		}
		addTracingAttributes(span, duration/4, duration-duration/4)
		span.Attributes().PutStr(semconv.HTTPRoute, route)
		if taskFields {
			addTaskFields(span, duration/8)
		}
	}
	return traces
}

func attributeCount(traces ptrace.Traces) (n int) {
	for _, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		n += span.Attributes().Len()
	}
	return n
}

// One span through the whole processor, warm, and for comparison the same number of attributes put on it without any
// work behind them. Spans come as copies of a template, made while the clock stands.
func BenchmarkSpan(b *testing.B) {
	for _, bb := range []struct {
		name       string
		taskFields bool
		sameName   bool
		starved    bool // the kernel tells that half of the CPU was missing
		added      int  // attributes per span, the few of outliers aside
	}{
		{"lean", false, false, false, 4},
		{"lean, one name", false, true, false, 4},
		{"lean, short of CPU", false, false, true, 4},
		{"task fields", true, false, false, 16},
	} {
		template := benchmarkTraces(bb.taskFields, bb.sameName)
		b.Run(bb.name, func(b *testing.B) {
			p := newTestProcessor(b, nil)
			process := func(traces ptrace.Traces) {
				if _, err := p.processTraces(b.Context(), traces); err != nil {
					b.Fatal(err)
				}
			}
			now := time.Now()
			if bb.starved {
				tellStarved(p, template)
			}
			for range 20 {
				process(copyOf(template))
				now = now.Add(time.Second)
				p.windows.Tick(now)
			}
			benchmarkCopies(b, template, bb.added, process)
		})
		b.Run(bb.name+", attributes only", func(b *testing.B) {
			names := partNames[:]
			for _, r := range attributeRoles[len(attributeRoles)-8:] {
				names = append(names, r.name)
			}
			benchmarkCopies(b, template, bb.added, func(traces ptrace.Traces) {
				for _, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
					attributes := span.Attributes()
					attributes.EnsureCapacity(attributes.Len() + bb.added)
					for _, name := range names[:bb.added] {
						attributes.PutInt(name, 1)
					}
				}
			})
		})
	}
}

// tellStarved lets the kernel tell of the seconds around the spans of a template.
func tellStarved(p *statsProcessor, template ptrace.Traces) {
	resource := template.ResourceSpans().At(0)
	who := identityOf(context.Background(), resource.Resource().Attributes())
	history := p.join.instances.CPU(&who, time.Now())
	begin := resource.ScopeSpans().At(0).Spans().At(0).StartTimestamp().AsTime().UnixNano()
	for second := range int64(60) {
		half := second * int64(time.Second) / 2
		history.Add(&cputime.Reading{From: 1, At: begin + (second-30)*int64(time.Second), Groups: map[string]cputime.Usage{
			semconv.ThreadGroup("tokio-runtime-worker"): {OnCPU: half, Wait: half},
		}})
	}
}

func copyOf(template ptrace.Traces) ptrace.Traces {
	traces := ptrace.NewTraces()
	template.CopyTo(traces)
	return traces
}

func benchmarkCopies(b *testing.B, template ptrace.Traces, added int, process func(ptrace.Traces)) {
	b.Helper()
	var traces ptrace.Traces
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		traces = copyOf(template)
		b.StartTimer()
		process(traces)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkBatch, "ns/span")
	more := float64(attributeCount(traces)-attributeCount(template)) / benchmarkBatch
	require.InDelta(b, float64(added), more, 0.2)
}
