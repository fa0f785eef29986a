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

// TestPollEvents: a span of a chosen trace lists its polls, which add up to its fields; traces are chosen whole, over services.
func TestPollEvents(t *testing.T) {
	const yaml = `
- name: front
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 200}
  operations:
    - name: GET /
      steps:
        - compute: 10us
        - spawn: {count: 3, name: fetch, steps: [{io: 1ms}, {compute: 20us}]}
        - join
        - event: done
        - call: {service: back, operation: get}
    - {name: GET /stream, weight: 0.1, steps: [{spawn: {name: items, steps: [`
	const yields = `yield, yield, yield, yield, yield, yield, yield, yield, yield, yield, `
	rest := `yield]}}, join]}
- {name: back, runtime: {model: smol}, operations: [{name: get, steps: [{io: 1ms}, {compute: 5us}]}]}
`
	services := mustParse(t, yaml+yields+yields+yields+yields+yields+yields+yields+yields+yields+yields+yields+yields+yields+yields+rest)
	for _, share := range []float64{0.25, 1} {
		options := sendSpans
		options.PollEvents = share
		f := New(services, 1, options)
		f.Advance(5 * second)
		f.StopArrivals()
		f.Advance(6 * second)
		require.True(t, f.EndIdle())
		chosen := map[pcommon.TraceID]bool{}
		cut := 0
		each(sent(f), func(_ pcommon.Map, _ string, span ptrace.Span) {
			a := span.Attributes()
			count, task := a.Get(semconv.PollCount)
			if !task {
				return // inside a task
			}
			polls, dropped := int64(0), int64(span.DroppedEventsCount())
			var waited, busy, longest int64
			for _, e := range span.Events().All() {
				if e.Name() != semconv.EventPoll {
					continue
				}
				polls++
				waited += value(t, e.Attributes(), semconv.ScheduledNs).Int()
				length := value(t, e.Attributes(), semconv.BusyNs).Int()
				busy += length
				longest = max(longest, length)
				assert.GreaterOrEqual(t, e.Timestamp(), span.StartTimestamp())
				assert.LessOrEqual(t, e.Timestamp(), span.EndTimestamp())
			}
			if before, known := chosen[span.TraceID()]; known {
				require.Equal(t, before, polls > 0, "a trace is chosen whole")
			}
			chosen[span.TraceID()] = polls > 0
			switch {
			case polls == 0:
			case dropped > 0:
				cut++
				assert.Equal(t, mostEvents, span.Events().Len())
				assert.Equal(t, count.Int(), polls+dropped)
			default:
				assert.Equal(t, count.Int(), polls)
				assert.Equal(t, value(t, a, semconv.ScheduledNs).Int(), waited)
				assert.Equal(t, value(t, a, semconv.BusyNs).Int(), busy)
				assert.Equal(t, value(t, a, semconv.LongestPollNs).Int(), longest)
			}
		})
		with := 0
		for _, has := range chosen {
			if has {
				with++
			}
		}
		assert.InDelta(t, share, float64(with)/float64(len(chosen)), 0.06)
		assert.Positive(t, cut, "some spans have more polls than events fit")
		assert.Empty(t, f.processes[0].events, "nothing is kept of spans that have ended")
	}
}
