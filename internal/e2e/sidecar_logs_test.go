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

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestSidecarPassesLogs: a service that sends its logs where it sends its spans loses none of them, also while the backend is down
// and the sidecar is restarted.
func TestSidecarPassesLogs(t *testing.T) {
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	t.Setenv("BACKEND_ENDPOINT", endpoint)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())

	logs := plog.NewLogs()
	rl := logs.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(semconv.ServiceName, "orders")
	record := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.Body().SetStr("order 17 was shipped")
	body, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	require.NoError(t, err)

	first, otlpHTTP := sidecar(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+otlpHTTP+"/v1/logs", bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-protobuf")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, first.interrupt(t))

	received := filepath.Join(t.TempDir(), "logs.json")
	start(t, writeFile(t, fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: %q}}}}
exporters: {file: {path: %q, flush_interval: 100ms}}
service: {pipelines: {logs: {receivers: [otlp], exporters: [file]}}}
`, endpoint, received))).waitFor(t, "Everything is ready")
	sidecar(t)
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(received)
		require.NoError(t, err)
		got, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(text)
		return err == nil && got.LogRecordCount() == 1 &&
			got.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Str() == "order 17 was shipped"
	}, patience, 50*time.Millisecond)
}
