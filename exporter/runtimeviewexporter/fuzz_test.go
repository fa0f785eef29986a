// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// FuzzConsumeTraces sends whatever bytes parse as OTLP: nothing panics, no span is lost, and the table stays a table.
func FuzzConsumeTraces(f *testing.F) {
	var marshaler ptrace.ProtoMarshaler
	for _, traces := range []ptrace.Traces{
		ptrace.NewTraces(), hostileSpans(4), newBatch(2, semconv.RuntimeTokio, semconv.RuntimeAsyncStd, semconv.RuntimeSmol, ""),
	} {
		seed, err := marshaler.MarshalTraces(traces)
		require.NoError(f, err)
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var unmarshaler ptrace.ProtoUnmarshaler
		traces, err := unmarshaler.UnmarshalTraces(data)
		if err != nil {
			return
		}
		traces.MarkReadOnly()
		v := view{operations: new(aggregate.Operations), recent: live.NewRecent(1), byOperation: true, rows: 20}
		require.NoError(t, v.consumeTraces(t.Context(), traces))

		// No goroutine reports: the fuzzer takes one that runs by chance for a change in coverage.
		snapshot := v.snapshot(true)
		require.EqualValues(t, traces.SpanCount(), snapshot.Counts.Total())
		reporter := newReporter("runtime_view", time.Unix(0, 0))
		_, err = json.Marshal(v.frame(live.Scope{Inner: true}))
		require.NoError(t, err)
		requireSafe(t, reporter.periodic(time.Unix(1, 0), snapshot))
		requireSafe(t, reporter.final(time.Unix(2, 0), snapshot))
		snapshot.operations = nil
		requirePrintable(t, reporter.final(time.Unix(2, 0), snapshot))
	})
}
