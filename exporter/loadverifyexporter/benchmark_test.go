// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// BenchmarkTraces verifies spans of 20 attributes, from pdata to the account, on one core: a batch has 100 spans each of 10 sources.
// Between two batches its spans become the next ones, which is not measured. With content each attribute, two events and the place of the
// span are held against a stamp, and against rules.
func BenchmarkTraces(b *testing.B) {
	for _, of := range []struct {
		name    string
		content bool
		said    ContentConfig
	}{
		{"stamps", false, ContentConfig{}},
		{"content", true, ContentConfig{}},
		{"content-rules", true, ContentConfig{
			Removed: []string{`span.attributes["service.attribute3"]`}, Changed: []string{`span.attributes["user.email"]`}, MayDiffer: []string{"span.events"},
		}},
		{"content-forbidden", true, ContentConfig{Forbidden: []string{`\b4\d{15}\b`, "(?i)password"}}},
	} {
		b.Run(of.name, func(b *testing.B) { benchmarkTraces(b, of.content, of.said) })
	}
}

func benchmarkTraces(b *testing.B, content bool, said ContentConfig) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const sources, each = 10, 100
	cfg := createDefaultConfig().(*Config)
	if content {
		cfg.Expect.Content = configoptional.Some(said)
	}
	v, err := newVerifier(exportertest.NewNopSettings(metadata.Type), cfg, io.Discard)
	require.NoError(b, err)
	batch := ptrace.NewTraces()
	var places []in
	for i := range sources {
		s := source{run: "run", name: fmt.Sprintf("00000000-0000-0000-0000-%012d", i), at: time.Now(), content: content}
		rs := batch.ResourceSpans().AppendEmpty()
		scope := rs.ScopeSpans().AppendEmpty()
		places = append(places, s.place(rs.Resource(), scope.Scope()))
		for n := range each {
			span := scope.Spans().AppendEmpty()
			s.span(span, n)
			for j := range 20 - span.Attributes().Len() {
				span.Attributes().PutInt(fmt.Sprint("service.attribute", j), int64(j))
			}
			s.restamp(places[i], span, said)
		}
	}
	b.ReportAllocs()
	spans := 0
	for b.Loop() {
		require.NoError(b, v.consumeTraces(b.Context(), batch))
		spans += sources * each
		b.StopTimer()
		renumber(batch, each)
		for i, rs := range batch.ResourceSpans().All() {
			for _, span := range rs.ScopeSpans().At(0).Spans().All() {
				source{content: content}.restamp(places[i], span, said)
			}
		}
		b.StartTimer()
	}
	perSpan := float64(b.Elapsed().Nanoseconds()) / float64(spans)
	b.ReportMetric(perSpan, "ns/span")
	b.ReportMetric(1e3/perSpan, "Mspans/s")
	report := v.ledger.report(time.Now(), true)
	s := &report.Runs[0].Signals[0]
	require.EqualValues(b, spans, s.Received)
	require.Zero(b, s.Corrupt+s.Orphans+s.Wrong+s.Unread)
	if content {
		require.EqualValues(b, spans, s.Checked)
	}
}

// restamp stamps the content of a span as it is, and then does to it what is said.
func (s source) restamp(p in, span ptrace.Span, said ContentConfig) {
	a := span.Attributes()
	if !s.content {
		return
	}
	a.Remove(semconv.StampContent)
	if len(said.Removed) > 0 {
		a.PutStr("user.email", "user@example.org")
		a.PutInt("service.attribute3", 3)
	}
	s.markContent(p, audit.Traces, a, func() stamp.Fields { return stamp.SpanContent(span) })
	if len(said.Removed) > 0 {
		a.PutStr("user.email", "****")
		a.Remove("service.attribute3")
	}
}

// renumber makes of each span the one that comes by later in its source.
func renumber(batch ptrace.Traces, by int) {
	for i, rs := range batch.ResourceSpans().All() {
		for _, span := range rs.ScopeSpans().At(0).Spans().All() {
			a := span.Attributes()
			sequence, _ := a.Get(semconv.StampSequence)
			next := int(sequence.Int()) + by
			sequence.SetInt(int64(next))
			span.SetSpanID(spanID(next | i<<40))
			if !span.ParentSpanID().IsEmpty() {
				span.SetParentSpanID(spanID(next + 1 | i<<40))
			}
			sum, _ := a.Get(semconv.StampChecksum)
			sum.SetInt(identityOf(a).Seal(stamp.Span(span)))
		}
	}
}
