// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

// config/sidecar-threads.yaml is config/sidecar.yaml with this receiver in it, and nothing else.
func TestExampleOnlyAdds(t *testing.T) {
	load := func(file string) map[string]any {
		config, err := confmaptest.LoadConf(filepath.Join("..", "..", "config", file))
		require.NoError(t, err)
		return config.ToStringMap()
	}
	part := func(of map[string]any, keys ...string) map[string]any {
		for _, key := range keys {
			of = of[key].(map[string]any)
		}
		return of
	}
	plain, threads := load("sidecar.yaml"), load("sidecar-threads.yaml")
	require.Contains(t, part(threads, "receivers"), "process_threads")
	delete(part(threads, "receivers"), "process_threads")
	metrics := part(threads, "service", "pipelines", "metrics")
	assert.Equal(t, []any{"otlp", "process_threads"}, metrics["receivers"])
	metrics["receivers"] = []any{"otlp"}
	assert.Equal(t, plain, threads)
}
