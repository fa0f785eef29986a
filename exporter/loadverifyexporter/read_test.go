// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit/table"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// plain is a checker without rules.
func plain(t *testing.T) *content.Checker {
	t.Helper()
	rules, err := content.NewRules(content.Said{}, "")
	require.NoError(t, err)
	return content.New(rules)
}

// TestChanges changes one thing of a span at a time.
func TestChanges(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(ptrace.Span)
		kind    audit.Kind
		corrupt bool
	}{
		"nothing":            {func(ptrace.Span) {}, audit.Numbered, false},
		"an attribute more":  {func(s ptrace.Span) { s.Attributes().PutStr("added", "x") }, audit.Numbered, false},
		"an attribute less":  {func(s ptrace.Span) { s.Attributes().Remove("http.route") }, audit.Numbered, false},
		"an event":           {func(s ptrace.Span) { s.Events().AppendEmpty() }, audit.Numbered, false},
		"trace id":           {func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{9}) }, audit.Numbered, true},
		"span id":            {func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{9}) }, audit.Numbered, true},
		"parent":             {func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{9}) }, audit.Numbered, true},
		"name":               {func(s ptrace.Span) { s.SetName("x") }, audit.Numbered, true},
		"kind":               {func(s ptrace.Span) { s.SetKind(ptrace.SpanKindClient) }, audit.Numbered, true},
		"start":              {func(s ptrace.Span) { s.SetStartTimestamp(1) }, audit.Numbered, true},
		"end":                {func(s ptrace.Span) { s.SetEndTimestamp(1 << 63) }, audit.Numbered, true},
		"status":             {func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError) }, audit.Numbered, true},
		"checksum":           {func(s ptrace.Span) { s.Attributes().PutInt(semconv.StampChecksum, 1) }, audit.Numbered, true},
		"checksum gone":      {func(s ptrace.Span) { s.Attributes().Remove(semconv.StampChecksum) }, audit.Numbered, true},
		"checksum a string":  {func(s ptrace.Span) { s.Attributes().PutStr(semconv.StampChecksum, "1") }, audit.Numbered, true},
		"sequence gone":      {func(s ptrace.Span) { s.Attributes().Remove(semconv.StampSequence) }, audit.Malformed, false},
		"sequence a string":  {func(s ptrace.Span) { s.Attributes().PutStr(semconv.StampSequence, "1") }, audit.Malformed, false},
		"sequence negative":  {func(s ptrace.Span) { s.Attributes().PutInt(semconv.StampSequence, -1) }, audit.Malformed, false},
		"source gone":        {func(s ptrace.Span) { s.Attributes().Remove(semconv.StampSource) }, audit.Malformed, false},
		"run a number":       {func(s ptrace.Span) { s.Attributes().PutInt(semconv.StampRun, 7) }, audit.Malformed, false},
		"run without bounds": {func(s ptrace.Span) { s.Attributes().PutStr(semconv.StampRun, strings.Repeat("x", 257)) }, audit.Malformed, false},
		"an end as well":     {func(s ptrace.Span) { s.Attributes().PutInt(semconv.StampTotal, 7) }, audit.Malformed, false},
		"all gone":           {func(s ptrace.Span) { s.Attributes().Clear() }, audit.Unstamped, false},
	} {
		t.Run(name, func(t *testing.T) {
			span := ptrace.NewSpan()
			source{run: "r", name: "s", at: noon}.span(span, 4)
			tc.change(span)
			it := readSpan(plain(t), span)
			assert.Equal(t, tc.kind, it.Kind)
			assert.Equal(t, tc.corrupt, it.Corrupt)
			if name == "nothing" {
				assert.Equal(t, []any{"r", "s", uint64(4), noon.UnixNano()}, []any{it.Run, it.Source, it.Sequence, it.At})
			}
		})
	}
}

