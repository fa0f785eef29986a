// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit/table"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestForbidden: what no key, value, name or body may match is found wherever it is, and no report repeats it.
func TestForbidden(t *testing.T) {
	const secret = "4111111111111111"
	expect := ContentConfig{Forbidden: []string{`\b4\d{15}\b`, "never"}}
	for name, tc := range map[string]struct {
		change func(ptrace.Traces)
		path   string
	}{
		"a value":  {eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("card", "number "+secret) }), `span.attributes["card"]`},
		"a number": {eachSpan(func(s ptrace.Span) { s.Attributes().PutInt("card", 4111111111111111) }), `span.attributes["card"]`},
		"bytes":    {eachSpan(func(s ptrace.Span) { s.Attributes().PutEmptyBytes("card").FromRaw([]byte(secret)) }), `span.attributes["card"]`},
		"deep in a value": {eachSpan(func(s ptrace.Span) {
			s.Attributes().PutEmptySlice("card").AppendEmpty().SetEmptyMap().PutStr("n", secret)
		}), `span.attributes["card"]`},
		"a key of a map":           {eachSpan(func(s ptrace.Span) { s.Attributes().PutEmptyMap("card").PutStr(secret, "") }), `span.attributes["card"]`},
		"a key":                    {eachSpan(func(s ptrace.Span) { s.Attributes().PutBool(secret, true) }), `span.attributes["****"]`},
		"a name":                   {eachSpan(func(s ptrace.Span) { s.SetName(secret) }), "span.name"},
		"a status":                 {eachSpan(func(s ptrace.Span) { s.Status().SetMessage(secret) }), "span.status"},
		"an attribute of an event": {eachSpan(func(s ptrace.Span) { s.Events().At(0).Attributes().PutStr("x", secret) }), "span.events"},
		"a trace state of a link":  {eachSpan(func(s ptrace.Span) { s.Links().At(0).TraceState().FromRaw("a=" + secret) }), "span.links"},
		"an attribute of a link":   {eachSpan(func(s ptrace.Span) { s.Links().At(0).Attributes().PutStr("x", secret) }), "span.links"},
		"a schema of the resource": {func(td ptrace.Traces) { td.ResourceSpans().At(0).SetSchemaUrl("x/" + secret) }, "resource.schema_url"},
		"a schema of the scope":    {func(td ptrace.Traces) { td.ResourceSpans().At(0).ScopeSpans().At(0).SetSchemaUrl("x/" + secret) }, "scope.schema_url"},
		"what looks like a stamp":  {eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("load_verify.card", secret) }), `span.attributes["load_verify.card"]`},
		"very deep in a value": {eachSpan(func(s ptrace.Span) {
			list := s.Attributes().PutEmptySlice("card")
			for range 100 {
				list = list.AppendEmpty().SetEmptySlice()
			}
			list.AppendEmpty().SetEmptyMap().PutStr("n", secret)
		}), `span.attributes["card"]`},
		"the resource": {onResource(func(a pcommon.Map) { a.PutStr("owner", secret) }), `resource.attributes["owner"]`},
		"the scope":    {onScope(func(s pcommon.InstrumentationScope) { s.SetVersion(secret) }), "scope.version"},
	} {
		t.Run(name, func(t *testing.T) {
			run := verifying(t, expect).spans(tc.change)
			assert.Equal(t, audit.Fail, run.Verdict)
			s := &run.Signals[0]
			assert.Contains(t, faultsOf(s), "forbidden "+tc.path)
			assert.EqualValues(t, 4, s.Forbidden)
			require.NotEmpty(t, run.Evidence)
			assert.NotContains(t, table.Run("id", &run), secret)
			for _, e := range run.Evidence {
				assert.NotContains(t, string(e.OTLP)+strings.Join(e.Shows, ""), secret)
			}
			assert.Contains(t, string(run.Evidence[0].OTLP), "****")
		})
	}
	assert.Equal(t, audit.Pass, verifying(t, expect).spans(nil).Verdict)
}

// TestForbiddenInMetrics: so it is with what only metrics have.
func TestForbiddenInMetrics(t *testing.T) {
	const secret = "4111111111111111"
	for path, change := range map[string]func(pmetric.Metric){
		"metric.description": func(m pmetric.Metric) { m.SetDescription(secret) },
		"metric.unit":        func(m pmetric.Metric) { m.SetUnit(secret) },
		"metric.metadata":    func(m pmetric.Metric) { m.Metadata().PutStr("x", secret) },
		"datapoint.exemplars": func(m pmetric.Metric) {
			m.Gauge().DataPoints().At(0).Exemplars().AppendEmpty().FilteredAttributes().PutStr("x", secret)
		},
	} {
		v := verifying(t, ContentConfig{Forbidden: []string{`\b4\d{15}\b`}})
		md := stamped.metrics(0)
		change(md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0))
		require.NoError(t, v.consumeMetrics(t.Context(), md))
		require.NoError(t, v.consumeMetrics(t.Context(), stamped.metricsEnd(1, 0)))
		run := v.end()
		assert.Equal(t, []string{"forbidden " + path}, faultsOf(&run.Signals[0]))
		require.NotEmpty(t, run.Evidence, path)
		assert.NotContains(t, string(run.Evidence[0].OTLP), secret)
		assert.Contains(t, string(run.Evidence[0].OTLP), "****")
	}
}

