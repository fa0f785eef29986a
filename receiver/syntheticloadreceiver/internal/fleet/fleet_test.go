// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// newFleet makes a fleet with the gateway preset on each model, all with the same load.
func newFleet(t *testing.T, taskFields bool) *Fleet {
	t.Helper()
	var services []any
	for _, model := range []string{"tokio", "async_std", "smol"} {
		services = append(services, map[string]any{
			"name":      "Gateway-" + model,
			"seed":      7,
			"instances": 2,
			"runtime":   map[string]any{"model": model},
			"arrivals":  map[string]any{"process": "poisson", "rate": 200},
			"workload":  "api_gateway",
		})
	}
	parsed, err := spec.Decode(services)
	require.NoError(t, err)
	return New(parsed, 1, Options{Signals: []Signal{Traces}, TaskFields: taskFields})
}

// sendSpans with all that they can carry.
var sendSpans = Options{Signals: []Signal{Traces}, TaskFields: true}

// exported ends a fleet and returns what it has sent since the last Discard.
func exported(f *Fleet) ptrace.Traces {
	f.End()
	return sent(f)
}

func sent(f *Fleet) ptrace.Traces {
	all := ptrace.NewTraces()
	for _, r := range f.Requests() {
		if r.Signal == Traces {
			f.Traces(&r, epoch).ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
		}
	}
	return all
}

// each calls do for all spans.
func each(td ptrace.Traces, do func(resource pcommon.Map, scope string, span ptrace.Span)) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				do(rs.Resource().Attributes(), ss.Scope().Name(), span)
			}
		}
	}
}

func value(t *testing.T, attributes pcommon.Map, name string) pcommon.Value {
	t.Helper()
	v, found := attributes.Get(name)
	require.True(t, found, name)
	return v
}

// TestSpansCarryTheRegistry: every attribute that the registry promises is there, with its type, and task fields only on
// request.
func TestSpansCarryTheRegistry(t *testing.T) {
	types := map[semconv.Type]pcommon.ValueType{
		semconv.String: pcommon.ValueTypeStr, semconv.Int: pcommon.ValueTypeInt,
		semconv.Double: pcommon.ValueTypeDouble, semconv.Bool: pcommon.ValueTypeBool,
	}
	for _, taskFields := range []bool{true, false} {
		f := newFleet(t, taskFields)
		f.Advance(sim.Time(time.Second))
		td := exported(f)
		require.Greater(t, td.SpanCount(), 600)
		each(td, func(resource pcommon.Map, scope string, span ptrace.Span) {
			assert.Regexp(t, `^gateway_(tokio|async_std|smol)$`, scope)
			for _, a := range semconv.Attributes {
				on := span.Attributes()
				switch a.Family {
				case semconv.Resource:
					on = resource
				case semconv.Tracing:
				case semconv.Task:
					if !taskFields {
						_, found := on.Get(a.Name)
						require.False(t, found, a.Name)
						continue
					}
				default:
					continue // derived: not this side's
				}
				require.Equal(t, types[a.Type], value(t, on, a.Name).Type(), a.Name)
			}
		})
	}
}

