// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// made is a trial of a second in which a span cost each role so many microseconds. Verifiers took some spans a second.
func made(p plan, repeat int, rate, generators, gateways, verifiers float64) trial {
	of := func(us, peak float64, n int) usage {
		u := usage{CPU: us * rate / 1e6, Spans: rate, Written: 100 * rate, Peak: peak}
		for range n {
			u.Shares = append(u.Shares, 1/float64(n))
		}
		return u
	}
	return trial{
		Plan: p, Repeat: repeat, Seconds: 1,
		Roles: [roles]usage{of(generators, 70e6, p.Shape[generator]), of(gateways, 80e6, p.Shape[gateway]), of(verifiers, 90e6, p.Shape[verifier])},
		Judge: judgement{States: []float64{1000, 2000}, MergeCPU: 0.5, MergePeak: 3e6},
	}
}

var four = plan{shape{4, 4, 4}, shipped}

func example() *measurement {
	return &measurement{Rate: 1000, Window: 1, Trials: []trial{
		made(plan{base, shipped}, 0, 20_000, 10, 12, 7), made(four, 0, 40_000, 11, 12, 7),
		made(plan{base, shipped}, 1, 10_000, 20, 24, 14), made(four, 1, 20_000, 24, 24, 14), // a slower machine
	}}
}

func TestSpread(t *testing.T) {
	assert.Equal(t, spread{2, 1, 9}, spreadOf([]float64{9, 1, 2}))
	assert.Equal(t, spread{2.5, 1, 9}, spreadOf([]float64{9, 3, 1, 2}))
	assert.Equal(t, "2.5 (1.0 to 9.0)", spread{2.5, 1, 9}.text(1))
}

// TestTimes: each repeat is held against itself, so a machine that is half as fast the second time changes nothing.
func TestTimes(t *testing.T) {
	m := example()
	got, ok := m.times(four, costOf(generator))
	require.True(t, ok)
	assert.InDelta(t, 1.1, got.least, 1e-9)
	assert.InDelta(t, 1.2, got.most, 1e-9)
	got, ok = m.times(four, (*trial).rate)
	require.True(t, ok)
	assert.Equal(t, spread{2, 2, 2}, got)
	_, ok = m.times(plan{shape{2, 2, 2}, shipped}, (*trial).rate)
	assert.False(t, ok, "was not measured")
	m.Trials = m.Trials[1:2]
	_, ok = m.times(four, costOf(generator))
	assert.False(t, ok, "nothing to hold it against")
}

// TestPresence: at 10,000 spans a second, 3 us more for each of them among three further processes are 10 ms of CPU a second of each.
func TestPresence(t *testing.T) {
	m := example()
	_, ok := m.presence(generator)
	assert.False(t, ok, "nothing has a fixed rate")
	fixed := load{Compressed: true}
	m.Trials = append(m.Trials, made(plan{base, fixed}, 0, 10_000, 9, 12, 7), made(plan{shape{4, 4, 4}, fixed}, 0, 10_000, 12, 12, 7))
	got, ok := m.presence(generator)
	require.True(t, ok)
	assert.InDelta(t, 1, got.median, 1e-9)
	got, ok = m.presence(gateway)
	require.True(t, ok)
	assert.InDelta(t, 0, got.median, 1e-9)
}

func TestWorst(t *testing.T) {
	assert.InDelta(t, 17.5, example().worst(shipped, costOf(generator)), 1e-9, "the median of 11 and 24 is more than that of 10 and 20")
	assert.Zero(t, example().worst(load{}, costOf(generator)))
}

// TestBetween: what was before the window does not count, and shares are those of the window.
func TestBetween(t *testing.T) {
	u := between(
		[]reading{{cpu: time.Second, written: 500, peak: 1, spans: 100}, {cpu: 2 * time.Second, written: 0, peak: 9, spans: 0}},
		[]reading{{cpu: 2 * time.Second, written: 1500, peak: 2, spans: 400}, {cpu: 5 * time.Second, written: 3000, peak: 9, spans: 100}})
	assert.Equal(t, usage{CPU: 4, Written: 4000, Spans: 400, Peak: 9, Shares: []float64{0.75, 0.25}}, u)
	assert.Equal(t, 0.01, u.each())
	tr := trial{Plan: plan{shape{1, 2, 1}, shipped}, Roles: [roles]usage{gateway: u}}
	assert.Equal(t, 1.5, largestShare(gateway)(&tr))
	assert.Equal(t, 10.0, bytesOf(gateway)(&tr))
}

func TestSpansIn(t *testing.T) {
	const text = `# HELP otelcol_exporter_sent_spans__spans__total spans
otelcol_exporter_sent_spans__spans__total{exporter="otlp_grpc"} 1.5e+06
otelcol_exporter_sent_spans__spans__total{exporter="other"} 5
otelcol_exporter_send_failed_spans__spans__total{exporter="otlp_grpc"} 7
`
	spans, err := spansIn([]byte(text), counterOf[generator])
	require.NoError(t, err)
	assert.Equal(t, 1_500_005.0, spans)
	_, err = spansIn([]byte("otelcol_exporter_sent_spans{} many\n"), counterOf[generator])
	assert.ErrorContains(t, err, "many")
}

