// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
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
			printed := renderRun("id", 0, &report.Runs[i])
			for _, c := range printed {
				assert.True(t, c == '\n' || c >= ' ', "%q has a control character", printed)
			}
		}
	})
}
