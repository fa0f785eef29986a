// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exportertest"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// A batch of 999 spans, each with the six attributes that the table reads among twelve others, as a service on
// tracing-opentelemetry with HTTP conventions has them.
func BenchmarkConsumeTraces(b *testing.B) {
	batch := newBatch(333, semconv.RuntimeTokio, semconv.RuntimeAsyncStd, semconv.RuntimeSmol)
	for _, span := range batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		for _, key := range []string{
			semconv.BusyNs, semconv.IdleNs, semconv.ThreadID, semconv.ThreadName, semconv.CodeFilePath, semconv.CodeLineNumber,
			semconv.CodeModuleName, semconv.Target, semconv.HTTPRequestMethod, semconv.HTTPRoute, semconv.HTTPStatusCode, semconv.URLScheme,
		} {
			span.Attributes().PutStr(key, "value")
		}
	}
	spans := batch.SpanCount()
	for name, cfg := range map[string]*Config{
		"runtime":   {Interval: time.Second, By: ByRuntime},
		"operation": {Interval: time.Second, By: ByOperation},
		"page":      withPage(&Config{Interval: time.Second, By: ByRuntime}),
	} {
		b.Run(name, func(b *testing.B) {
			v := newView(cfg, exportertest.NewNopSettings(metadata.Type), io.Discard)
			b.ReportAllocs()
			for b.Loop() {
				if err := v.consumeTraces(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*spans), "ns/span")
			require.EqualValues(b, b.N*spans, v.snapshot(true).Counts.Total())
		})
	}
}

// Two thousand operations: the most that are kept.
func BenchmarkOperationsSnapshot(b *testing.B) {
	v := newView(&Config{Interval: time.Second, By: ByOperation, Rows: 20}, exportertest.NewNopSettings(metadata.Type), io.Discard)
	for i := range 2_001 {
		batch := newBatch(1, semconv.RuntimeTokio)
		batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetName(fmt.Sprintf("GET /%d/x", i))
		require.NoError(b, v.consumeTraces(b.Context(), batch))
	}
	var s snapshot
	b.ReportAllocs()
	for b.Loop() {
		s = v.snapshot(true)
	}
	require.Len(b, s.operations.Services[0].Operations, 20)
	require.EqualValues(b, 1, s.operations.Dropped)
}

// What the pipeline waits for each interval: the lock is held while the snapshot is taken, not while it is printed.
func BenchmarkSnapshot(b *testing.B) {
	v := newView(&Config{Interval: time.Second}, exportertest.NewNopSettings(metadata.Type), io.Discard)
	require.NoError(b, v.consumeTraces(b.Context(), newBatch(1_000, semconv.RuntimeTokio, semconv.RuntimeAsyncStd, semconv.RuntimeSmol, "")))

	columns := 0
	b.ReportAllocs()
	for b.Loop() {
		columns = len(v.snapshot(true).Columns)
	}
	require.Equal(b, 4, columns)
}
