// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// lateFleet has a service that exports each item by itself, one that batches, and one that is never late.
const lateFleet = `
- name: simple
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 200}
  export: {processor: simple, late: {share: 0.25, by: {uniform: {min: 50ms, max: 900ms}}}}
  operations: [{name: op, links: {operation: op, count: 2}, steps: [{event: e}, {compute: 10us}]}]
- name: batch
  instances: 2
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 400}
  export: {schedule_delay: 20ms, late: {share: 0.3, by: 300ms}}
  operations: [{name: op, steps: [{event: e}, {compute: 10us}]}]
- name: punctual
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 400}
  export: {schedule_delay: 20ms}
  operations: [{name: op, steps: [{compute: 10us}]}]
`

// cameAt is when a span was handed on, and in what order.
type cameAt struct {
	slice  sim.Time
	place  int
	span   string // all that it has but its number, which its place decides
	end    pcommon.Timestamp
	source string
	number int64
}

// playLate plays for two seconds, slice by slice, and then until nothing is on the way any more. It tells of each span when it came.
func playLate(t *testing.T, services string, o Options) (came map[spanID]cameAt, waited bool) {
	t.Helper()
	o.Signals, o.Verify, o.Run = []Signal{Traces, Metrics, Logs}, true, "run"
	metrics, logs := runtimemetrics.DefaultConfig(), DefaultLogsConfig()
	metrics.Interval = 100 * time.Millisecond
	o.Metrics, o.Logs = &metrics, &logs
	f := New(mustParse(t, services), 1, o)
	came = map[spanID]cameAt{}
	var free [][]Request
	slice := func(now sim.Time) {
		requests := f.Requests()
		require.Len(t, f.Requests(), len(requests), "asked again it is the same")
		f.Discard()
		waited = waited || f.Waiting() > 0
		for _, w := range f.late.waiting {
			it := w.parts[0]
			require.LessOrEqual(t, max(cap(it.spans.list), cap(it.records)), 2*it.count+8, "it keeps nothing but itself")
		}
		for i := range requests {
			r := &requests[i]
			switch r.Signal {
			case Traces:
				td := f.Traces(r, epoch)
				require.Equal(t, r.Items, td.SpanCount())
				each(td, func(_ pcommon.Map, _ string, span ptrace.Span) {
					id := spanID{span.TraceID(), span.SpanID()}
					require.NotContains(t, came, id, "none comes twice")
					number, source := value(t, span.Attributes(), semconv.StampSequence).Int(), value(t, span.Attributes(), semconv.StampSource).Str()
					span.Attributes().Remove(semconv.StampSequence)
					span.Attributes().Remove(semconv.StampChecksum) // is of the number, too
					one := ptrace.NewTraces()
					span.CopyTo(one.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty())
					text, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(one)
					require.NoError(t, err)
					came[id] = cameAt{now, len(came), string(text), span.EndTimestamp(), source, number}
				})
			case Metrics:
				require.Equal(t, r.Items, f.Metrics(r, epoch).DataPointCount())
			default:
				require.Equal(t, r.Items, f.Logs(r, epoch).LogRecordCount())
			}
		}
		free = append(free, requests)
		if len(free) > 2 { // as the receiver does: lists are used again while others wait
			f.Recycle(free[0])
			free = free[1:]
		}
	}
	const length = sim.Time(10 * time.Millisecond)
	now := sim.Time(0)
	for now < 2*second {
		now += length
		f.Advance(now)
		slice(now)
	}
	f.StopArrivals()
	for !f.EndIdle() {
		now += length
		f.Advance(now)
		slice(now)
	}
	slice(now)
	for f.Waiting() > 0 {
		now += length
		f.Advance(now)
		slice(now)
	}
	for s := range signals {
		if !f.late.some {
			break
		}
		sent := uint64(0)
		for _, p := range f.processes {
			require.Equal(t, p.exporters[s].numbered(), p.handed[s], "all are numbered")
			sent += p.handed[s]
		}
		require.Positive(t, sent, s)
	}
	return came, waited
}

// TestLateExports: what is late is what would have come, as it would have been, later by what was drawn; what is not late comes when it would
// have. Each source's items are numbered in the order in which they come.
func TestLateExports(t *testing.T) {
	for name, separate := range map[string]bool{"merged": false, "separate": true} {
		t.Run(name, func(t *testing.T) {
			o := Options{Separate: separate, TaskFields: true}
			without := regexp.MustCompile(`(?m), late: .*$`).ReplaceAllString(lateFleet, "}")
			punctual, waited := playLate(t, without, o)
			require.False(t, waited)
			came, waited := playLate(t, lateFleet, o)
			require.True(t, waited)
			require.Len(t, came, len(punctual))

			late, next := map[string]int{}, map[string]int64{}
			inOrder := slices.SortedFunc(maps.Values(came), func(a, b cameAt) int { return a.place - b.place })
			for _, c := range inOrder {
				require.Equal(t, next[c.source], c.number, "numbers go by the order of arrival")
				next[c.source]++
			}
			all := map[string]int{}
			for id, was := range punctual {
				c := came[id]
				require.Equal(t, was.span, c.span)
				all[c.source]++
				if c.slice == was.slice {
					continue
				}
				late[c.source]++
				delay := c.slice - was.slice
				require.Greater(t, delay, sim.Time(0))
				require.LessOrEqual(t, delay, sim.Time(910*time.Millisecond))
			}
			require.Len(t, all, 4)
			for source, n := range all {
				if late[source] > 0 {
					assert.InDelta(t, 0.275, float64(late[source])/float64(n), 0.12, "%s: share of %d spans that are late", source, n)
				}
			}
			assert.Len(t, late, 3, "all but the punctual one")
		})
	}
}

// TestReleasedIsNoLongerLate: what would come after the run's end comes with its last slice.
func TestReleasedIsNoLongerLate(t *testing.T) {
	f := New(mustParse(t, `
- name: a
  runtime: {model: smol}
  arrivals: {process: constant, rate: 100}
  export: {processor: simple, late: {share: 1, by: 1h}}
  operations: [{name: op, steps: [{compute: 1us}]}]
`), 1, sendSpans)
	f.Advance(second)
	require.Zero(t, sent(f).SpanCount())
	f.Discard()
	require.Equal(t, 99, f.Waiting())
	f.Advance(2 * second)
	require.Zero(t, exported(f).SpanCount())
	f.Release()
	require.Equal(t, 199, sent(f).SpanCount())
	f.Discard()
	require.Zero(t, f.Waiting())
	require.Zero(t, sent(f).SpanCount())
}

// TestLateShardsAdd: which exports are late does not depend on who sends what else.
func TestLateShardsAdd(t *testing.T) {
	whole, _ := playLate(t, lateFleet, Options{})
	together := map[spanID]cameAt{}
	for index := range 2 {
		part, _ := playLate(t, lateFleet, Options{Shard: Shard{index, 2}})
		maps.Copy(together, part)
	}
	require.Len(t, together, len(whole))
	for id, c := range whole {
		c.place = 0
		of := together[id]
		of.place = 0
		require.Equal(t, c, of)
	}
}