func TestSizes(t *testing.T) {
	b := basis{cpu: [roles]float64{10e-6, 12e-6, 7e-6}, bytes: [roles]float64{100, 50}, alone: 20_000}
	assert.Equal(t, size{cpus: 10, pods: 50, memory: 50 * podGiB, network: 8e8}, b.size(generator, 1e6), "each waits for answers")
	assert.Equal(t, size{cpus: 12, pods: 12, memory: 12 * podGiB, network: 4e8}, b.size(gateway, 1e6))
	assert.Equal(t, 1, b.size(verifier, 1e5).pods, "a part of a pod")
	b.alone = 0
	assert.Equal(t, 10, b.size(generator, 1e6).pods)
}

// TestWaits: a small fleet has the requests of the shipped load, a large one those of short slices, and the dearer of both counts for the CPU.
func TestWaits(t *testing.T) {
	m := example()
	m.Trials = m.Trials[:2]
	short := shipped
	short.Short = true
	m.Trials = append(m.Trials, made(plan{base, short}, 0, 8000, 13, 12, 7))
	assert.Equal(t, 20_000.0, m.waits(shipped, 1e5).alone)
	assert.Equal(t, 8000.0, m.waits(shipped, 1e6).alone)
	for _, b := range []basis{m.waits(shipped, 1e5), m.basis(shipped)} {
		assert.InDelta(t, 13e-6, b.cpu[generator], 1e-12)
		assert.InDelta(t, 100, b.bytes[gateway], 1e-9)
	}
	assert.Zero(t, m.basis(shipped).alone)
}

func TestTables(t *testing.T) {
	text, err := tables(example())
	require.NoError(t, err)
	assert.Contains(t, text, "| 4 x 4 x 4, full speed | 30000 (20000 to 40000) | 17.50 (11.00 to 24.00) |")
	assert.Contains(t, text, "| 1 x 1 x 1, full speed | 1.00 (1.00 to 1.00) |")
	assert.Contains(t, text, "| 4 x 4 x 4, full speed | 70 | 80 | 90 | 100 | 100 | 1.00 | 1.00 | 2 | 0.50 | 3 |")
	assert.NotContains(t, text, "2 x 2 x 2", "was not measured")
	_, err = tables(&measurement{})
	assert.ErrorContains(t, err, "nothing was measured")
}

func TestSection(t *testing.T) {
	const document = "before\n" + sectionBegin + "old\n" + sectionEnd + "after\n"
	once, err := section(document, "new\n")
	require.NoError(t, err)
	assert.Equal(t, "before\n"+sectionBegin+"\nnew\n\n"+sectionEnd+"after\n", once)
	again, err := section(once, "new\n")
	require.NoError(t, err)
	assert.Equal(t, once, again)
	_, err = section("before\n", "new\n")
	assert.ErrorContains(t, err, "autogenerated section")
}

// TestDocument: docs/scale.md has a row for each plan of the matrix. The figures take a quarter of an hour: make scale DOCUMENT=docs/scale.md.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/scale.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), sectionBegin)
	require.True(t, found)
	generated, _, found := strings.Cut(rest, sectionEnd)
	require.True(t, found)
	for _, p := range matrix() {
		assert.Equal(t, 3, strings.Count(generated, "\n| "+p.String()+" | "), "%s: run `make scale DOCUMENT=docs/scale.md`", p)
	}
}

func TestMeasured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bin", "scale.json")
	m, err := readMeasured(file)
	require.NoError(t, err)
	assert.Nil(t, m)
	require.NoError(t, writeMeasured(file, example()))
	m, err = readMeasured(file)
	require.NoError(t, err)
	assert.Equal(t, example(), m)
	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	_, err = readMeasured(file)
	assert.ErrorContains(t, err, file)
}

func TestCount(t *testing.T) {
	var j judgement
	require.NoError(t, j.count([]byte(`{"verdict": "pass", "runs": [{"signals": [{"received": 7, "duplicate": 0}]}]}`)))
	assert.Equal(t, judgement{Received: 7}, j)
	for _, report := range []string{
		`{"verdict": "unknown", "runs": [{"signals": [{"received": 7}]}]}`,
		`{"verdict": "pass", "runs": [{"signals": [{"received": 7, "duplicate": 1}]}]}`,
		`{"verdict": "pass", "runs": []}`,
		`{"verdict": "pass", "runs": [{"signals": [{"received": 7}, {"received": 7}]}]}`,
		`{`,
	} {
		assert.Error(t, j.count([]byte(report)), report)
	}
}
