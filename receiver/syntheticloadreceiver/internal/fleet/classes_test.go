// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// classed plays a gateway that calls a service which is slow, with a class list, and returns what end markers say of the classes. Of the
// requests some are built twice, and some given up.
func classed(t *testing.T, list []Class, each func(span ptrace.Span)) []stamp.Class {
	t.Helper()
	f := New(mustParse(t, `
- name: front
  instances: 2
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 100}
  operations:
    - name: GET /
      steps: [{compute: 10us}, {spawn: {name: audit, detached: true, steps: [{io: 5ms}]}}, {call: {service: back, operation: get, network: 1ms}}]
    - {name: GET /health, attributes: {http.route: /health}, steps: [{compute: 5us}]}
- {name: back, runtime: {model: smol}, operations: [{name: get, steps: [{io: 1ms}]}]}
`), 1, Options{Signals: []Signal{Traces}, Run: "r", Verify: true, TraceSpans: true, Classes: list})
	f.Advance(3 * second)
	f.StopArrivals()
	f.Advance(10 * second)
	require.True(t, f.EndIdle())
	for _, whole := range f.Requests() {
		for rest := whole; rest.Items > 0; {
			r := rest
			rest = Request{}
			if r.Items > 50 {
				r, rest = r.Cut(50)
			}
			td := f.Traces(&r, epoch)
			require.Equal(t, td, f.Traces(&r, epoch), "built again")
			for _, rs := range td.ResourceSpans().All() {
				for _, span := range rs.ScopeSpans().At(0).Spans().All() {
					a := span.Attributes()
					require.Equal(t, identityOf(t, a).Seal(stamp.Span(span)), value(t, a, semconv.StampChecksum).Int(), "all of the stamp is sealed")
					_, root := a.Get(semconv.StampTraceRoot)
					require.Equal(t, span.ParentSpanID().IsEmpty(), root)
					each(span)
				}
			}
		}
	}
	var says *stamp.End
	for _, rs := range f.Traces(&f.EndMarkers(Traces)[0], epoch).ResourceSpans().All() {
		span := rs.ScopeSpans().At(0).Spans().At(0)
		var intact, ok bool
		says, intact, ok = stamp.ReadEnd(span.Attributes(), stamp.Span(span))
		require.True(t, intact && ok)
	}
	return says.Classes
}

var ofTraces = [signals]bool{Traces: true}

func stamped(attributes pcommon.Map, key string) int64 {
	v, found := attributes.Get(key)
	if !found {
		return 0
	}
	return v.Int()
}

// TestClasses: each item is marked with the first class that matches, and counted once however often its request is built.
func TestClasses(t *testing.T) {
	counts, health := map[int64]uint64{}, 0
	said := classed(t, []Class{
		{Name: "health", Signals: ofTraces, Item: regexp.MustCompile("^GET /health$")},
		{Name: "by route", Signals: ofTraces, Attributes: map[string]*regexp.Regexp{"http.route": regexp.MustCompile("health")}},
		{Name: "back", Signals: ofTraces, Service: regexp.MustCompile("^back$")},
		{Name: "logs", Signals: [signals]bool{Logs: true}},
	}, func(span ptrace.Span) {
		counts[stamped(span.Attributes(), semconv.StampClass)]++
		if span.Name() == "GET /health" {
			health++
		}
	})
	require.Len(t, said, 4)
	assert.EqualValues(t, health, said[0].Items[Traces])
	assert.Zero(t, said[1].Items[Traces], "the first class has them")
	assert.NotZero(t, said[2].Items[Traces])
	assert.Zero(t, said[3].Items)
	for i, class := range said {
		assert.Equal(t, class.Items[Traces], counts[int64(i+1)], class.Name)
	}
	assert.NotZero(t, counts[0])
}

