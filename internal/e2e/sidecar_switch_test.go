// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	binaryEncoding "encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// offer sends a span of a Rust service until the sidecar takes it, as an SDK does that tries again while nobody listens.
func offer(t *testing.T, endpoint string, number int) {
	t.Helper()
	td := rustService(1)
	id := pcommon.SpanID{}
	binaryEncoding.BigEndian.PutUint64(id[:], uint64(number+1))
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetSpanID(id)
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+endpoint+"/v1/traces", bytes.NewReader(body))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/x-protobuf")
		resp, err := http.DefaultClient.Do(req)
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond, "the sidecar takes nothing")
}

// TestSwitch turns enrichment off and on again, as docs/sidecar.md says, while a service sends: the sidecar's process goes on, and what it
// took arrives, with or without attributes.
func TestSwitch(t *testing.T) {
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	t.Setenv("BACKEND_ENDPOINT", endpoint)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())
	received := backend(t, endpoint)

	text, err := os.ReadFile(configFile("sidecar.yaml"))
	require.NoError(t, err)
	const on, off = "    traces:\n      receivers: [otlp]\n      processors: [memory_limiter, runtime_stats]\n",
		"    traces:\n      receivers: [otlp]\n      processors: [memory_limiter]\n"
	require.Contains(t, string(text), on)
	config := filepath.Join(t.TempDir(), "sidecar.yaml")
	require.NoError(t, os.WriteFile(config, text, 0o600))
	otlpHTTP := fmt.Sprintf("localhost:%d", freePort(t))
	c := start(t, config,
		"receivers::otlp::protocols::http::endpoint: "+otlpHTTP,
		fmt.Sprintf("receivers::otlp::protocols::grpc::endpoint: localhost:%d", freePort(t)),
		fmt.Sprintf("extensions::health_check::endpoint: localhost:%d", freePort(t)),
		"exporters::otlp_grpc::retry_on_failure::initial_interval: 100ms")
	c.waitFor(t, "Everything is ready")

	number := 0
	send := func(n int) (first, last int) {
		first = number
		for ; number < first+n; number++ {
			offer(t, otlpHTTP, number)
		}
		return first, number
	}
	ready := "(?s)Everything is ready"
	reload := func(text string) {
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		require.NoError(t, c.cmd.Process.Signal(syscall.SIGHUP))
		send(100) // while it reloads
		ready += ".*Everything is ready"
		c.waitFor(t, ready)
	}
	_, enriched := send(100)
	reload(strings.Replace(string(text), on, off, 1))
	firstPlain, lastPlain := send(100)
	reload(string(text))
	again, _ := send(100)

	named := map[int]bool{} // the spans that came, and whether they were enriched
	require.Eventually(t, func() bool {
		for _, line := range lines(t, received) {
			td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
			require.NoError(t, err)
			for _, resource := range td.ResourceSpans().All() {
				for _, span := range resource.ScopeSpans().At(0).Spans().All() {
					id := span.SpanID()
					_, isNamed := span.Attributes().Get(semconv.RuntimeName)
					named[int(binaryEncoding.BigEndian.Uint64(id[:]))-1] = isNamed
				}
			}
		}
		return len(named) == number
	}, patience, 100*time.Millisecond, "all that the sidecar took arrives")
	for i := range number {
		switch {
		case i < enriched, i >= again:
			assert.True(t, named[i], "span %d", i)
		case i >= firstPlain && i < lastPlain:
			assert.False(t, named[i], "span %d", i)
		}
	}
	assert.False(t, c.hasEnded())
	require.NoError(t, c.interrupt(t))
}
