// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// sidecar runs config/sidecar.yaml on ports of its own.
func sidecar(t *testing.T) (c *collector, otlpHTTP string) {
	t.Helper()
	otlpHTTP = fmt.Sprintf("localhost:%d", freePort(t))
	c = start(t, configFile("sidecar.yaml"),
		"receivers::otlp::protocols::http::endpoint: "+otlpHTTP,
		fmt.Sprintf("receivers::otlp::protocols::grpc::endpoint: localhost:%d", freePort(t)),
		fmt.Sprintf("extensions::health_check::endpoint: localhost:%d", freePort(t)),
		"processors::runtime_stats::window::length: 1h", // little fades until it is restarted, however slow the machine
		"exporters::otlp_grpc::retry_on_failure::initial_interval: 100ms")
	c.waitFor(t, "Everything is ready")
	return c, otlpHTTP
}

// backend receives OTLP and writes what it got to a file.
func backend(t *testing.T, endpoint string) (received string) {
	t.Helper()
	received = filepath.Join(t.TempDir(), "backend.json")
	c := start(t, writeFile(t, fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: %q}}}}
exporters: {file: {path: %q, flush_interval: 100ms}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [file]}}}
`, endpoint, received)))
	c.waitFor(t, "Everything is ready")
	return received
}

// rustService makes what a Tokio service with tracing-opentelemetry sends: n requests of 1 ms and a few of 50 ms.
func rustService(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr(semconv.ServiceName, "orders")
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	start := time.Now().Add(-time.Second)
	for i := range n {
		span := spans.AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1, byte(i >> 8), byte(i)})
		span.SetSpanID(pcommon.SpanID{1, byte(i >> 8), byte(i)})
		span.SetName("GET /orders/{id}")
		span.SetKind(ptrace.SpanKindServer)
		d := time.Millisecond + time.Duration(i%7)*10*time.Microsecond
		if i%150 == 149 {
			d = 50 * time.Millisecond
		}
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(d)))
		a := span.Attributes()
		a.PutStr(semconv.ThreadName, semconv.ThreadTokio)
		a.PutInt(semconv.BusyNs, int64(d/4))
		a.PutInt(semconv.IdleNs, int64(d-d/4))
	}
	return td
}

func post(t *testing.T, endpoint string, td ptrace.Traces) {
	t.Helper()
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+endpoint+"/v1/traces", bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// TestSidecar tells of a backend that is down while a service sends, and of a sidecar that is restarted meanwhile: when
// both are back, the backend has every span, explained.
func TestSidecar(t *testing.T) {
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	t.Setenv("BACKEND_ENDPOINT", endpoint)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())

	// The service sends; the backend is down; the sidecar keeps trying.
	first, otlpHTTP := sidecar(t)
	post(t, otlpHTTP, rustService(400))
	first.waitFor(t, "Exporting failed. Will retry")

	// The pod is stopped, with the spans in its queue on disk: it does not wait for the backend, which it would try for ever.
	require.NoError(t, first.interrupt(t))

	// Backend and sidecar come back.
	received := backend(t, endpoint)
	sidecar(t)
	var text []byte
	require.Eventually(t, func() bool {
		text, _ = os.ReadFile(received)
		return bytes.HasSuffix(text, []byte("\n"))
	}, patience, 50*time.Millisecond)

	spans, outliers := 0, 0
	for line := range bytes.Lines(text) {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			spans++
			a := span.Attributes().AsRaw()
			assert.Equal(t, semconv.RuntimeTokio, a[semconv.RuntimeName])
			assert.InDelta(t, 0.25, a[semconv.BusyRatio], 1e-3)
			assert.NotContains(t, a, semconv.QueueWaitNs, "a plain service does not know it")
			if a[semconv.LatencyOutlier] == true {
				outliers++
				assert.EqualValues(t, 50*time.Millisecond, span.EndTimestamp()-span.StartTimestamp())
			}
		}
	}
	assert.Equal(t, 400, spans)
	assert.Equal(t, 2, outliers)
}

// TestSidecarRemembers restarts a sidecar: the first span after it is compared with those before it.
func TestSidecarRemembers(t *testing.T) {
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	t.Setenv("BACKEND_ENDPOINT", endpoint)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())
	received := backend(t, endpoint)

	first, otlpHTTP := sidecar(t)
	post(t, otlpHTTP, rustService(400))
	require.NoError(t, first.interrupt(t))

	second, otlpHTTP := sidecar(t)
	second.waitFor(t, "Windows restored.*\"keys\": 1")
	slow := rustService(150)
	slow.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(span ptrace.Span) bool {
		return span.EndTimestamp()-span.StartTimestamp() < pcommon.Timestamp(50*time.Millisecond)
	})
	require.Equal(t, 1, slow.SpanCount())
	span := slow.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetEndTimestamp(span.StartTimestamp() + pcommon.Timestamp(500*time.Millisecond)) // slower than all before
	slow.ResourceSpans().At(0).Resource().Attributes().PutStr("run", "second")
	post(t, otlpHTTP, slow)
	var text []byte
	require.Eventually(t, func() bool {
		text, _ = os.ReadFile(received)
		return bytes.Contains(text, []byte(`"second"`)) && bytes.HasSuffix(text, []byte("\n"))
	}, patience, 50*time.Millisecond)

	a := map[string]any{}
	for line := range bytes.Lines(text) { // what the first left may come with what the second sends
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		for _, rs := range td.ResourceSpans().All() {
			if _, second := rs.Resource().Attributes().Get("run"); second {
				a = rs.ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
			}
		}
	}
	assert.Equal(t, true, a[semconv.LatencyOutlier], "%v", a)
	assert.InDelta(t, 400, a[semconv.LatencyBaselineCount], 100, "faded a little")
}

// TestSidecarStop: a pod is deleted, its queue with it, while spans wait for a batch to fill. The backend has them nevertheless.
func TestSidecarStop(t *testing.T) {
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	t.Setenv("BACKEND_ENDPOINT", endpoint)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())
	received := backend(t, endpoint)
	c, otlpHTTP := sidecar(t)
	post(t, otlpHTTP, rustService(400))
	require.NoError(t, c.interrupt(t))

	require.Eventually(t, func() bool {
		text, err := os.ReadFile(received)
		require.NoError(t, err)
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
		return err == nil && td.SpanCount() == 400
	}, patience, 50*time.Millisecond)
}
