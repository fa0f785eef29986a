// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// newExporter returns the exporter as the Collector would have it, but printing to out.
func newExporter(t *testing.T, interval time.Duration, out io.Writer) exporter.Traces {
	t.Helper()
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	e, err := newTraces(t.Context(), set, &Config{Interval: interval, By: ByRuntime}, out)
	require.NoError(t, err)
	return e
}

// newBatch returns n spans for each runtime, the empty name standing for a span without one.
func newBatch(n int, runtimes ...string) ptrace.Traces {
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, runtime := range runtimes {
		for i := range n {
			span := spans.AppendEmpty()
			newSpan(time.Duration(i+1) * time.Millisecond).CopyTo(span)
			if runtime != "" {
				describe(span.Attributes(), runtime, time.Duration(i+1)*time.Microsecond, i%50 == 0)
			}
		}
	}
	return traces
}

// A run from start to shutdown, as a person at the console sees it.
func TestTranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newExporter(t, 5*time.Second, &out)
		require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))

		// Two ticks pass before anything arrives; an empty batch is nothing. It is said once.
		time.Sleep(9 * time.Second)
		require.NoError(t, e.ConsumeTraces(t.Context(), ptrace.NewTraces()))
		time.Sleep(3 * time.Second)

		// 300 spans arrive at 00:00:12: the tick at 15 shows them.
		require.NoError(t, e.ConsumeTraces(t.Context(), newBatch(100, semconv.RuntimeSmol, semconv.RuntimeTokio, semconv.RuntimeAsyncStd)))
		time.Sleep(5 * time.Second)

		// The ticks at 20, 25 and 30 have nothing new. It is said once.
		time.Sleep(15 * time.Second)

		// 100 more at 00:00:32, without a name; the tick at 35 shows all, with the rate of the last interval alone.
		require.NoError(t, e.ConsumeTraces(t.Context(), newBatch(100, "")))
		time.Sleep(5 * time.Second)

		// The run ends at 00:00:37. Its rate is that of the 20 s between the two arrivals: 100 spans in 20 s.
		require.NoError(t, e.Shutdown(t.Context()))
		require.NoError(t, e.Shutdown(t.Context()), "a second time does nothing")
		time.Sleep(time.Minute)

		requirePrintable(t, out.String())
		golden(t, "transcript", out.String())
	})
}

func TestShutdownWithoutSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newExporter(t, time.Minute, &out)
		require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(2 * time.Second)
		require.NoError(t, e.Shutdown(t.Context()))
		assert.Equal(t, "runtime_view  whole run  00:00:02  no spans received\n", out.String())
	})
}

func TestShutdownWithoutStart(t *testing.T) {
	var out bytes.Buffer
	e := newExporter(t, time.Second, &out)
	require.NoError(t, e.ConsumeTraces(t.Context(), newBatch(1, semconv.RuntimeTokio)))
	require.NoError(t, e.Shutdown(t.Context()))
	require.NoError(t, e.Shutdown(t.Context()))
	assert.Empty(t, out.String())
}

// Someone stopped the terminal (Ctrl-S): spans are still counted, and shutdown waits no longer than it is told to.
func TestBlockedStdout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal, out := io.Pipe()
		e := newExporter(t, time.Second, out)
		require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
		for range 5 {
			require.NoError(t, e.ConsumeTraces(t.Context(), newBatch(10, semconv.RuntimeTokio)))
			time.Sleep(time.Second)
		}

		// The Collector sets no deadline.
		err := e.Shutdown(context.WithoutCancel(t.Context()))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "final table not printed, stdout is blocked: context deadline exceeded")

		// The terminal goes on: what was pending comes out, the final table with all spans last.
		var text strings.Builder
		var reading sync.WaitGroup
		reading.Go(func() { _, _ = io.Copy(&text, terminal) })
		require.NoError(t, e.Shutdown(t.Context()))
		require.NoError(t, out.Close())
		reading.Wait()
		assert.Contains(t, text.String(), "whole run  00:00:10  50 spans, ")
	})
}

func TestConcurrentBatches(t *testing.T) {
	const senders, batches, perRuntime = 8, 50, 10
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newExporter(t, minInterval, &out)
		require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
		var sending sync.WaitGroup
		for range senders {
			sending.Go(func() {
				for range batches {
					assert.NoError(t, e.ConsumeTraces(t.Context(), newBatch(perRuntime, semconv.RuntimeTokio, semconv.RuntimeSmol)))
					time.Sleep(minInterval) // so that all of them and the report fall on the same instants
				}
			})
		}
		sending.Wait()
		require.NoError(t, e.Shutdown(t.Context()))
		assert.Contains(t, out.String(), "whole run  00:00:05  8,000 spans, ")
	})
}

// Whatever a sender invents, the table keeps its four columns, shows none of the sender's text, and the state does not
// grow: a batch that allocates nothing has stored nothing.
func TestHostileSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		set := exportertest.NewNopSettings(metadata.Type)
		set.ID = component.NewID(metadata.Type)
		v := newView(&Config{Interval: time.Second}, set, &out)
		traces := hostileSpans(2_000)
		// Six batches: AllocsPerRun adds one to warm up. It counts for the whole process, so nothing reports yet.
		assert.Zero(t, testing.AllocsPerRun(5, func() { _ = v.consumeTraces(t.Context(), traces) }))
		require.NoError(t, v.start(t.Context(), nil))
		require.NoError(t, v.shutdown(t.Context()))

		requirePrintable(t, out.String())
		assert.NotContains(t, out.String(), "evil")
		golden(t, "table_hostile", out.String())
	})
}

// hostileSpans returns spans with n different names, runtimes and keys, and values that no service would send.
func hostileSpans(n int) ptrace.Traces {
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		evil := "evil\x1b[31m\n" + strconv.Itoa(i)
		span := spans.AppendEmpty()
		span.SetName(evil)
		span.SetStartTimestamp(epoch)
		span.SetEndTimestamp(epoch - pcommon.Timestamp(i%2))
		attributes := span.Attributes()
		attributes.PutStr(evil, evil)
		attributes.PutStr(semconv.RuntimeName, evil)
		switch i % 4 {
		case 0: // wrong types
			attributes.PutInt(semconv.RuntimeName, 7)
			attributes.PutStr(semconv.QueueWaitNs, evil)
			attributes.PutStr(semconv.BusyRatio, evil)
			attributes.PutDouble(semconv.TaskStealCount, 1)
			attributes.PutBool(semconv.LatencyClass, true)
			attributes.PutStr(semconv.LatencyOutlier, "true")
		case 1: // out of range
			attributes.PutInt(semconv.QueueWaitNs, -1)
			attributes.PutDouble(semconv.BusyRatio, 1.5)
			attributes.PutInt(semconv.TaskStealCount, -1<<63)
			attributes.PutStr(semconv.LatencyClass, evil)
		case 2: // the largest
			attributes.PutStr(semconv.RuntimeName, semconv.RuntimeTokio)
			attributes.PutInt(semconv.QueueWaitNs, 1<<63-1)
			attributes.PutDouble(semconv.BusyRatio, 1)
			attributes.PutInt(semconv.TaskStealCount, 1<<63-1)
			attributes.PutBool(semconv.LatencyOutlier, true) // without a class
		}
	}
	return traces
}

// requirePrintable checks that every line fits a console of 80 columns and consists of the characters of the table.
func requirePrintable(t *testing.T, text string) {
	t.Helper()
	const alphabet = "Iabcdefghijklmnopqrstuvwxyz_0123456789 .,:;%/()-+µ≤>"
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		require.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
		require.Empty(t, strings.Trim(line, alphabet), line)
	}
}