// TestStampChanges changes one thing of a stamp at a time. Then nobody knows which item it is; of one whose name was changed that is known.
func TestStampChanges(t *testing.T) {
	sent := func() ptrace.Span {
		span := ptrace.NewSpan()
		source{run: "nightly", name: "8a3b", at: noon}.span(span, 4)
		a := span.Attributes()
		a.PutInt(semconv.StampClass, 2)
		a.PutInt(semconv.StampTraceClass, 1)
		a.PutInt(semconv.StampTraceSpan, 3)
		a.PutBool(semconv.StampTraceRoot, true)
		a.PutInt(semconv.StampClockSkew, int64(time.Second))
		a.PutBool(semconv.StampPast, true)
		m := stamp.Mark{Sequence: 4, Class: 2, TraceClass: 1, TraceSpan: 3, Numbered: true, Root: true, Skew: int64(time.Second), Past: true}
		a.PutInt(semconv.StampChecksum, m.Of(stamp.SourceOf("nightly", "8a3b")).Seal(stamp.Span(span)))
		return span
	}
	it := readSpan(plain(t), sent())
	assert.False(t, it.Corrupt || it.Stray)
	assert.True(t, it.Root && it.TraceNumbered && it.Past)

	for name, change := range map[string]func(pcommon.Map){
		"renumbered":         func(a pcommon.Map) { a.PutInt(semconv.StampSequence, 5) },
		"run cut":            func(a pcommon.Map) { a.PutStr(semconv.StampRun, "night") },
		"source cut":         func(a pcommon.Map) { a.PutStr(semconv.StampSource, "8a3") },
		"run and source":     func(a pcommon.Map) { a.PutStr(semconv.StampRun, "8a3b"); a.PutStr(semconv.StampSource, "nightly") },
		"class gone":         func(a pcommon.Map) { a.Remove(semconv.StampClass) },
		"another class":      func(a pcommon.Map) { a.PutInt(semconv.StampClass, 3) },
		"class of trace":     func(a pcommon.Map) { a.Remove(semconv.StampTraceClass) },
		"classes swapped":    func(a pcommon.Map) { a.PutInt(semconv.StampClass, 1); a.PutInt(semconv.StampTraceClass, 2) },
		"another trace span": func(a pcommon.Map) { a.PutInt(semconv.StampTraceSpan, 2) },
		"trace span gone":    func(a pcommon.Map) { a.Remove(semconv.StampTraceSpan) },
		"no root":            func(a pcommon.Map) { a.Remove(semconv.StampTraceRoot) },
		"another skew":       func(a pcommon.Map) { a.PutInt(semconv.StampClockSkew, 1) },
		"not past":           func(a pcommon.Map) { a.Remove(semconv.StampPast) },
		"checksum gone":      func(a pcommon.Map) { a.Remove(semconv.StampChecksum) },
	} {
		span := sent()
		change(span.Attributes())
		it := readSpan(plain(t), span)
		assert.Equal(t, audit.Numbered, it.Kind, name)
		assert.True(t, it.Corrupt && it.Stray, name)
	}
	span := sent()
	span.SetName("x")
	it = readSpan(plain(t), span)
	assert.True(t, it.Corrupt && !it.Stray)
	assert.EqualValues(t, 2, it.Class)

	other := ptrace.NewSpan()
	source{run: "nightly", name: "8a3b", at: noon}.span(other, 5)
	span.Attributes().CopyTo(other.Attributes())
	assert.True(t, readSpan(plain(t), other).Corrupt, "the stamp of another item")
}

