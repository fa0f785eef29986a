// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/page"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// withPage adds a page at a port that is free.
func withPage(cfg *Config) *Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = "localhost:0"
	cfg.Page = configoptional.Some(server)
	return cfg
}

// ofService returns n spans of an operation that ended just now.
func ofService(service, operation, runtime string, n int) ptrace.Traces {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(semconv.ServiceName, service)
	end := pcommon.NewTimestampFromTime(time.Now())
	for i := range n {
		span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetName(operation)
		span.SetStartTimestamp(end - pcommon.Timestamp(i+1)*1_000_000)
		span.SetEndTimestamp(end)
		describe(span.Attributes(), runtime, time.Duration(i+1)*100*time.Microsecond, i == n-1)
	}
	return traces
}

// TestPageShowsWhatTablesShow: table and page have one source, so their numbers are the same.
func TestPageShowsWhatTablesShow(t *testing.T) {
	v := newView(withPage(&Config{Interval: time.Second, By: ByOperation, Rows: 10}), exportertest.NewNopSettings(metadata.Type), &bytes.Buffer{})
	require.NoError(t, v.consumeTraces(t.Context(), ofService("pages-tokio", "GET /page", semconv.RuntimeTokio, 100)))
	require.NoError(t, v.consumeTraces(t.Context(), ofService("pages-smol", "GET /page", semconv.RuntimeSmol, 40)))

	frame, table := v.frame(live.Scope{}), v.snapshot(true)
	assert.EqualValues(t, 140, frame.Total)
	require.Len(t, frame.Lanes, 2)
	require.Len(t, table.Columns, 2)
	for i, column := range table.Columns {
		lane := frame.Lanes[i]
		assert.Equal(t, column.Runtime.String(), lane.Runtime)
		assert.EqualValues(t, column.Spans, lane.Spans)
		assert.Equal(t, column.Latency.P50.Number, lane.Curve[3], "the median is 0.3 nines")
		var whole, queued, running float64
		for _, time := range frame.Times {
			if time.Runtime == lane.Runtime {
				queued, running = time.Parts[live.QueueWait], time.Parts[live.Running]
				for _, ns := range time.Parts {
					whole += ns
				}
			}
		}
		assert.InEpsilon(t, column.Queued.Number, queued/whole, 1e-6)
		assert.InEpsilon(t, column.Polled.Number, running/whole, 1e-6)
	}
	require.Len(t, frame.Slow, 2)
	assert.Equal(t, "pages-tokio", frame.Slow[0].Service)
	assert.EqualValues(t, 100e6, frame.Slow[0].Duration)
}

// TestPageIsServed from start to shutdown, also while somebody keeps a stream open and does not read it.
func TestPageIsServed(t *testing.T) {
	cfg := withPage(&Config{Interval: time.Minute, By: ByRuntime})
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	cfg.Page.Get().NetAddr.Endpoint = listener.Addr().String()
	require.NoError(t, listener.Close())
	e, err := newTraces(t.Context(), exportertest.NewNopSettings(metadata.Type), cfg, &bytes.Buffer{})
	require.NoError(t, err)
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, e.ConsumeTraces(t.Context(), ofService("shop", "GET /order", semconv.RuntimeTokio, 10)))

	url := "http://" + listener.Addr().String()
	request := func(path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, http.NoBody)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	assert.Equal(t, http.StatusOK, request("/").StatusCode) //nolint:bodyclose // the end of the test closes it
	var frame page.Frame
	require.NoError(t, json.NewDecoder(request("/api/view?service=shop").Body).Decode(&frame)) //nolint:bodyclose // the end of the test closes it
	assert.EqualValues(t, 10, frame.Spans)
	assert.Equal(t, "text/event-stream", request("/api/events").Header.Get("Content-Type")) //nolint:bodyclose // the end of the test closes it

	require.NoError(t, e.Shutdown(t.Context()))
	require.NoError(t, e.Shutdown(t.Context()), "a second time does nothing")
	http.DefaultClient.CloseIdleConnections()
}

// TestPageWhileSpansCome: whoever looks does not disturb who counts. A view that ends later has at least as many spans.
func TestPageWhileSpansCome(t *testing.T) {
	const senders, batches, each = 4, 50, 20
	v := newView(withPage(&Config{Interval: time.Second, By: ByOperation, Rows: 10}), exportertest.NewNopSettings(metadata.Type), &bytes.Buffer{})
	var working sync.WaitGroup
	for sender := range senders {
		working.Go(func() {
			for batch := range batches {
				spans := ofService("shop", "GET /"+strconv.Itoa(sender*batches+batch), semconv.RuntimeTokio, each)
				assert.NoError(t, v.consumeTraces(t.Context(), spans))
			}
		})
		working.Go(func() {
			seen := 0.0
			for range batches {
				frame := v.frame(live.Scope{})
				assert.GreaterOrEqual(t, frame.Spans, seen)
				seen = frame.Spans
			}
		})
	}
	working.Wait()
	assert.EqualValues(t, senders*batches*each, v.frame(live.Scope{}).Spans)
}

// TestPageThatCannotBeServed names the setting.
func TestPageThatCannotBeServed(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	cfg := withPage(&Config{Interval: time.Minute, By: ByRuntime})
	cfg.Page.Get().NetAddr.Endpoint = taken.Addr().String()
	e, err := newTraces(t.Context(), exportertest.NewNopSettings(metadata.Type), cfg, &bytes.Buffer{})
	require.NoError(t, err)
	require.ErrorContains(t, e.Start(t.Context(), componenttest.NewNopHost()), `page: "`+taken.Addr().String()+`" cannot be served: `)
	require.NoError(t, e.Shutdown(t.Context()))
}

// TestPageMemory: 2,000 operations that all block and two minutes of 50,000 spans a second take at most 128 MB.
func TestPageMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	v := newView(withPage(&Config{Interval: time.Second, By: ByRuntime}), exportertest.NewNopSettings(metadata.Type), &bytes.Buffer{})
	for i := range 2_000 {
		blocks := ofService("shop", "GET /"+strconv.Itoa(i), semconv.RuntimeTokio, 2)
		for _, scope := range blocks.ResourceSpans().At(0).ScopeSpans().All() {
			find(scope.Spans().At(0).Attributes(), semconv.FindingBlocking)
		}
		require.NoError(t, v.consumeTraces(t.Context(), blocks))
	}
	batch := ofService("shop", "GET /1", semconv.RuntimeTokio, 1_000)
	end := time.Now().Add(-live.Slots * time.Second)
	for range live.Slots {
		end = end.Add(time.Second)
		for _, scope := range batch.ResourceSpans().At(0).ScopeSpans().All() {
			span := scope.Spans().At(0)
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(end))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
		}
		for range 10 {
			require.NoError(t, v.consumeTraces(t.Context(), batch))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	taken := after.HeapAlloc - before.HeapAlloc
	t.Logf("%.0f MB", float64(taken)/1e6)
	assert.Less(t, taken, uint64(128e6))
	assert.EqualValues(t, 4_000+live.Slots*10_000, v.frame(live.Scope{}).Total)
}
