// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const oddServices = `
- {name: a, instances: 2, runtime: {model: tokio}, arrivals: {process: poisson, rate: 200}, workload: api_gateway}
- {name: b, runtime: {model: smol}, arrivals: {process: poisson, rate: 100}, workload: api_gateway}
`

func oddFleet(t *testing.T, o *Odd, change func(*Options)) *Fleet {
	t.Helper()
	metrics := runtimemetrics.DefaultConfig()
	metrics.Interval = 1e9
	logs := DefaultLogsConfig()
	options := Options{Signals: []Signal{Traces, Metrics, Logs}, Metrics: &metrics, Logs: &logs, Run: "r", Verify: true, Content: true, TaskFields: true, Odd: o}
	if change != nil {
		change(&options)
	}
	return New(mustParse(t, oddServices), 1, options)
}

// built is a request as OTLP.
func built(t *testing.T, f *Fleet, r *Request) string {
	t.Helper()
	var otlp []byte
	var err error
	switch r.Signal {
	case Traces:
		otlp, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(f.Traces(r, epoch))
	case Metrics:
		otlp, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(f.Metrics(r, epoch))
	default:
		otlp, err = (&plog.ProtoMarshaler{}).MarshalLogs(f.Logs(r, epoch))
	}
	require.NoError(t, err)
	return string(otlp)
}

// playOdd plays a fleet to its end, and hands each request over.
func playOdd(f *Fleet, each func(*Request)) {
	for now := 100 * ms; now <= 9*second; now += 100 * ms {
		f.Advance(now)
		switch now {
		case 4 * second:
			f.StopArrivals()
		case 9 * second:
			f.End()
		}
		requests := f.Requests()
		f.Discard()
		for i := range requests {
			each(&requests[i])
		}
	}
}

// marker is what the end marker of the first process says.
func marker(t *testing.T, f *Fleet) *stamp.End {
	t.Helper()
	span := f.Traces(&f.EndMarkers(Traces)[0], epoch).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	says, intact, ok := stamp.ReadEnd(span.Attributes(), stamp.Span(span))
	require.True(t, intact && ok)
	return says
}

// TestOddBesideOrdinary: with odd items the ordinary ones are the same, byte for byte, and so is what end markers say of them. Of odd ones there is the share
// that was asked for, and each kind about as often.
func TestOddBesideOrdinary(t *testing.T) {
	var ordinary []string
	var numbered [signals]int
	plain := oddFleet(t, nil, nil)
	playOdd(plain, func(r *Request) {
		ordinary = append(ordinary, built(t, plain, r))
		numbered[r.Signal] += r.Items
	})
	f := oddFleet(t, &Odd{Share: 0.2, Kinds: odd.Kinds()}, nil)
	var same []string
	counts := map[string]uint64{}
	playOdd(f, func(r *Request) {
		if r.OddKind() == "" {
			same = append(same, built(t, f, r))
			return
		}
		first := built(t, f, r)
		assert.Equal(t, first, built(t, f, r), "built again")
		counts[r.OddKind()] += uint64(r.Items)
	})
	require.Equal(t, ordinary, same)
	says, before := marker(t, f), marker(t, plain)
	kinds := says.Odd
	says.Odd, says.Keys, before.Keys = nil, nil, nil
	assert.Equal(t, before, says)
	require.Len(t, kinds, len(odd.Kinds()))
	var sum [signals]int
	for _, k := range kinds {
		assert.Equal(t, counts[k.Name], k.Items, k.Name)
		assert.Zero(t, k.GivenUp)
		sum[k.Signal] += int(k.Items)
	}
	for s := range signals {
		assert.InDelta(t, 0.2*float64(numbered[s]), float64(sum[s]), 3, "%v: one less for each process at most", s)
		each := sum[s] / len(odd.Of(s))
		for _, k := range odd.Of(s) {
			assert.InDelta(t, each, int(counts[k.Name]), 3, k.Name)
		}
	}
}

// TestOddItems: each odd item says what it is and has its number, once; stamps come first, and are those of what was made. One shard sends what it would
// within the whole.
func TestOddItems(t *testing.T) {
	type item struct {
		source, kind string
		number       int64
	}
	seen := map[item]bool{}
	check := func(attributes pcommon.Map, kind string, checksum int64) {
		first := ""
		for key := range attributes.All() {
			first = key
			break
		}
		assert.Equal(t, semconv.StampRun, first)
		assert.Equal(t, kind, value(t, attributes, semconv.StampOdd).Str())
		assert.Equal(t, identityOf(t, attributes).Seal(checksum), value(t, attributes, semconv.StampChecksum).Int(), kind)
		assert.NotEmpty(t, value(t, attributes, semconv.StampContent).Bytes().AsRaw())
		it := item{value(t, attributes, semconv.StampSource).Str(), kind, value(t, attributes, semconv.StampSequence).Int()}
		assert.False(t, seen[it], "%v twice", it)
		seen[it] = true
	}
	all := &Odd{Share: 0.1, Kinds: odd.Kinds()}
	f := oddFleet(t, all, nil)
	whole := map[string]int{}
	play := func(f *Fleet, sent map[string]int, look bool) {
		playOdd(f, func(r *Request) {
			if r.OddKind() == "" {
				return
			}
			parts := []Request{*r}
			if r.Items > 1 {
				first, second := r.Cut(1)
				parts = []Request{first, second}
			}
			for i := range parts {
				sent[r.OddKind()] += parts[i].Items
				if !look {
					continue
				}
				switch r.Signal {
				case Traces:
					for _, rs := range f.Traces(&parts[i], epoch).ResourceSpans().All() {
						span := rs.ScopeSpans().At(0).Spans().At(0)
						check(span.Attributes(), r.OddKind(), stamp.Span(span))
					}
				case Logs:
					for _, rl := range f.Logs(&parts[i], epoch).ResourceLogs().All() {
						record := rl.ScopeLogs().At(0).LogRecords().At(0)
						check(record.Attributes(), r.OddKind(), stamp.Record(record))
					}
				}
			}
		})
	}
	play(f, whole, true)
	assert.Greater(t, len(seen), 500)
	shards := map[string]int{}
	for index := range 2 {
		play(oddFleet(t, all, func(o *Options) { o.Shard = Shard{Index: index, Total: 2} }), shards, false)
	}
	assert.Equal(t, whole, shards)
}

// TestOddRefused: what the pipeline refuses for good is counted as such, by kind, whether it was built before or not; ordinary items are not among it.
func TestOddRefused(t *testing.T) {
	f := oddFleet(t, &Odd{Share: 0.2, Kinds: odd.Of(Traces)}, nil)
	want := map[string]stamp.OddKind{}
	playOdd(f, func(r *Request) {
		if r.OddKind() == "" {
			built(t, f, r)
			return
		}
		n := uint64(r.Items)
		is := want[r.OddKind()]
		switch r.OddKind() {
		case "span.own_parent":
			built(t, f, r)
			f.Drop(r)
			is.GivenUp += n
		case "span.empty_name":
			f.Drop(r)
			is.GivenUp += n
		default:
			built(t, f, r)
			built(t, f, r)
			is.Items += n
		}
		want[r.OddKind()] = is
	})
	says := marker(t, f)
	for _, k := range says.Odd {
		expected := want[k.Name]
		expected.Name, expected.Signal = k.Name, k.Signal
		assert.Equal(t, expected, k)
	}
	assert.NotZero(t, want["span.own_parent"].GivenUp)
	assert.NotZero(t, want["span.empty_name"].GivenUp)
	assert.Zero(t, says.GivenUp)
	assert.Zero(t, says.Shard.GivenUp)
}