// TestStraysMakeNothingKnown: a pipeline that cuts the names of run and source of all spans makes no run, no source, and no figures of other
// signals; a marker that it has cut is not believed either.
func TestStraysMakeNothingKnown(t *testing.T) {
	s := source{run: "nightly", name: "8a3b", at: noon}
	s.says.Sources, s.says.Sends = 1, [audit.Signals]bool{audit.Traces: true, audit.Metrics: true}
	s.says.Process[audit.Traces].Numbered, s.says.Process[audit.Metrics].Numbered = 4, 3
	for key, to := range map[string]string{semconv.StampRun: "night", semconv.StampSource: "8a3", semconv.StampSequence: ""} {
		v := verifying(t, ContentConfig{})
		for _, signal := range []audit.Signal{audit.Traces, audit.Metrics} {
			v.ledger.serve(signal)
		}
		require.NoError(t, v.consumeMetrics(t.Context(), s.metrics(0, 1, 2)))
		require.NoError(t, v.consumeMetrics(t.Context(), s.metricsEnd(3, 0)))
		for _, td := range []ptrace.Traces{s.traces(0, 1, 2, 3), s.tracesEnd(4, 0)} {
			eachSpan(func(span ptrace.Span) {
				if n, found := span.Attributes().Get(semconv.StampSequence); to == "" && found {
					n.SetInt(3 - n.Int())
				} else if to != "" {
					span.Attributes().PutStr(key, to)
				}
			})(td)
			require.NoError(t, v.consumeTraces(t.Context(), td))
		}
		report := v.ledger.report(noon.Add(time.Hour), true)
		assert.Equal(t, audit.Fail, report.Verdict)
		require.Len(t, report.Runs, 1, key)
		run := report.Runs[0]
		require.Len(t, run.Signals, 2, key)
		traces, metrics := &run.Signals[0], &run.Signals[1]
		assert.Equal(t, []uint64{3, 3, 0, 0}, []uint64{metrics.Sent, metrics.Received, metrics.Lost, metrics.Corrupt}, key)
		assert.Equal(t, []uint64{4, 0, 4, 1}, []uint64{traces.Sent, traces.Received, traces.Lost, traces.Announced}, key)
		assert.Len(t, traces.BySource, 1, key)
		strays := uint64(5)
		if to == "" {
			strays = 4 // the marker has no number
		}
		assert.Equal(t, strays, traces.Corrupt+report.Unexpected.Corrupt, key)
		assert.Contains(t, fmt.Sprint(report.Findings, run.Findings), "max_corrupt", key)
	}
}

// A summary has no checksum: what comes as one, stamped, was something else.
func TestSummary(t *testing.T) {
	m := pmetric.NewMetric()
	points := m.SetEmptySummary().DataPoints()
	source{run: "r", name: "s"}.mark(points.AppendEmpty().Attributes(), 1, 2)
	points.AppendEmpty()
	var got []audit.Item
	readMetric(plain(t), m, func(it audit.Item) { got = append(got, it) })
	assert.Equal(t, []audit.Item{{Kind: audit.Numbered, Corrupt: true, Run: "r", Source: "s", Sequence: 1}, {}}, got)
	readMetric(plain(t), pmetric.NewMetric(), func(audit.Item) { t.Fatal("an empty metric has no points") })
}

func TestKeys(t *testing.T) {
	seen := map[uint64]bool{}
	for trace := range byte(100) {
		for span := range byte(100) {
			seen[key(pcommon.TraceID{trace}, pcommon.SpanID{span})] = true
		}
	}
	assert.Len(t, seen, 100*100)
	assert.NotContains(t, seen, uint64(0))
}

// FuzzTraces lets any OTLP message arrive.
func FuzzTraces(f *testing.F) {
	marshal := func(td ptrace.Traces) []byte {
		b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	s := source{run: "r", name: "s", at: noon}
	f.Add(marshal(s.traces(0, 1, 5)))
	f.Add(marshal(s.tracesEnd(3, 1)))
	f.Add(marshal(stamped.traces(0, 1)))
	rules, err := content.NewRules(content.Said{
		Removed: []string{`span.attributes["user.email"]`}, Changed: []string{"span.name"}, Added: []string{}, Forbidden: []string{"x"},
	}, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
		if err != nil {
			return
		}
		a := audit.New(audit.DefaultLimits(), time.Second, audit.Expectations{})
		c := content.New(rules)
		for i, rs := range td.ResourceSpans().All() {
			c.Resource(audit.Traces, rs.Resource(), rs.SchemaUrl())
			for j, ss := range rs.ScopeSpans().All() {
				c.Scope(ss.Scope(), ss.SchemaUrl())
				for k, span := range ss.Spans().All() {
					for _, wanted := range a.Audit(audit.Traces, noon, []audit.Item{readSpan(c, span)}).Wanted {
						text, left := show(tracesBatch{td}, position{resource: i, scope: j, item: k}, rules)
						a.Show(wanted, text, left)
					}
				}
			}
		}
		report := a.Report(noon, true)
		for i := range report.Runs {
			printed := table.Run("id", &report.Runs[i])
			for _, c := range printed {
				assert.True(t, c == '\n' || c >= ' ', "%q has a control character", printed)
			}
		}
	})
}