// TestEvidence: the report has the first item that shows each fault, alone, as a request that anybody can send.
func TestEvidence(t *testing.T) {
	v := verifying(t, ContentConfig{})
	run := v.spans(func(td ptrace.Traces) {
		spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
		for _, n := range []int{1, 2, 3} {
			spans.At(n).Attributes().Remove("user.email")
		}
		spans.At(2).SetKind(ptrace.SpanKindClient)
		spans.At(3).CopyTo(spans.AppendEmpty())
	})
	shows := map[string]uint64{}
	for _, e := range run.Evidence {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(e.OTLP)
		require.NoError(t, err)
		require.Equal(t, 1, td.SpanCount())
		sequence, _ := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().Get(semconv.StampSequence)
		assert.EqualValues(t, e.Sequence, sequence.Int())
		assert.Equal(t, "traces", e.Signal)
		assert.Equal(t, "s", e.Source)
		for _, what := range e.Shows {
			key, _, _ := strings.Cut(what, ":")
			shows[key] = e.Sequence
		}
	}
	assert.Equal(t, map[string]uint64{"content": 1, "max_corrupt": 2, "max_duplicates": 3}, shows)

	// One that is too large is left out, and the report says so.
	large := verifying(t, ContentConfig{}).spans(eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("user.email", strings.Repeat("x", 1<<20)) }))
	require.Len(t, large.Evidence, 1)
	assert.Nil(t, large.Evidence[0].OTLP)
	assert.Contains(t, large.Evidence[0].Left, "are kept")
}

// TestNoStamps: content that nobody stamps was not looked at, which is no fault unless it is expected.
func TestNoStamps(t *testing.T) {
	plain := stamped
	plain.content = false
	for name, tc := range map[string]struct {
		expect  configoptional.Optional[ContentConfig]
		verdict audit.Verdict
	}{
		"nothing expected": {configoptional.None[ContentConfig](), audit.Pass},
		"expected":         {configoptional.Some(ContentConfig{}), audit.Unknown},
	} {
		cfg := createDefaultConfig().(*Config)
		cfg.Expect.Content = tc.expect
		v, err := newVerifier(exportertest.NewNopSettings(metadata.Type), cfg, io.Discard)
		require.NoError(t, err)
		require.NoError(t, v.consumeTraces(t.Context(), plain.traces(upTo(4)...)))
		require.NoError(t, v.consumeTraces(t.Context(), plain.tracesEnd(4, 0)))
		run := verified{v, t}.end()
		assert.Equal(t, tc.verdict, run.Verdict, name)
		assert.Contains(t, run.NotChecked, "attributes", name)
		assert.Zero(t, run.Signals[0].Unread, name)
	}
}

// TestContentRestored: what is known of content survives a restart.
func TestContentRestored(t *testing.T) {
	v := verifying(t, ContentConfig{})
	td := stamped.traces(0, 1)
	eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("user.email", "x") })(td)
	require.NoError(t, v.consumeTraces(t.Context(), td))
	state, _, err := v.ledger.export(true, false)
	require.NoError(t, err)
	after := verifying(t, ContentConfig{})
	require.NoError(t, after.ledger.restore(state, ""))
	for _, of := range []verified{v, after} {
		require.NoError(t, of.consumeTraces(t.Context(), stamped.traces(2, 3)))
		require.NoError(t, of.consumeTraces(t.Context(), stamped.tracesEnd(4, 0)))
	}
	was, is := v.end(), after.end()
	assert.Equal(t, was.Findings, is.Findings)
	assert.Equal(t, was.Evidence, is.Evidence)
	assert.Equal(t, was.Signals[0].Counts, is.Signals[0].Counts)
	assert.EqualValues(t, 2, after.end().Signals[0].Changed)
	assert.Len(t, after.end().Evidence, 1)
}

// TestOrdered: with it, what overtakes is a finding.
func TestOrdered(t *testing.T) {
	for ordered, want := range map[bool]audit.Verdict{false: audit.Pass, true: audit.Fail} {
		cfg := createDefaultConfig().(*Config)
		cfg.Expect.Ordered = ordered
		v, err := newVerifier(exportertest.NewNopSettings(metadata.Type), cfg, io.Discard)
		require.NoError(t, err)
		require.NoError(t, v.consumeTraces(t.Context(), stamped.traces(1, 0)))
		require.NoError(t, v.consumeTraces(t.Context(), stamped.tracesEnd(2, 0)))
		run := verified{v, t}.end()
		assert.Equal(t, want, run.Verdict)
		assert.Equal(t, !ordered, slices.Contains(run.NotChecked, "order"))
		assert.Equal(t, !ordered, strings.Contains(table.Run("id", &run), "came after a later one of its source"))
	}
}