// TestSpansAddUp: the attributes of a span agree with its times and with each other, ids are unique, and children lie in
// traces of their parents.
func TestSpansAddUp(t *testing.T) {
	f := newFleet(t, true)
	f.Advance(sim.Time(2 * time.Second))
	f.StopArrivals()
	f.Advance(sim.Time(time.Minute))
	require.Zero(t, f.Live())
	type parent struct {
		trace pcommon.TraceID
		start pcommon.Timestamp
	}
	td := exported(f)
	spans := map[pcommon.SpanID]parent{}
	traces := map[pcommon.TraceID]bool{}
	each(td, func(_ pcommon.Map, _ string, span ptrace.Span) {
		spans[span.SpanID()] = parent{span.TraceID(), span.StartTimestamp()}
		traces[span.TraceID()] = true
	})
	require.Len(t, spans, td.SpanCount())
	require.Equal(t, f.Arrivals(), uint64(len(traces)), "one trace a request")
	children := 0
	each(td, func(_ pcommon.Map, _ string, span ptrace.Span) {
		a := span.Attributes()
		duration := int64(span.EndTimestamp() - span.StartTimestamp())
		busy, idle := value(t, a, semconv.BusyNs).Int(), value(t, a, semconv.IdleNs).Int()
		assert.Equal(t, duration, busy+idle)
		wait := value(t, a, semconv.ScheduledNs).Int()
		assert.LessOrEqual(t, wait, idle)
		assert.LessOrEqual(t, value(t, a, semconv.FirstPollDelayNs).Int(), wait)
		assert.LessOrEqual(t, value(t, a, semconv.LongestPollNs).Int(), busy)
		assert.Positive(t, value(t, a, semconv.PollCount).Int())

		if span.ParentSpanID().IsEmpty() {
			assert.Equal(t, ptrace.SpanKindServer, span.Kind())
			assert.Equal(t, semconv.ThreadMain, value(t, a, semconv.ThreadName).Str())
			return
		}
		children++
		p, found := spans[span.ParentSpanID()]
		require.True(t, found, "an orphan")
		assert.Equal(t, p.trace, span.TraceID())
		assert.GreaterOrEqual(t, span.StartTimestamp(), p.start)
		assert.NotEqual(t, semconv.ThreadMain, value(t, a, semconv.ThreadName).Str())
	})
	assert.Positive(t, children)
}

// TestSameSeedSameRequests: services with one seed get the same requests at the same times on every runtime.
func TestSameSeedSameRequests(t *testing.T) {
	f := newFleet(t, true)
	f.Advance(sim.Time(2 * time.Second))
	f.StopArrivals()
	f.Advance(sim.Time(time.Minute))
	type request struct {
		name  string
		start pcommon.Timestamp
	}
	requests := map[string]map[request]int{}
	each(exported(f), func(resource pcommon.Map, _ string, span ptrace.Span) {
		if !span.ParentSpanID().IsEmpty() {
			return
		}
		runtime := value(t, resource, semconv.ProcessRuntimeName).Str()
		if requests[runtime] == nil {
			requests[runtime] = map[request]int{}
		}
		requests[runtime][request{span.Name(), span.StartTimestamp()}]++
	})
	require.Len(t, requests, 3)
	assert.Equal(t, requests[semconv.CrateTokio], requests[semconv.CrateAsyncStd])
	assert.Equal(t, requests[semconv.CrateTokio], requests[semconv.CrateSmol])
}

