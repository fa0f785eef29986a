// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// olderLayer writes a service's spans as tracing-opentelemetry did up to 0.23. The layers that the receiver simulates end a span when
// it is left for the last time, whoever holds it; up to 0.23 it ended when it was closed. And the registry of
// tracing-subscriber closes no span before all its children: a task that a request leaves behind, with a span that is a child of
// the request's, holds that open until its own end. Busy and idle time do not grow by that. (The spans come when they would have
// come from the newer layer: nothing in the processor waits for their end.)
type olderLayer struct {
	closed map[pcommon.SpanID]time.Time
}

// layerOf plays a service to learn when each span closes. A run repeats exactly.
func layerOf(t *testing.T, service string) *olderLayer {
	t.Helper()
	l := &olderLayer{map[pcommon.SpanID]time.Time{}}
	parents := map[pcommon.SpanID]pcommon.SpanID{}
	synctest.Test(t, func(t *testing.T) {
		spans, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
			each(traces, func(span ptrace.Span) {
				parents[span.SpanID()] = span.ParentSpanID()
				l.closed[span.SpanID()] = span.EndTimestamp().AsTime()
			})
			return nil
		})
		require.NoError(t, err)
		send(t, service, spans)
	})
	for id := range parents {
		for parent := parents[id]; !parent.IsEmpty(); parent = parents[parent] {
			if l.closed[parent].Before(l.closed[id]) {
				l.closed[parent] = l.closed[id]
			}
		}
	}
	return l
}

var olderNames = [][2]string{
	{semconv.CodeFilePath, semconv.CodeFilePathLegacy},
	{semconv.CodeLineNumber, semconv.CodeLineNumberLegacy},
	{semconv.CodeModuleName, semconv.CodeModuleNameLegacy},
}

// rewrite moves a span's end to its close, and returns how far.
func (l *olderLayer) rewrite(span ptrace.Span) (held time.Duration) {
	attributes := span.Attributes()
	for _, name := range olderNames {
		if value, ok := attributes.Get(name[0]); ok {
			value.CopyTo(attributes.PutEmpty(name[1]))
			attributes.Remove(name[0])
		}
	}
	closed := l.closed[span.SpanID()]
	held = closed.Sub(span.EndTimestamp().AsTime())
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(closed))
	return held
}
