// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// drawnFleet is one service on three runtimes, whose spans draw all that can be drawn.
func drawnFleet(t *testing.T) *Fleet {
	t.Helper()
	var services strings.Builder
	for _, model := range []string{"tokio", "async_std", "smol"} {
		fmt.Fprintf(&services, `
- name: %s
  seed: 7
  runtime: {model: %[1]s, worker_threads: 2}
  arrivals: {process: poisson, rate: 2000}
  operations:
    - name: GET /
      attributes:
        tenant: {zipf: {count: 100, exponent: 1.1}}
        request: {uuid: }
        http.response.status_code: 200
      errors: {rate: 0.1, message: upstream reset, attributes: {http.response.status_code: 502, dump: {payload: 64B}}}
      steps:
        - compute: {exponential: {mean: 100us}}
        - spawn:
            count: 3
            name: part
            attributes: {part: {uniform: {min: 0, max: 1000000}}}
            errors: {rate: 0.5}
            steps: [{io: {exponential: {mean: 1ms}}}]
        - span:
            name: render
            attributes: {page: {cardinality: 5000}}
            steps:
              - compute: {exponential: {mean: 100us}}
              - event: {name: miss, attributes: {key: {uuid: }}}
              - event: {name: miss, attributes: {key: {uuid: }}}
        - join
`, model)
	}
	return New(mustParse(t, services.String()), 1, sendSpans)
}

// looksOf are the spans of each runtime, told by what follows from their work alone.
func looksOf(td ptrace.Traces) map[string]map[string]int {
	looks := map[string]map[string]int{}
	each(td, func(resource pcommon.Map, _ string, span ptrace.Span) {
		name, _ := resource.Get(semconv.ServiceName)
		of := looks[name.Str()]
		if of == nil {
			of = map[string]int{}
			looks[name.Str()] = of
		}
		own := map[string]any{"name": span.Name(), "status": span.Status().Code().String() + span.Status().Message()}
		for _, key := range []string{"tenant", "request", "http.response.status_code", "dump", "part", "page", semconv.ErrorType} {
			if v, found := span.Attributes().Get(key); found {
				own[key] = v.AsRaw()
			}
		}
		for i, e := range span.Events().All() {
			own[fmt.Sprint("event ", i)] = e.Attributes().AsRaw()
		}
		of[fmt.Sprint(own)]++
	})
	return looks
}

// TestDrawsFollowTheWork: what a span draws is the same on each runtime, and each time that it is built.
func TestDrawsFollowTheWork(t *testing.T) {
	f := drawnFleet(t)
	f.Advance(sim.Time(time.Second))
	f.StopArrivals()
	f.Advance(sim.Time(time.Minute))
	require.Zero(t, f.Live())
	td := exported(f)
	require.Greater(t, td.SpanCount(), 20_000)
	assert.Equal(t, td, exported(f), "built anew")
	looks := looksOf(td)
	assert.Equal(t, looks["tokio"], looks["async_std"])
	assert.Equal(t, looks["tokio"], looks["smol"])
	assert.Greater(t, len(looks["tokio"])*3, td.SpanCount()*99/100, "hardly two spans look the same")

	again := drawnFleet(t)
	for now := sim.Time(0); now < sim.Time(time.Second); now += sim.Time(7 * time.Millisecond) {
		again.Advance(now) // in other slices
	}
	again.Advance(sim.Time(time.Second))
	again.StopArrivals()
	again.Advance(sim.Time(time.Minute))
	assert.Equal(t, td, exported(again))
}

// TestErrorsOfSpans: failed spans carry what their errors say, in place of or beside their own attributes; the others theirs.
func TestErrorsOfSpans(t *testing.T) {
	f := drawnFleet(t)
	f.Advance(sim.Time(time.Second))
	spans, fails := map[string]int{}, map[string]int{}
	each(exported(f), func(_ pcommon.Map, _ string, span ptrace.Span) {
		a := span.Attributes()
		keys := map[string]bool{}
		for key := range a.All() {
			require.False(t, keys[key], "%s twice", key)
			keys[key] = true
		}
		spans[span.Name()]++
		isError := span.Status().Code() == ptrace.StatusCodeError
		if isError {
			fails[span.Name()]++
		}
		require.Equal(t, isError, keys[semconv.ErrorType])
		switch {
		case span.Name() == "GET /" && isError:
			assert.EqualValues(t, 502, value(t, a, "http.response.status_code").Int())
			assert.Equal(t, "502", value(t, a, semconv.ErrorType).Str())
			assert.Equal(t, "upstream reset", span.Status().Message())
			assert.Len(t, value(t, a, "dump").Str(), 64)
			assert.NotEmpty(t, value(t, a, "tenant").Str())
		case span.Name() == "GET /":
			assert.EqualValues(t, 200, value(t, a, "http.response.status_code").Int())
			assert.False(t, keys["dump"])
			assert.Equal(t, ptrace.StatusCodeUnset, span.Status().Code())
		case isError:
			assert.Equal(t, semconv.ErrorTypeOther, value(t, a, semconv.ErrorType).Str())
			assert.Empty(t, span.Status().Message())
		}
	})
	assert.InEpsilon(t, 0.1, float64(fails["GET /"])/float64(spans["GET /"]), 0.1)
	assert.InEpsilon(t, 0.5, float64(fails["part"])/float64(spans["part"]), 0.1)
	assert.Zero(t, fails["render"])
}

