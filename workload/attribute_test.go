// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// attribute parses the value of an attribute `key`.
func attribute(tb testing.TB, text string) any {
	tb.Helper()
	return mustFleet(tb, operation("attributes: {key: "+text+"}"))[0].Spans[0].Attributes[0].Value
}

// texts draws the attribute's values of n spans.
func texts(tb testing.TB, yaml string, n int) []string {
	tb.Helper()
	g, ok := attribute(tb, yaml).(workload.Texts)
	require.True(tb, ok)
	drawn := make([]string, n)
	for i := range drawn {
		drawn[i] = g.Text(workload.DrawsOf(sim.Rand(i), 0))
		require.Equal(tb, drawn[i], g.Text(workload.DrawsOf(sim.Rand(i), 0)), "the same draws, the same text")
	}
	return drawn
}

func counts(drawn []string) map[string]int {
	m := map[string]int{}
	for _, d := range drawn {
		m[d]++
	}
	return m
}

func TestCardinality(t *testing.T) {
	const n = 200_000
	drawn := counts(texts(t, "{cardinality: 10}", n))
	assert.Len(t, drawn, 10)
	for _, name := range []string{"key-1", "key-2", "key-10"} {
		assert.InDelta(t, n*0.1, drawn[name], 4*math.Sqrt(n*0.1*0.9), name)
	}
	drawn = counts(texts(t, "{cardinality: {count: 3, prefix: tenant }}", 100))
	for name := range drawn {
		assert.Contains(t, []string{"tenant1", "tenant2", "tenant3"}, name)
	}
	// Of a billion, a thousand draws do not meet, and most are not among the texts that are kept.
	assert.Len(t, counts(texts(t, "{cardinality: 1000000000}", 1000)), 1000)
	n2000 := slices.Sorted(func(yield func(string) bool) {
		for name := range counts(texts(t, "{cardinality: {count: 2000, prefix: x}}", 100_000)) {
			if !yield(name) {
				return
			}
		}
	})
	var want []string
	for i := range 2000 {
		want = append(want, "x"+strconv.Itoa(i+1))
	}
	slices.Sort(want)
	assert.Equal(t, want, n2000, "kept or not, each number has its text")
}

func TestZipfTexts(t *testing.T) {
	for name := range counts(texts(t, "{zipf: {count: 3, exponent: 1.1, prefix: t}}", 100)) {
		assert.Contains(t, []string{"t1", "t2", "t3"}, name)
	}
}

func TestUUIDs(t *testing.T) {
	drawn := texts(t, "{uuid: }", 1000)
	assert.Len(t, counts(drawn), len(drawn))
	for _, id := range drawn {
		require.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id)
	}
}

func TestPayload(t *testing.T) {
	for yaml, size := range map[string]int{
		"1B": 1, "15B": 15, "16B": 16, "17B": 17, "255B": 255, "256 B": 256, "257B": 257, "2KiB": 2048, "1024KiB": 1 << 20, "1MiB": 1 << 20,
	} {
		drawn := texts(t, "{payload: "+yaml+"}", 2)
		assert.Len(t, drawn[0], size)
		assert.Empty(t, strings.Trim(drawn[0], "abcdefghijklmnop"))
		if size > 1 {
			assert.NotEqual(t, drawn[0], drawn[1], yaml)
		}
		if size > 1000 { // each letter is as likely
			assert.InDelta(t, float64(size)/16, strings.Count(drawn[0], "a"), 4*math.Sqrt(float64(size)/16))
			assert.InDelta(t, float64(size)/16, strings.Count(drawn[0], "p"), 4*math.Sqrt(float64(size)/16))
		}
	}
}

