// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// opened is when all operations of the service shop begin.
var opened = time.Now()

// shop returns n spans of an operation of the service shop, one after the other.
func shop(name string, n int, duration time.Duration, describe func(i int, span pcommon.Map)) ptrace.Traces {
	return shopFrom(opened, name, n, duration, describe)
}

// shopFrom does the same from a time on.
func shopFrom(begin time.Time, name string, n int, duration time.Duration, describe func(i int, span pcommon.Map)) ptrace.Traces {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, "shop")
	spans := resource.ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		span := spans.AppendEmpty()
		end := begin.Add(time.Duration(i) * duration)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-duration)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
		span.SetTraceID(pcommon.TraceID([]byte(fmt.Sprintf("%-8.8s%08d", "trace", len(name)*100_000+i))))
		span.SetSpanID(pcommon.SpanID([]byte(fmt.Sprintf("%08d", len(name)*100_000+i))))
		span.SetName(name)
		span.Attributes().PutStr(semconv.LatencyClass, semconv.ClassNormal)
		describe(i, span.Attributes())
	}
	return traces
}

func find(span pcommon.Map, finding string) {
	span.PutEmptySlice(semconv.Finding).AppendEmpty().SetStr(finding)
}

func operationsView() *view {
	return newView(&Config{Interval: time.Second, By: ByOperation, Rows: 20}, exportertest.NewNopSettings(metadata.Type), io.Discard)
}

// A service whose reports hold up its orders, as somebody on call sees it: who did it stands first, and what nobody explains is said.
func TestOperationsTable(t *testing.T) {
	v := operationsView()
	consume := func(traces ptrace.Traces) { require.NoError(t, v.consumeTraces(t.Context(), traces)) }
	consume(shop("GET /report", 300, 24*time.Millisecond, func(_ int, span pcommon.Map) {
		span.PutDouble(semconv.BusyRatio, 0.98)
		span.PutStr(semconv.CodeFilePath, "/home/me/shop/src/report.rs")
		span.PutInt(semconv.CodeLineNumber, 42)
		find(span, semconv.FindingBlocking)
	}))
	consume(shop("request", 4_000, 5_300*time.Microsecond, func(i int, span pcommon.Map) {
		span.PutStr("uri", fmt.Sprintf("/orders/%d?token=secret", i))
		span.PutDouble(semconv.BusyRatio, 0.01)
		if i%13 == 0 {
			find(span, semconv.FindingHeldUp)
			span.PutStr(semconv.HeldUpBy, "GET /report")
			span.PutBool(semconv.LatencyOutlier, i%5 == 0)
		}
		if i%500 == 1 {
			span.PutBool(semconv.LatencyOutlier, true)
		}
	}))
	consume(shop("drain", 10, 500*time.Millisecond, func(_ int, span pcommon.Map) { span.PutDouble(semconv.BusyRatio, 0.6) }))
	consume(shopFrom(opened.Add(20*time.Millisecond), "GET /health", 150, 30*time.Microsecond, func(_ int, span pcommon.Map) { span.PutDouble(semconv.BusyRatio, 0.9) }))
	s := v.snapshot(true)
	s.pressure = 0
	text := render(heading{id: "runtime_view", elapsed: 15 * time.Second, over: "in the last", window: "last"}, s, aggregate.Rates{})
	requireSafe(t, text)
	golden(t, "table_operations", text)

	for _, document := range []string{"README.md", filepath.Join("..", "..", "docs", "rust.md")} {
		shown, err := os.ReadFile(document)
		require.NoError(t, err)
		assert.Contains(t, string(shown), strings.TrimSpace(text))
	}
}

// What a span says reaches the terminal as text and no more, and a name without end does not push the numbers away.
func TestOperationsTableOfHostileNames(t *testing.T) {
	v := operationsView()
	require.NoError(t, v.consumeTraces(t.Context(), shop("\x1b[2J\nall is well\u202e", 1, time.Second, func(_ int, span pcommon.Map) {
		find(span, semconv.FindingHeldUp)
		span.PutStr(semconv.HeldUpBy, "\x1b]0;title\a\xff")
	})))
	require.NoError(t, v.consumeTraces(t.Context(), shop(strings.Repeat("long", 1_000), 1, time.Second, func(int, pcommon.Map) {})))
	text := render(heading{id: "runtime_view"}, v.snapshot(true), aggregate.Rates{})
	requireSafe(t, text)
}

// A screen shows what has something to say; the rest is counted.
func TestManyOperations(t *testing.T) {
	v := operationsView()
	for i := range 20 + 10 {
		require.NoError(t, v.consumeTraces(t.Context(), shop(fmt.Sprintf("op %03d", i), 2, time.Second, func(_ int, span pcommon.Map) {
			span.PutDouble(semconv.BusyRatio, 0.5)
			if i == 25 {
				find(span, semconv.FindingNeverIdle)
			}
		})))
	}
	text := render(heading{id: "runtime_view"}, v.snapshot(true), aggregate.Rates{})
	assert.Contains(t, text, "op 025 ")
	assert.Contains(t, text, "  never_idle: 2 of 2\n")
	assert.NotContains(t, text, "op 024 ")
	assert.Contains(t, text, "and 10 more operations (the setting rows shows more), 0 of them with a finding or a slow span\n")
}

// requireSafe checks that a table with names from outside is text in lines that are not too long.
func requireSafe(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		longest := max(80, longestName+len(operationColumns)*numberWidth)
		if strings.HasPrefix(line, "  ") { // names three operations at most
			longest = 30 + shownCulprits*(longestName+20)
		}
		require.LessOrEqual(t, utf8.RuneCountInString(line), longest, line)
		require.True(t, utf8.ValidString(line), line)
		require.False(t, strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", line)
	}
}

// A span that lacked a CPU is a victim. Was it a quota? Those that do not say so are counted as neither.
func TestOperationsThatLackedACPU(t *testing.T) {
	v := operationsView()
	require.NoError(t, v.consumeTraces(t.Context(), shop("GET /orders", 100, time.Millisecond, func(i int, span pcommon.Map) {
		if i < 60 {
			find(span, semconv.FindingCPUStarved)
		}
		if i < 50 {
			span.PutBool(semconv.CPUThrottled, i < 45)
		}
		span.PutStr(semconv.CodeFilePath, "src/orders.rs")
	})))
	text := render(heading{id: "runtime_view"}, v.snapshot(true), aggregate.Rates{})
	assert.Contains(t, text, "  cpu_starved: 60 of 100; at 45 of them a quota stopped the process, at 5 not\n")
	assert.NotContains(t, text, "src/orders.rs", "its code is not to blame")
}