// TestCutShort: a span that a timeout ended says so, tells of no response, and does not fail in another way.
func TestCutShort(t *testing.T) {
	f := New(mustParse(t, `
- name: a
  runtime: {model: smol}
  arrivals: {process: constant, rate: 100}
  operations:
    - name: GET /
      timeout: 1ms
      attributes: {error.type: mine, http.response.status_code: 200, http.route: /}
      errors: {rate: 1, message: upstream reset}
      steps:
        - spawn: {name: part, steps: [{io: 10ms}]}
        - io: 10ms
        - cancel
`), 1, sendSpans)
	f.Advance(sim.Time(time.Second))
	ended := map[string]int{}
	each(exported(f), func(_ pcommon.Map, _ string, span ptrace.Span) {
		ended[span.Name()]++
		require.Equal(t, ptrace.StatusCodeError, span.Status().Code())
		_, hasResponse := span.Attributes().Get(semconv.HTTPStatusCode)
		assert.False(t, hasResponse)
		message, errorType := "deadline has elapsed", semconv.ErrorTypeTimeout
		if span.Name() == "part" { // smol cancels what nobody holds
			message, errorType = "cancelled", semconv.ErrorTypeCancelled
		} else {
			assert.Equal(t, "/", value(t, span.Attributes(), semconv.HTTPRoute).Str())
		}
		assert.Equal(t, message, span.Status().Message())
		assert.Equal(t, errorType, value(t, span.Attributes(), semconv.ErrorType).Str())
	})
	assert.Greater(t, ended["GET /"], 90)
	assert.Greater(t, ended["part"], 90)
}

// TestPayloadsShortenSlices: a slice holds few spans if they are large.
func TestPayloadsShortenSlices(t *testing.T) {
	for size, want := range map[string]time.Duration{"1B": 100 * time.Millisecond, "64KiB": 25600 * time.Microsecond, "1MiB": 1600 * time.Microsecond} {
		f := New(mustParse(t, `
- name: a
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 10000}
  operations: [{name: op, attributes: {body: {payload: `+size+`}}, steps: [yield]}]
`), 1, sendSpans)
		assert.InEpsilon(t, want, time.Duration(f.SliceLength()), 0.001, size)
	}
}

// BenchmarkAttributes builds spans with eight attributes of their own: constant ones, and four of them drawn.
func BenchmarkAttributes(b *testing.B) {
	const constant = "a: GET, b: /orders, c: 200, d: http"
	for _, tc := range []struct{ name, four string }{
		{"constant", "e: tenant-17, f: 6ba7b810-9dad-41d1-80b4-00c04fd430c8, g: order-12345, h: 7"},
		{"drawn", "e: {zipf: {count: 1000, exponent: 1.1}}, f: {uuid: }, g: {cardinality: 1000000}, h: {uniform: {min: 1, max: 100}}"},
		{"payload_2KiB", "e: x, f: y, g: {payload: 2KiB}, h: 7"},
	} {
		b.Run(tc.name, func(b *testing.B) {
			services, err := spec.Decode([]any{map[string]any{
				"name": "a", "runtime": map[string]any{"model": "smol"}, "arrivals": map[string]any{"process": "constant", "rate": 1000},
				"operations": []any{map[string]any{"name": "op", "attributes": yamlMap(b, "{"+constant+", "+tc.four+"}"), "steps": []any{"yield"}}},
			}})
			require.NoError(b, err)
			f := New(services, 1, sendSpans)
			f.Advance(sim.Time(time.Second))
			spans := 0
			b.ReportAllocs()
			for b.Loop() {
				spans += exported(f).SpanCount()
			}
			require.Positive(b, spans)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
			b.ReportMetric(float64(spans)/float64(b.N), "spans/op")
		})
	}
}

// TestDocumentOfAttributes plays the example of docs/workloads.md.
func TestDocumentOfAttributes(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/workloads.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "\n## Attributes, errors, links\n")
	_, example, _ := strings.Cut(section, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	f := New(mustParse(t, "- name: shop\n  runtime: {model: tokio}\n  arrivals: {process: poisson, rate: 1000}\n  "+
		strings.ReplaceAll(example, "\n", "\n  ")), 1, sendSpans)
	f.Advance(sim.Time(time.Second))
	failed, linked := 0, 0
	each(exported(f), func(_ pcommon.Map, _ string, span ptrace.Span) {
		if v, found := span.Attributes().Get(semconv.ErrorType); found && v.Str() == "502" {
			failed++
		}
		if span.Links().Len() == 10 {
			linked++
		}
	})
	assert.Positive(t, failed)
	assert.Positive(t, linked)
}