func TestIntegers(t *testing.T) {
	const n = 100_000
	for yaml, want := range map[string]struct{ low, high int64 }{
		"{uniform: {min: 1, max: 100}}":                                        {1, 100},
		"{uniform: {min: -3, max: -3}}":                                        {-3, -3},
		"{uniform: {min: -9223372036854775808, max: 9223372036854775807}}":     {math.MinInt64, math.MaxInt64},
		"{uniform: {min: 9223372036854775807, max: 9223372036854775807}}":      {math.MaxInt64, math.MaxInt64},
		"{uniform: {min: -9223372036854775808, max: -9223372036854775807}}":    {math.MinInt64, math.MinInt64 + 1},
		"{uniform: {min: 0, max: 9223372036854775807}}":                        {0, math.MaxInt64},
		"{uniform: {min: -9223372036854775808, max: 9223372036854775806}}":     {math.MinInt64, math.MaxInt64 - 1},
		"{uniform: {min: 4611686018427387904, max: 9223372036854775807     }}": {1 << 62, math.MaxInt64},
	} {
		g, ok := attribute(t, yaml).(workload.Integers)
		require.True(t, ok)
		lower := 0
		seen := map[int64]bool{}
		for i := range n {
			x := g.Integer(workload.DrawsOf(sim.Rand(i), 0))
			require.True(t, x >= want.low && x <= want.high, "%s: %d", yaml, x)
			if uint64(x)-uint64(want.low) <= (uint64(want.high)-uint64(want.low))/2 {
				lower++
			}
			seen[x] = true
		}
		if want.low < want.high {
			assert.InDelta(t, n/2, lower, 4*math.Sqrt(n)/2, yaml)
		}
		if width := uint64(want.high) - uint64(want.low); width < 1000 {
			assert.Len(t, seen, int(width)+1, yaml)
		}
	}
}

// TestDrawsAreApart: attributes of one span, and one attribute of two spans, labels or events, draw independently.
func TestDrawsAreApart(t *testing.T) {
	d := workload.DrawsOf(5, 1)
	assert.NotEqual(t, workload.NewUUID("a").Text(d), workload.NewUUID("b").Text(d))
	seen := map[string]bool{}
	for _, d := range []workload.Draws{d, workload.DrawsOf(6, 1), workload.DrawsOf(5, 2), workload.DrawsOfEvent(5, 1), workload.DrawsOfEvent(5, 2)} {
		id := workload.NewUUID("a").Text(d)
		assert.False(t, seen[id])
		seen[id] = true
	}
}

func TestDrawsAllocateTheirStringAlone(t *testing.T) {
	for yaml, want := range map[string]float64{
		"{cardinality: 1024}":                         0,
		"{zipf: {count: 1000, exponent: 1}}":          0,
		"{uuid: }":                                    1,
		"{payload: 2KiB}":                             1,
		"{cardinality: {count: 1000000000}}":          1,
		"{zipf: {count: 1000000000, exponent: 0.01}}": 1,
	} {
		g, ok := attribute(t, yaml).(workload.Texts)
		require.True(t, ok)
		d := workload.Draws(1)
		assert.InDelta(t, want, testing.AllocsPerRun(100, func() {
			d++
			_ = g.Text(d)
		}), 0, yaml)
	}
}

func TestMerge(t *testing.T) {
	a := []workload.Attribute{{"b", "old"}, {"d", int64(1)}}
	assert.Equal(t, []workload.Attribute{{"a", true}, {"b", "new"}, {"d", int64(1)}, {"e", "x"}},
		workload.Merge(a, []workload.Attribute{{"a", true}, {"b", "new"}, {"e", "x"}}))
	assert.Equal(t, []workload.Attribute{{"b", "old"}, {"d", int64(1)}}, a, "untouched")
	assert.Empty(t, workload.Merge(nil, nil))
}

