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

// BenchmarkTraces verifies spans of 20 attributes, of 10 sources in batches of 1000, from pdata to the account, on one core.
func BenchmarkTraces(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const sources, each = 10, 1000
	cfg := createDefaultConfig().(*Config)
	v, err := newVerifier(exportertest.NewNopSettings(metadata.Type), cfg, io.Discard, func() {})
	require.NoError(b, err)
	batches := make([]ptrace.Traces, sources)
	for i := range batches {
		s := source{run: "run", name: fmt.Sprintf("00000000-0000-0000-0000-%012d", i), at: time.Now()}
		batches[i] = s.traces(upTo(each)...)
		for _, span := range batches[i].ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			var rest [15]string
			for j := range rest {
				span.Attributes().PutInt(fmt.Sprint("service.attribute", j), int64(j))
			}
		}
	}
	b.ReportAllocs()
	spans := 0
	for b.Loop() {
		batch := batches[spans/each%sources]
		require.NoError(b, v.consumeTraces(b.Context(), batch))
		spans += each
		b.StopTimer()
		renumber(batch, sources*each)
		b.StartTimer()
	}
	perSpan := float64(b.Elapsed().Nanoseconds()) / float64(spans)
	b.ReportMetric(perSpan, "ns/span")
	b.ReportMetric(1e3/perSpan, "Mspans/s")
	report := v.report(time.Now(), true)
	require.EqualValues(b, spans, report.Runs[0].Signals[0].Received)
	require.Zero(b, report.Runs[0].Signals[0].Corrupt)
}

// renumber makes the next spans of a batch.
func renumber(batch ptrace.Traces, by int) {
	for _, span := range batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		a := span.Attributes()
		sequence, _ := a.Get(semconv.StampSequence)
		next := int(sequence.Int()) + by/10
		sequence.SetInt(int64(next))
		id := span.SpanID()
		span.SetSpanID(spanID(next | int(id[0])<<56))
		if parent := span.ParentSpanID(); !parent.IsEmpty() {
			span.SetParentSpanID(spanID(next + 1))
		}
		sum, _ := a.Get(semconv.StampChecksum)
		sum.SetInt(stamp.Span(span))
	}
}