// TestTraceClasses: a class of whole traces has all spans of each trace that one of its spans makes its own; and the spans of a trace have the
// numbers from 1 on, of which the root's is the last of those that ended before it.
func TestTraceClasses(t *testing.T) {
	type trace struct {
		spans, highest, root int64
		calls                bool
	}
	traces := map[pcommon.TraceID]*trace{}
	said := classed(t, []Class{{Name: "calls", Traces: true, Signals: ofTraces, Service: regexp.MustCompile("^back$")}}, func(span ptrace.Span) {
		of := traces[span.TraceID()]
		if of == nil {
			of = &trace{}
			traces[span.TraceID()] = of
		}
		of.spans++
		n := stamped(span.Attributes(), semconv.StampTraceSpan)
		of.highest = max(of.highest, n)
		if span.ParentSpanID().IsEmpty() {
			of.root = n
		}
		of.calls = of.calls || stamped(span.Attributes(), semconv.StampTraceClass) == 1
	})
	inCalls, single := uint64(0), 0
	for _, of := range traces {
		require.Equal(t, of.spans, of.highest)
		require.NotZero(t, of.root)
		if of.calls {
			inCalls += uint64(of.spans)
			require.Equal(t, int64(4), of.spans) // the request, its task, the call and what answers it
		} else {
			single++
		}
	}
	assert.NotZero(t, single)
	require.Len(t, said, 1)
	assert.Equal(t, inCalls, said[0].Items[Traces])
}

// TestTraceClassesGivenUp: what the pipeline refused was not sent.
func TestTraceClassesGivenUp(t *testing.T) {
	for _, whole := range []bool{false, true} {
		f := New(mustParse(t, `- {name: a, runtime: {model: tokio}, arrivals: {process: constant, rate: 100}, workload: api_gateway}`), 1, Options{
			Signals: []Signal{Traces}, Run: "r", Verify: true, Classes: []Class{{Name: "all", Traces: whole, Signals: ofTraces}},
		})
		f.Advance(2 * second)
		r := f.Requests()[0]
		f.Traces(&r, epoch)
		require.EqualValues(t, r.Items, f.classes.sent()[0].Items[Traces])
		first, second := r.Cut(10)
		f.Drop(&first)
		require.EqualValues(t, second.Items, f.classes.sent()[0].Items[Traces])
		f.Drop(&second)
		require.Zero(t, f.classes.sent()[0].Items[Traces])
	}
}

// TestTraceSpans: a trace that is kept no more is not begun again.
func TestTraceSpans(t *testing.T) {
	var spans traceSpans
	assert.EqualValues(t, 1, spans.number(5, false))
	assert.EqualValues(t, 2, spans.number(5, true))
	assert.EqualValues(t, 3, spans.number(5, false), "late")
	for tag := range uint64(mostClosed) {
		spans.number(tag+100, true)
	}
	assert.Zero(t, spans.number(5, false), "very late")
	assert.EqualValues(t, 1, spans.number(mostClosed+1000, false))
	assert.LessOrEqual(t, len(spans.last), mostClosed+1)
	assert.EqualValues(t, 1, spans.open, "one has no root")
}

// TestRandomness: the spans of a trace have one random value, which the values of many traces fill, and end markers tell how many spans there
// were in each part of the range.
func TestRandomness(t *testing.T) {
	f := New(mustParse(t, `- {name: a, instances: 2, runtime: {model: tokio}, arrivals: {process: poisson, rate: 500}, workload: api_gateway}`), 1, Options{
		Signals: []Signal{Traces}, Run: "r", Verify: true, Randomness: true,
	})
	f.Advance(5 * second)
	var counted stamp.Randomness
	values, high := map[pcommon.TraceID]uint64{}, 0
	for _, r := range f.Requests() {
		each(f.Traces(&r, epoch), func(_ pcommon.Map, _ string, span ptrace.Span) {
			rv, _, has, sampled := stamp.ReadState(span.TraceState().AsRaw())
			require.True(t, has && !sampled)
			if before, known := values[span.TraceID()]; known {
				require.Equal(t, before, rv)
			} else if rv >= 1<<55 {
				high++
			}
			values[span.TraceID()] = rv
			counted[stamp.PartOf(rv)]++
		})
	}
	assert.InDelta(t, len(values)/2, high, 5*35) // five times the standard deviation of 5,000 throws of a coin
	each(f.Traces(&f.EndMarkers(Traces)[0], epoch), func(_ pcommon.Map, _ string, span ptrace.Span) {
		says, intact, ok := stamp.ReadEnd(span.Attributes(), stamp.Span(span))
		require.True(t, intact && ok)
		require.Equal(t, &counted, says.Randomness)
	})
}
