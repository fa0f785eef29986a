// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// BenchmarkTraces verifies spans of 20 attributes, from pdata to the account, on one core: a batch has 100 spans each of 10 sources.
// Between two batches its spans become the next ones, which is not measured.
func BenchmarkTraces(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const sources, each = 10, 100
	cfg := createDefaultConfig().(*Config)
	v, err := newVerifier(exportertest.NewNopSettings(metadata.Type), cfg, io.Discard)
	require.NoError(b, err)
	batch := ptrace.NewTraces()
	for i := range sources {
		s := source{run: "run", name: fmt.Sprintf("00000000-0000-0000-0000-%012d", i), at: time.Now()}
		spans := spansOf(batch)
		for n := range each {
			s.span(spans.AppendEmpty(), n)
			for j := range 15 {
				spans.At(n).Attributes().PutInt(fmt.Sprint("service.attribute", j), int64(j))
			}
		}
	}
	b.ReportAllocs()
	spans := 0
	for b.Loop() {
		require.NoError(b, v.consumeTraces(b.Context(), batch))
		spans += sources * each
		b.StopTimer()
		renumber(batch, each)
		b.StartTimer()
	}
	perSpan := float64(b.Elapsed().Nanoseconds()) / float64(spans)
	b.ReportMetric(perSpan, "ns/span")
	b.ReportMetric(1e3/perSpan, "Mspans/s")
	report := v.ledger.report(time.Now(), true)
	require.EqualValues(b, spans, report.Runs[0].Signals[0].Received)
	require.Zero(b, report.Runs[0].Signals[0].Corrupt+report.Runs[0].Signals[0].Orphans)
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
			sum.SetInt(stamp.Span(span))
		}
	}
}
