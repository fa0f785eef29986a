// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestStamps: each source numbers its items without a gap, over many requests, its end marker tells how many there were,
// and the checksum is that of what was sent.
func TestStamps(t *testing.T) {
	options := sendSpans
	options.Run, options.Verify = "run-1", true
	f := New(mustParse(t, `
- {name: a, instances: 2, runtime: {model: tokio}, arrivals: {process: poisson, rate: 300}, workload: api_gateway}
- {name: b, runtime: {model: smol}, arrivals: {process: poisson, rate: 300}, workload: api_gateway}
`), 1, options)
	next := map[string]int64{}
	check := func(r Request) {
		each(f.Traces(&r, epoch), func(resource pcommon.Map, _ string, span ptrace.Span) {
			a := span.Attributes()
			source := value(t, a, semconv.StampSource).Str()
			assert.Equal(t, "run-1", value(t, a, semconv.StampRun).Str())
			assert.Equal(t, value(t, resource, semconv.ServiceInstanceID).Str(), source)
			if span.Name() == stamp.EndMarker {
				_, intact, ok := stamp.ReadEnd(a, stamp.Span(span))
				assert.True(t, intact && ok)
				assert.Equal(t, next[source], value(t, a, semconv.StampTotal).Int())
				assert.Zero(t, value(t, a, semconv.StampDropped).Int())
				return
			}
			assert.Equal(t, identityOf(t, a).Seal(stamp.Span(span)), value(t, a, semconv.StampChecksum).Int())
			assert.Equal(t, next[source], value(t, a, semconv.StampSequence).Int())
			next[source]++
		})
	}
	for now := 100 * ms; now <= 20*second; now += 100 * ms {
		f.Advance(now)
		if now == 18*second {
			f.StopArrivals()
		}
		if now > 18*second {
			f.EndIdle()
		}
		for _, r := range f.Requests() {
			check(r)
		}
		f.Discard()
	}
	require.Len(t, next, 3)
	markers := f.EndMarkers(Traces)
	require.Len(t, markers, 1)
	assert.Equal(t, 3, markers[0].Items)
	check(markers[0])
}

// identityOf is that of an item by its attributes, each of which is part of it.
func identityOf(t *testing.T, a pcommon.Map) stamp.Identity {
	t.Helper()
	of := func(key string) int64 {
		v, found := a.Get(key)
		if !found {
			return 0
		}
		return v.Int()
	}
	_, numbered := a.Get(semconv.StampTraceSpan)
	_, root := a.Get(semconv.StampTraceRoot)
	_, past := a.Get(semconv.StampPast)
	m := stamp.Mark{
		Sequence: uint64(of(semconv.StampSequence)), Class: uint32(of(semconv.StampClass)), TraceClass: uint32(of(semconv.StampTraceClass)),
		TraceSpan: uint32(of(semconv.StampTraceSpan)), Numbered: numbered, Root: root, Past: past, Skew: of(semconv.StampClockSkew),
	}
	if odd, found := a.Get(semconv.StampOdd); found {
		m.Odd = odd.Str()
	}
	return m.Of(stamp.SourceOf(value(t, a, semconv.StampRun).Str(), value(t, a, semconv.StampSource).Str()))
}

// TestGivenUp: end markers tell what the pipeline did not take.
func TestGivenUp(t *testing.T) {
	options := sendSpans
	options.Run, options.Verify = "run-1", true
	f := New(mustParse(t, `- {name: a, runtime: {model: smol}, arrivals: {process: constant, rate: 100}, workload: spawn_benchmark}`), 1, options)
	f.Advance(second)
	r := f.Requests()[0]
	f.Drop(&r)
	f.Discard()
	each(f.Traces(&f.EndMarkers(Traces)[0], epoch), func(_ pcommon.Map, _ string, span ptrace.Span) {
		assert.EqualValues(t, r.Items, value(t, span.Attributes(), semconv.StampDropped).Int())
		assert.EqualValues(t, r.Items, value(t, span.Attributes(), semconv.StampTotal).Int())
		assert.EqualValues(t, 1, value(t, span.Attributes(), semconv.StampSources).Int())
		assert.Equal(t, []any{"traces"}, value(t, span.Attributes(), semconv.StampSignals).Slice().AsRaw())
	})
	assert.Empty(t, New(nil, 1, sendSpans).EndMarkers(Traces), "without verify")
}