// TestSpansInsideATask: a span around steps is a child of its task's span and lies within it; events keep their times; spawned
// tasks are children of the span that was open.
func TestSpansInsideATask(t *testing.T) {
	f := New(mustParse(t, `
- name: shop
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 10}
  operations:
    - name: GET /
      steps:
        - compute: 10us
        - span:
            name: render
            attributes: {template: index}
            steps:
              - compute: 40us
              - event: {name: cache miss, attributes: {key: 7}}
              - io: 1ms
              - spawn: {name: fetch, steps: [{event: fetched}, {compute: 5us}]}
              - join
              - spawn: {detached: true, steps: [{sleep: 20ms}, {event: nobody sees this}]}
              - compute: 20us
        - compute: 10us
`), 1, sendSpans)
	f.Advance(sim.Time(10 * time.Second))
	td := exported(f)
	require.Equal(t, 3*99, td.SpanCount(), "all but the request that has just arrived")
	byName := map[string]map[pcommon.TraceID]ptrace.Span{}
	each(td, func(_ pcommon.Map, _ string, span ptrace.Span) {
		if byName[span.Name()] == nil {
			byName[span.Name()] = map[pcommon.TraceID]ptrace.Span{}
		}
		byName[span.Name()][span.TraceID()] = span
	})
	for trace, inner := range byName["render"] {
		outer, fetch := byName["GET /"][trace], byName["fetch"][trace]
		assert.Equal(t, outer.SpanID(), inner.ParentSpanID())
		assert.Equal(t, inner.SpanID(), fetch.ParentSpanID())
		assert.Greater(t, inner.StartTimestamp(), outer.StartTimestamp())
		assert.Less(t, inner.EndTimestamp(), outer.EndTimestamp())
		busy := value(t, inner.Attributes(), semconv.BusyNs).Int()
		assert.GreaterOrEqual(t, busy, int64(60*time.Microsecond))
		assert.LessOrEqual(t, busy+int64(20*time.Microsecond), value(t, outer.Attributes(), semconv.BusyNs).Int())
		assert.Equal(t, "index", value(t, inner.Attributes(), "template").Str())
		require.Equal(t, 1, inner.Events().Len())
		assert.Equal(t, "cache miss", inner.Events().At(0).Name())
		assert.EqualValues(t, 7, value(t, inner.Events().At(0).Attributes(), "key").Int())
		assert.GreaterOrEqual(t, inner.Events().At(0).Timestamp(), inner.StartTimestamp()+40_000)
		assert.Equal(t, 1, fetch.Events().Len())
		assert.Zero(t, outer.Events().Len())
	}
	f.Discard()
	assert.Empty(t, f.processes[0].events)
}

// TestShedRequestsAreErrors: a request that is turned away is a span without duration, whose attributes are its operation's.
func TestShedRequestsAreErrors(t *testing.T) {
	f := New(mustParse(t, `
- name: shop
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 100}
  max_in_flight: 1
  operations:
    - name: GET /
      kind: server
      attributes: {http.request.method: GET, http.response.status_code: 200}
      steps: [sleep: 25ms]
    - name: consume
      kind: consumer
      attributes: {messaging.system: kafka}
      steps: [sleep: 25ms]
`), 1, sendSpans)
	const requests = 300
	f.Advance(sim.Time(requests * 10 * time.Millisecond))
	f.StopArrivals()
	f.Advance(sim.Time(time.Minute))
	td := exported(f)
	require.Equal(t, requests, td.SpanCount(), "every request has a span")
	assert.EqualValues(t, requests, f.Arrivals())
	spans, traces := map[pcommon.SpanID]bool{}, map[pcommon.TraceID]bool{}
	shed := map[string]int{}
	each(td, func(_ pcommon.Map, _ string, span ptrace.Span) {
		spans[span.SpanID()], traces[span.TraceID()] = true, true
		a := span.Attributes()
		assert.Equal(t, "main", value(t, a, semconv.ThreadName).Str())
		_, fields := a.Get(semconv.PollCount)
		_, failed := a.Get(semconv.ErrorType)
		if span.Status().Code() != ptrace.StatusCodeError {
			assert.True(t, fields)
			assert.False(t, failed)
			return
		}
		shed[span.Name()]++
		assert.False(t, fields, "it never was a task")
		assert.Equal(t, "overloaded", span.Status().Message())
		assert.Equal(t, span.StartTimestamp(), span.EndTimestamp())
		assert.Zero(t, span.StartTimestamp().AsTime().Sub(epoch)%(10*time.Millisecond), "the time of arrival")
		assert.Zero(t, value(t, a, semconv.BusyNs).Int())
		assert.Zero(t, value(t, a, semconv.IdleNs).Int())
		assert.True(t, span.ParentSpanID().IsEmpty())
		if span.Name() == "GET /" {
			assert.Equal(t, ptrace.SpanKindServer, span.Kind())
			assert.EqualValues(t, 503, value(t, a, semconv.HTTPStatusCode).Int())
			assert.Equal(t, "503", value(t, a, semconv.ErrorType).Str())
			assert.Equal(t, "GET", value(t, a, semconv.HTTPRequestMethod).Str())
		} else {
			assert.Equal(t, ptrace.SpanKindConsumer, span.Kind())
			assert.Equal(t, "overloaded", value(t, a, semconv.ErrorType).Str())
			assert.Equal(t, "kafka", value(t, a, "messaging.system").Str())
			assert.Equal(t, 1+tracingAttributes+1, a.Len(), "no HTTP status: the operation has none")
		}
	})
	assert.Len(t, spans, requests)
	assert.Len(t, traces, requests)
	assert.EqualValues(t, f.Shed(), shed["GET /"]+shed["consume"])
	assert.InDelta(t, requests*2/3, f.Shed(), 3, "two of three come while the one before is in flight")
	assert.Greater(t, shed["GET /"], 50)
	assert.Greater(t, shed["consume"], 50)
	f.Discard()
	assert.Empty(t, f.Requests())
}

