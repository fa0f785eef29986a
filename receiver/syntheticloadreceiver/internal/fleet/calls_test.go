// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestTracesCrossServices: a request is one trace, from the service where it arrived to whom that calls and to the other runtime of
// the process; each span's parent is there, and began before it.
func TestTracesCrossServices(t *testing.T) {
	f := New(mustParse(t, `
- name: front
  instances: 2
  runtime: {model: tokio}
  runtimes: {small: {model: smol}}
  arrivals: {process: poisson, rate: 100}
  operations:
    - name: GET /
      steps:
        - run_on: {runtime: small, name: index, steps: [{call: {service: middle, operation: get, network: 1ms}}]}
        - spawn: {count: 2, name: fetch, steps: [{call: {service: middle, operation: get, network: 1ms}}]}
        - join
- name: middle
  runtime: {model: async_std}
  max_in_flight: 4
  operations: [{name: get, steps: [{call: {service: back, operation: read}}]}]
- name: back
  instances: 3
  runtime: {model: smol}
  operations: [{name: read, steps: [{io: 5ms}]}]
`), 1, sendSpans)
	f.Advance(10 * second)
	f.StopArrivals()
	f.Advance(20 * second)
	require.True(t, f.EndIdle())
	type found struct {
		span    ptrace.Span
		service string
		process string
	}
	traces := map[pcommon.TraceID]map[pcommon.SpanID]found{}
	each(sent(f), func(resource pcommon.Map, _ string, span ptrace.Span) {
		if traces[span.TraceID()] == nil {
			traces[span.TraceID()] = map[pcommon.SpanID]found{}
		}
		_, twice := traces[span.TraceID()][span.SpanID()]
		require.False(t, twice)
		traces[span.TraceID()][span.SpanID()] = found{
			span, value(t, resource, semconv.ServiceName).Str(), value(t, resource, semconv.ServiceInstanceID).Str(),
		}
		_, one := resource.Get(semconv.ProcessRuntimeName)
		assert.Equal(t, value(t, resource, semconv.ServiceName).Str() != "front", one, "of two runtimes none is the process's")
	})
	require.Len(t, traces, int(f.Arrivals()))
	calls, shed := 0, 0
	for _, spans := range traces {
		roots := 0
		for _, s := range spans {
			if s.span.ParentSpanID().IsEmpty() {
				roots++
				assert.Equal(t, "front", s.service)
				assert.Equal(t, ptrace.SpanKindServer, s.span.Kind())
				continue
			}
			parent, there := spans[s.span.ParentSpanID()]
			require.True(t, there, "%s of %s is an orphan", s.span.Name(), s.service)
			assert.LessOrEqual(t, parent.span.StartTimestamp(), s.span.StartTimestamp())
			switch {
			case parent.service != s.service:
				calls++
				assert.Equal(t, ptrace.SpanKindClient, parent.span.Kind())
				assert.Equal(t, ptrace.SpanKindServer, s.span.Kind())
				assert.Equal(t, s.service, value(t, parent.span.Attributes(), semconv.ServerAddress).Str())
				assert.GreaterOrEqual(t, parent.span.EndTimestamp(), s.span.EndTimestamp())
				if s.span.Status().Code() == ptrace.StatusCodeError {
					shed++
				}
			case s.span.Name() == "index":
				assert.Equal(t, "GET /", parent.span.Name())
				assert.Equal(t, parent.process, s.process, "in the process")
				assert.Greater(t, value(t, s.span.Attributes(), semconv.ThreadID).Int(), int64(threadsOfOthers)+1)
				assert.Equal(t, "smol-1", value(t, s.span.Attributes(), semconv.ThreadName).Str())
			default:
				assert.Equal(t, parent.process, s.process)
			}
		}
		assert.Equal(t, 1, roots)
	}
	assert.Greater(t, calls, 5*len(traces))
	assert.EqualValues(t, f.Shed(), shed)
	assert.Positive(t, shed, "some calls are turned away, and are in their trace too")
}
