// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// arrived counts what a fleet's requests hold as one at the far end would: by the times in the pdata. It also keeps what markers said.
type arrived struct {
	lines   [signals]timeline.Timeline
	bySpan  map[pcommon.TraceID]int
	markers []*stamp.End
	numbers map[string]bool // "signal source number" of each item
}

func (a *arrived) note(t *testing.T, s Signal, at pcommon.Timestamp, attributes pcommon.Map, checksum int64) {
	t.Helper()
	if _, ends := attributes.Get(semconv.StampTotal); ends {
		says, intact, ok := stamp.ReadEnd(attributes, checksum)
		require.True(t, intact && ok)
		a.givenUpIsTheRest(t, s, value(t, attributes, semconv.StampSource).Str(), &says.Process[s])
		a.markers = append(a.markers, says)
		return
	}
	a.lines[s].Add(int64(at), 1)
	if a.numbers == nil {
		a.numbers = map[string]bool{}
	}
	a.numbers[fmt.Sprint(s, value(t, attributes, semconv.StampSource).Str(), value(t, attributes, semconv.StampSequence).Int())] = true
}

// givenUpIsTheRest: the numbers that a marker says were given up are those that have not arrived.
func (a *arrived) givenUpIsTheRest(t *testing.T, s Signal, source string, says *stamp.Totals) {
	t.Helper()
	refused, known := says.RefusedRanges()
	require.True(t, known)
	missing := make([]uint64, 0, says.GivenUp)
	for n := range says.Numbered {
		if !a.numbers[fmt.Sprint(s, source, n)] {
			missing = append(missing, n)
		}
	}
	got := make([]uint64, 0, says.GivenUp)
	for _, of := range refused {
		for n := of.First; n < of.End; n++ {
			got = append(got, n)
		}
	}
	require.Equal(t, missing, got)
}

func (a *arrived) take(t *testing.T, f *Fleet, r *Request) {
	t.Helper()
	switch r.Signal {
	case Traces:
		each(f.Traces(r, epoch), func(_ pcommon.Map, _ string, span ptrace.Span) {
			a.note(t, Traces, span.EndTimestamp(), span.Attributes(), stamp.Span(span))
			a.bySpan[span.TraceID()]++
		})
	case Metrics:
		eachMetric(f.Metrics(r, epoch), func(_ pcommon.Map, m pmetric.Metric) {
			if m.Type() == pmetric.MetricTypeExponentialHistogram {
				for _, p := range m.ExponentialHistogram().DataPoints().All() {
					a.note(t, Metrics, p.Timestamp(), p.Attributes(), 0)
				}
				return
			}
			for _, p := range numberPoints(m).All() {
				a.note(t, Metrics, p.Timestamp(), p.Attributes(), stamp.NumberPoint(m.Name(), p))
			}
		})
	default:
		eachLog(f.Logs(r, epoch), func(_ pcommon.Map, _ string, record plog.LogRecord) {
			a.note(t, Logs, record.Timestamp(), record.Attributes(), stamp.Record(record))
		})
	}
}

// TestShardIsWhatArrives: the end markers of every signal tell, window by window, what the shard sent of all signals: each request once,
// however often it was built, and none that was given up.
func TestShardIsWhatArrives(t *testing.T) {
	for _, separate := range []bool{false, true} {
		o := newSignals(mixed(t), nil).options
		o.Run, o.Verify, o.Separate, o.Signals = "run-1", true, separate, []Signal{Traces, Metrics, Logs}
		f := New(mixed(t), 1, o)
		got := arrived{bySpan: map[pcommon.TraceID]int{}}
		var givenUp [signals]uint64
		n := 0
		take := func(requests []Request) {
			for i := range requests {
				r := &requests[i]
				n++
				switch n % 10 {
				case 0: // refused for good when it has been built
					(&arrived{bySpan: map[pcommon.TraceID]int{}}).take(t, f, r)
					f.Drop(r)
					givenUp[r.Signal] += uint64(r.Items)
				case 5: // not even built
					f.Drop(r)
					givenUp[r.Signal] += uint64(r.Items)
				case 7: // too large when it was built
					if r.Items == 1 {
						got.take(t, f, r)
						break
					}
					(&arrived{bySpan: map[pcommon.TraceID]int{}}).take(t, f, r)
					first, second := r.Cut(r.Items / 2)
					got.take(t, f, &first)
					if second.Items > 0 {
						f.Drop(&second)
						givenUp[r.Signal] += uint64(second.Items)
					}
				default:
					if n%3 == 0 { // the first attempt was refused
						(&arrived{bySpan: map[pcommon.TraceID]int{}}).take(t, f, r)
					}
					got.take(t, f, r)
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
		require.NotZero(t, givenUp[Traces])

		for _, r := range f.EndMarkers(Traces, Metrics, Logs) {
			got.take(t, f, &r)
		}
		require.Len(t, got.markers, 3*len(f.processes))
		squares := 0.0
		for _, size := range got.bySpan {
			squares += float64(size * size)
		}
		for i, m := range got.markers {
			require.NotNil(t, m.Shard, "there are fewer processes than carriers")
			assert.EqualValues(t, len(f.processes), m.Sources)
			assert.Equal(t, []uint64{0, 1}, []uint64{m.Shard.Index, m.Shard.Total})
			own := m.Process[i/len(f.processes)]
			assert.Equal(t, []uint64{m.Total, m.GivenUp}, []uint64{own.Numbered, own.GivenUp})
		}
		shard := got.markers[0].Shard
		for s := range signals {
			windows := timeline.Compare(&shard.Offered[s], &got.lines[s])
			require.NotEmpty(t, windows)
			var spread timeline.Spread
			for _, w := range windows {
				assert.Equal(t, w.Received, w.Sent, "signal %d at %d", s, w.From)
				spread.Merge(&w.Spread)
			}
			assert.Equal(t, givenUp[s], shard.GivenUp[s])
			if s == Traces {
				assert.InDelta(t, 1, spread.Squares()/squares, 1, "the relative standard deviation is 0.35")
			}
		}
	}
}

// TestSpreadsOfShards: the parts of a trace that different shards send have one cluster.
func TestSpreadsOfShards(t *testing.T) {
	spread := func(index, total int) (all timeline.Spread) {
		o := sendSpans
		o.Run, o.Verify, o.Shard = "run", true, Shard{index, total}
		f := New(mixed(t), 1, o)
		f.Advance(5 * second)
		for _, r := range f.Requests() {
			f.Traces(&r, epoch)
		}
		for _, w := range timeline.Compare(&f.ledger.offered[Traces], &timeline.Timeline{}) {
			all.Merge(&w.Spread)
		}
		return all
	}
	var sum timeline.Spread
	for index := range 3 {
		part := spread(index, 3)
		sum.Merge(&part)
	}
	assert.Equal(t, spread(0, 1), sum)
}

// BenchmarkLedger is what a span costs to be entered.
func BenchmarkLedger(b *testing.B) {
	o := sendSpans
	o.Run = "run"
	services, err := spec.Decode([]any{map[string]any{
		"name": "gateway", "runtime": map[string]any{"model": "tokio"},
		"arrivals": map[string]any{"process": "poisson", "rate": 1000}, "workload": "api_gateway",
	}})
	require.NoError(b, err)
	f := New(services, 1, o)
	f.Advance(5 * second)
	r := f.Requests()[0]
	r.noted = epoch
	b.ReportAllocs()
	spans := 0
	for b.Loop() {
		f.enter(&r, 1)
		spans += r.Items
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
}