func TestErrors(t *testing.T) {
	const n = 200_000
	for yaml, want := range map[string]struct {
		rate       float64
		message    string
		attributes []workload.Attribute
	}{
		"{rate: 0.02}": {0.02, "", []workload.Attribute{{semconv.ErrorType, semconv.ErrorTypeOther}}},
		"{rate: 1, message: upstream reset, attributes: {z: 1, http.response.status_code: 502}}": {
			1, "upstream reset", []workload.Attribute{{semconv.ErrorType, "502"}, {"http.response.status_code", int64(502)}, {"z", int64(1)}},
		},
		"{rate: 0, attributes: {rpc.response.status_code: UNAVAILABLE}}": {
			0, "", []workload.Attribute{{semconv.ErrorType, "UNAVAILABLE"}, {"rpc.response.status_code", "UNAVAILABLE"}},
		},
		"{rate: 0.5, attributes: {error.type: reset, http.response.status_code: 502}}": {
			0.5, "", []workload.Attribute{{semconv.ErrorType, "reset"}, {"http.response.status_code", int64(502)}},
		},
	} {
		e := mustFleet(t, operation("errors: "+yaml))[0].Spans[0].Errors
		assert.Equal(t, want.attributes, e.Carried())
		assert.Equal(t, want.message, e.Message)
		fails := 0
		for i := range n {
			if e.Fails(workload.DrawsOf(sim.Rand(i), 0)) {
				fails++
			}
		}
		assert.InDelta(t, want.rate*n, fails, 4*math.Sqrt(n*want.rate*(1-want.rate)))
	}
}

// TestDescriptions: an operation, a span, a named spawn and a call are described in the same words.
func TestDescriptions(t *testing.T) {
	const words = "kind: client, attributes: {a: 1}, errors: {rate: 0.1}, links: {operation: publish, count: 3}"
	s := mustFleet(t, `
- name: a
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 1}
  operations:
    - name: op
      steps:
        - span: {name: s, `+words+`, steps: [yield]}
        - spawn: {name: t, `+words+`, steps: [yield]}
        - call: {service: b, operation: get, `+strings.TrimPrefix(words, "kind: client, ")+`}
        - join
        - span: {name: publish, steps: [yield]}
      `+strings.NewReplacer("client, ", "client\n      ", "}, ", "}\n      ").Replace(words)+`
- name: b
  runtime: {model: smol}
  operations: [{name: get, steps: [yield]}]
`)[0]
	require.Len(t, s.Spans, 5)
	for i, name := range []string{"op", "s", "t", "get"} {
		want := workload.Span{
			Name: name, Kind: workload.Client, Attributes: []workload.Attribute{{"a", int64(1)}},
			Errors: &workload.Errors{Rate: 0.1},
			Links:  &workload.Links{Name: "publish", Count: 3},
		}
		if name == "get" {
			want.Attributes = append(want.Attributes, workload.Attribute{semconv.ServerAddress, "b"})
		}
		assert.Equal(t, want, s.Spans[i])
	}
	assert.Equal(t, workload.Span{Name: "publish", Kind: workload.Internal}, s.Spans[4])
}

func TestPayloadRate(t *testing.T) {
	s := mustFleet(t, `
- name: a
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 10}
  operations:
    - name: big
      weight: 3
      attributes: {body: {payload: 100B}, id: {uuid: }}
      errors: {rate: 0.5, attributes: {dump: {payload: 40B}}}
      steps:
        - spawn: {count: 5, name: part, attributes: {chunk: {payload: 7B}}, steps: [{event: {name: e, attributes: {x: {payload: 1B}}}}]}
        - join
        - span: {name: inner, attributes: {y: {payload: 2B}}, steps: [yield]}
    - {name: small, steps: [yield]}
`)[0]
	assert.InDelta(t, 10*0.75*(100+0.5*40+5*(7+1)+2), s.PayloadRate(), 1e-9)
}

// BenchmarkGenerators draws one value.
func BenchmarkGenerators(b *testing.B) {
	for _, yaml := range []string{
		"{cardinality: 1000}", "{cardinality: 1000000}", "{zipf: {count: 1000, exponent: 1.1}}", "{zipf: {count: 1000000000, exponent: 1}}",
		"{uuid: }", "{payload: 64B}", "{payload: 2KiB}", "{payload: 1MiB}", "{uniform: {min: 1, max: 100}}",
	} {
		b.Run(yaml, func(b *testing.B) {
			b.ReportAllocs()
			d, sum := workload.Draws(0), 0
			switch g := attribute(b, yaml).(type) {
			case workload.Texts:
				for b.Loop() {
					d++
					sum += len(g.Text(d))
				}
			case workload.Integers:
				for b.Loop() {
					d++
					sum += int(g.Integer(d))
				}
			}
			require.Positive(b, sum)
		})
	}
}
