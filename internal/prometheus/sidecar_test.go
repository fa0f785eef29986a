// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// shippedQueue is the size of the queues in bytes as the configuration has it.
const shippedQueue = 134_217_728

// sidecar is a running config/sidecar-metrics.yaml on ports of its own.
type sidecar struct{ grpc, http string }

// startSidecar runs a sidecar of a backend and a Prometheus, every second where it waits for longer. Its queues hold so many bytes.
func startSidecar(t *testing.T, server prometheusServer, backend string, queue int) sidecar {
	t.Helper()
	t.Setenv("BACKEND_ENDPOINT", backend)
	t.Setenv("BACKEND_INSECURE", "true")
	t.Setenv("SIDECAR_STATE", t.TempDir())
	t.Setenv("PROMETHEUS_ENDPOINT", server.url+"/api/v1/otlp")
	var config map[string]any
	require.NoError(t, yaml.Unmarshal(readFile(t, "config/sidecar-metrics.yaml"), &config))
	set := func(value any, path ...any) {
		at := any(config)
		for _, step := range path[:len(path)-1] {
			switch step := step.(type) {
			case string:
				at = at.(map[string]any)[step]
			case int:
				at = at.([]any)[step]
			}
		}
		last := path[len(path)-1].(string)
		require.Contains(t, at, last)
		at.(map[string]any)[last] = value
	}
	_, port, err := net.SplitHostPort(freeAddress(t))
	require.NoError(t, err)
	own, err := strconv.Atoi(port)
	require.NoError(t, err)
	s := sidecar{grpc: freeAddress(t), http: freeAddress(t)}
	set(s.grpc, "receivers", "otlp", "protocols", "grpc", "endpoint")
	set(s.http, "receivers", "otlp", "protocols", "http", "endpoint")
	set(freeAddress(t), "extensions", "health_check", "endpoint")
	set(queue, "exporters", "otlp_grpc", "sending_queue", "queue_size")
	set("1s", "connectors", "runtime_stats", "interval")
	set("1s", "connectors", "span_metrics", "metrics_flush_interval")
	set(own, "service", "telemetry", "metrics", "readers", 0, "pull", "exporter", "prometheus", "port")
	set(1000, "service", "telemetry", "metrics", "readers", 1, "periodic", "interval")
	text, err := yaml.Marshal(config)
	require.NoError(t, err)
	start(t, "Everything is ready", program(t, "dist/otelcol-runtimelab"), "--config", writeFile(t, string(text)))
	return s
}