func mustParse(t *testing.T, text string) []*workload.Service {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
	services, err := spec.Decode(tree)
	require.NoError(t, err)
	return services
}

func TestDiscardForgetsWhatWasTaken(t *testing.T) {
	f := newFleet(t, true)
	f.Advance(sim.Time(time.Second))
	once := exported(f)
	require.Positive(t, once.SpanCount())
	assert.Equal(t, once, exported(f), "built anew each time")
	f.Discard()
	assert.Empty(t, f.Requests())
	for _, p := range f.processes {
		assert.Empty(t, p.spans.list)
		assert.Empty(t, p.events)
	}
}

func TestSliceLength(t *testing.T) {
	for _, tc := range []struct {
		rate       float64
		most, want time.Duration
	}{
		{1e-6, 0, LongestSlice},
		{1000, 0, LongestSlice},
		{1000, 10 * time.Millisecond, 10 * time.Millisecond},
		{409_600, 0, 20 * time.Millisecond},
		{409_600, 10 * time.Millisecond, 10 * time.Millisecond},
		{1_000_000, 10 * time.Millisecond, 8192 * time.Microsecond},
	} {
		o := sendSpans
		o.Slice = tc.most
		services, err := spec.Decode([]any{map[string]any{
			"name": "a", "runtime": map[string]any{"model": "smol"},
			"arrivals":   map[string]any{"process": "constant", "rate": tc.rate},
			"operations": []any{map[string]any{"name": "op", "steps": []any{map[string]any{"compute": "1us"}}}},
		}})
		require.NoError(t, err)
		assert.Equal(t, sim.Time(tc.want), New(services, 1, o).SliceLength(), "rate %v", tc.rate)
	}
}

func BenchmarkTraces(b *testing.B) {
	services, err := spec.Decode([]any{map[string]any{
		"name": "gateway", "runtime": map[string]any{"model": "tokio"},
		"arrivals": map[string]any{"process": "poisson", "rate": 5000}, "workload": "api_gateway",
	}})
	require.NoError(b, err)
	for _, part := range []struct {
		name           string
		simulate, make bool
	}{{"simulate", true, false}, {"build", false, true}, {"both", true, true}} {
		b.Run(part.name, func(b *testing.B) {
			f := New(services, 1, sendSpans)
			now := sim.Time(time.Second)
			f.Advance(now)
			spans := 0
			b.ReportAllocs()
			for b.Loop() {
				if part.simulate {
					f.Discard()
					now += f.SliceLength()
					f.Advance(now)
				}
				for _, r := range f.Requests() {
					if part.make {
						require.Equal(b, r.Items, f.Traces(&r, epoch).SpanCount())
					}
					spans += r.Items
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
		})
	}
}

// yamlMap reads a map of YAML.
func yamlMap(tb testing.TB, text string) map[string]any {
	tb.Helper()
	var m map[string]any
	require.NoError(tb, yaml.Unmarshal([]byte(text), &m))
	return m
}
