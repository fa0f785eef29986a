// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
)

// In the benchmarks 100,000 requests a second, of one span each with 21 attributes, arrive for two virtual seconds.
const (
	benchmarkRate     = 100_000
	benchmarkDuration = 2 * time.Second
)

func requireAllSpans(b *testing.B, n int) {
	b.Helper()
	require.InEpsilon(b, benchmarkRate*benchmarkDuration.Seconds(), n, 0.01)
}

// loaded is the configuration of so many services that share the load.
func loaded(b *testing.B, services int) *Config {
	b.Helper()
	var text strings.Builder
	for n := range services {
		fmt.Fprintf(&text, `
- name: orders-%d
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: %d}
  export: {max_queue_size: 1000000}
  operations:
    - name: GET /orders/{id}
      attributes:
        http.request.method: GET
        http.route: /orders/{id}
        http.response.status_code: 200
        url.path: {cardinality: {count: 100000, prefix: /orders/}}
        url.scheme: http
      steps: [{compute: {exponential: {mean: 5us}}}, {io: {exponential: {mean: 1ms}}}, {compute: {exponential: {mean: 5us}}}]
`, n, benchmarkRate/services)
	}
	return configOf(b, text.String(), unpaced(benchmarkDuration))
}

// run plays a configuration to its end, from the start of the receiver to its shutdown, and returns the number of spans sent.
func run(b *testing.B, cfg *Config, next consumer.Traces) int {
	b.Helper()
	created, err := NewFactory().CreateTraces(b.Context(), receivertest.NewNopSettings(metadata.Type), cfg, next)
	require.NoError(b, err)
	r := created.(*loadReceiver)
	require.NoError(b, r.Start(b.Context(), componenttest.NewNopHost()))
	r.running.Wait()
	require.NoError(b, r.Shutdown(b.Context()))
	return r.sinks[fleet.Traces].totals.emitted
}

// BenchmarkReceiver plays one service into a pipeline that forgets the spans. Beside it, a bare loop builds the same pdata from the same
// values, which are at hand: no simulation, no draws, no ids to make. It builds one batch over and over: the values of all would be a
// heap for the garbage collector to mark, for the receiver too. The ratio is what the receiver takes for each second of the loop.
func BenchmarkReceiver(b *testing.B) {
	cfg := loaded(b, 1)
	bareBatch := func() *flatRequest {
		sink := new(consumertest.TracesSink)
		run(b, cfg, sink)
		largest := slices.MaxFunc(sink.AllTraces(), func(x, y ptrace.Traces) int { return x.SpanCount() - y.SpanCount() })
		request := flatten([]ptrace.Traces{largest})[0]
		require.Equal(b, largest, request.build())
		return &request
	}()

	b.ReportAllocs()
	spans, bareSpans := 0, 0
	var receiver, bare time.Duration
	for b.Loop() {
		begin := time.Now()
		n := run(b, cfg, consumertest.NewNop())
		receiver += time.Since(begin)
		requireAllSpans(b, n)
		spans += n

		b.StopTimer()
		begin = time.Now()
		n = 0
		for n < benchmarkRate*int(benchmarkDuration.Seconds()) {
			n += bareBatch.build().SpanCount()
		}
		bare += time.Since(begin)
		bareSpans += n
		b.StartTimer()
	}
	b.ReportMetric(float64(spans)/receiver.Seconds(), "spans/s")
	b.ReportMetric(float64(bareSpans)/bare.Seconds(), "bare-spans/s")
	b.ReportMetric(receiver.Seconds()/float64(spans)/(bare.Seconds()/float64(bareSpans)), "times-bare")
}

// BenchmarkNop plays services into a pipeline that forgets the spans: the preset api_gateway, and one whose spans have no attributes of
// their own.
func BenchmarkNop(b *testing.B) {
	for name, service := range map[string]string{
		"api_gateway": `{runtime: {model: tokio}, arrivals: {process: poisson, rate: 4000}, workload: api_gateway}`,
		"lean":        `{runtime: {model: tokio}, arrivals: {process: poisson, rate: 4000}, operations: [{name: lean, steps: [{compute: 10us}]}]}`,
	} {
		b.Run(name, func(b *testing.B) {
			cfg := configOf(b, "nop: "+service, unpaced(30*time.Second))
			b.ReportAllocs()
			spans := 0
			for b.Loop() {
				n := run(b, cfg, consumertest.NewNop())
				require.Greater(b, n, 100_000)
				spans += n
			}
			b.ReportMetric(float64(spans)/b.Elapsed().Seconds(), "spans/s")
		})
	}
}

// BenchmarkServices divides the load among more and more services. What a span takes should not grow with them.
func BenchmarkServices(b *testing.B) {
	for _, services := range []int{1, 10, 100, 1000} {
		b.Run(strconv.Itoa(services), func(b *testing.B) {
			cfg := loaded(b, services)
			b.ReportAllocs()
			spans := 0
			for b.Loop() {
				n := run(b, cfg, consumertest.NewNop())
				requireAllSpans(b, n)
				spans += n
			}
			b.ReportMetric(float64(spans)/b.Elapsed().Seconds(), "spans/s")
		})
	}
}

// flatRequest is a request with one resource as plain values.
type flatRequest struct {
	resource pcommon.Resource
	schema   string // URL
	scope    string
	spans    []flatSpan
}

type flatSpan struct {
	trace      pcommon.TraceID
	id, parent pcommon.SpanID
	flags      uint32
	name       string
	kind       ptrace.SpanKind
	start, end pcommon.Timestamp
	attributes []flatAttribute
}

type flatAttribute struct {
	key, text string
	number    int64
	isText    bool
}

func flatten(batches []ptrace.Traces) (requests []flatRequest) {
	for _, td := range batches {
		rs := td.ResourceSpans().At(0)
		ss := rs.ScopeSpans().At(0)
		r := flatRequest{resource: rs.Resource(), schema: rs.SchemaUrl(), scope: ss.Scope().Name()}
		for _, span := range ss.Spans().All() {
			flat := flatSpan{
				span.TraceID(), span.SpanID(), span.ParentSpanID(), span.Flags(), span.Name(), span.Kind(),
				span.StartTimestamp(), span.EndTimestamp(), nil,
			}
			for key, v := range span.Attributes().All() {
				a := flatAttribute{key: key, isText: v.Type() == pcommon.ValueTypeStr}
				if a.isText {
					a.text = v.Str()
				} else {
					a.number = v.Int()
				}
				flat.attributes = append(flat.attributes, a)
			}
			r.spans = append(r.spans, flat)
		}
		requests = append(requests, r)
	}
	return requests
}

func (r *flatRequest) build() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl(r.schema)
	r.resource.CopyTo(rs.Resource())
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName(r.scope)
	spans := ss.Spans()
	spans.EnsureCapacity(len(r.spans))
	for i := range r.spans {
		s := &r.spans[i]
		span := spans.AppendEmpty()
		span.SetTraceID(s.trace)
		span.SetSpanID(s.id)
		span.SetParentSpanID(s.parent)
		span.SetFlags(s.flags)
		span.SetName(s.name)
		span.SetKind(s.kind)
		span.SetStartTimestamp(s.start)
		span.SetEndTimestamp(s.end)
		var b xpdata.MapBuilder
		b.EnsureCapacity(len(s.attributes))
		for k := range s.attributes {
			if a := &s.attributes[k]; a.isText {
				b.AppendEmpty(a.key).SetStr(a.text)
			} else {
				b.AppendEmpty(a.key).SetInt(a.number)
			}
		}
		b.UnsafeIntoMap(span.Attributes())
	}
	return td
}
