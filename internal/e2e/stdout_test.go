// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// `otelcol-runtimelab ... | head -1`: the reader of the tables leaves, and the pipelines stay.
func TestReaderOfTheTablesLeaves(t *testing.T) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = reader.Close() }()
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	c := &collector{exited: make(chan struct{})}
	c.cmd = exec.Command(binary(t), "--config", writeFile(t, fmt.Sprintf(`
receivers: {otlp: {protocols: {http: {endpoint: "%s"}}}}
exporters: {runtime_view: {interval: 100ms}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [runtime_view]}}
`, endpoint)))
	c.cmd.Stdout, c.cmd.Stderr = writer, &c.stderr
	require.NoError(t, c.cmd.Start())
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.exited
	})
	require.NoError(t, writer.Close())
	go func() {
		c.err = c.cmd.Wait()
		close(c.exited)
	}()

	line, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "runtime_view: no spans received yet\n", line)
	require.NoError(t, reader.Close())

	send := func() {
		const span = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01010101010101010101010101010101","spanId":"0101010101010101",` +
			`"name":"GET","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+endpoint+"/v1/traces", strings.NewReader(span))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	send()
	c.waitFor(t, "Table not printed.*broken pipe")
	send()
}