// TestShardsAreTheWhole: the union of all shards' spans is what one Collector sends, whoever calls whom.
func TestShardsAreTheWhole(t *testing.T) {
	services := mustParse(t, `
- {name: alone, instances: 3, runtime: {model: tokio}, arrivals: {process: poisson, rate: 100}, workload: api_gateway}
- name: front
  instances: 2
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 100}
  operations: [{name: GET /, steps: [{compute: 10us}, {call: {service: back, operation: get, network: 1ms}}]}]
- name: back
  instances: 3
  runtime: {model: async_std}
  operations: [{name: get, steps: [{io: 1ms}]}]
`)
	spans := func(s Shard) (all []ptrace.Span, slice time.Duration) {
		options := sendSpans
		options.Shard, options.Run, options.Verify = s, "run", true
		f := New(services, 1, options)
		f.Advance(5 * second)
		f.StopArrivals()
		f.Advance(6 * second)
		require.True(t, f.EndIdle())
		each(sent(f), func(_ pcommon.Map, _ string, span ptrace.Span) { all = append(all, span) })
		return all, f.SliceLength().Duration()
	}
	whole, slice := spans(Shard{})
	for _, total := range []int{2, 3, 8} {
		var union []ptrace.Span
		for index := range total {
			part, partSlice := spans(Shard{index, total})
			assert.NotEmpty(t, part)
			assert.Less(t, len(part), len(whole))
			assert.Equal(t, slice, partSlice)
			union = append(union, part...)
		}
		assert.ElementsMatch(t, ids(whole), ids(union), "%d shards", total)
	}
}

// ids tells spans apart: the checksum is over all that identifies them and their times.
func ids(spans []ptrace.Span) (all []int64) {
	for _, s := range spans {
		all = append(all, stamp.Span(s))
	}
	return all
}

// TestStampsOfPointsAndRecords: data points and log records are numbered and summed like spans, each signal apart, whether their
// requests are merged or not.
func TestStampsOfPointsAndRecords(t *testing.T) {
	for _, separate := range []bool{false, true} {
		o := newSignals(mixed(t), nil).options
		o.Run, o.Verify, o.Separate = "run-1", true, separate
		f := New(mixed(t), 1, o)
		numbers := map[string][]bool{} // by source and signal: which came
		totals := map[string]int64{}
		check := func(signal, name string, attributes pcommon.Map, checksum int64) {
			source := signal + " " + value(t, attributes, semconv.StampSource).Str()
			assert.Equal(t, "run-1", value(t, attributes, semconv.StampRun).Str())
			if name == stamp.EndMarker {
				_, intact, ok := stamp.ReadEnd(attributes, checksum)
				assert.True(t, intact && ok)
				totals[source] = value(t, attributes, semconv.StampTotal).Int()
				return
			}
			assert.Equal(t, identityOf(t, attributes).Seal(checksum), value(t, attributes, semconv.StampChecksum).Int(), name)
			n := int(value(t, attributes, semconv.StampSequence).Int())
			for len(numbers[source]) <= n {
				numbers[source] = append(numbers[source], false)
			}
			assert.False(t, numbers[source][n], "%s twice: %d", source, n)
			numbers[source][n] = true
		}
		take := func(requests []Request) {
			for _, r := range requests {
				switch r.Signal {
				case Metrics:
					eachMetric(f.Metrics(&r, epoch), func(_ pcommon.Map, m pmetric.Metric) {
						if m.Type() == pmetric.MetricTypeExponentialHistogram {
							for _, p := range m.ExponentialHistogram().DataPoints().All() {
								check("metrics", m.Name(), p.Attributes(), stamp.ExponentialPoint(m.Name(), p))
							}
							return
						}
						for _, p := range numberPoints(m).All() {
							check("metrics", m.Name(), p.Attributes(), stamp.NumberPoint(m.Name(), p))
						}
					})
				case Logs:
					eachLog(f.Logs(&r, epoch), func(_ pcommon.Map, _ string, record plog.LogRecord) {
						check("logs", record.Body().Str(), record.Attributes(), stamp.Record(record))
					})
				default:
				}
			}
		}
		for now := sim.Time(0); now < stop; now += 100 * ms {
			f.Advance(now)
			take(f.Requests())
			f.Discard()
		}
		playAll(f)
		take(f.Requests())
		f.Discard()
		take(f.EndMarkers(Metrics, Logs))
		require.Len(t, numbers, 2*14)
		require.Len(t, totals, 2*14)
		for source, came := range numbers {
			assert.NotContains(t, came, false, source)
			assert.EqualValues(t, len(came), totals[source])
		}
	}
}
