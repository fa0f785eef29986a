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
	for _, added := range [][]string{
		{"receivers", "process_threads"},
		{"receivers", "process_threads/often"},
		{"processors", "runtime_stats", "join"},
		{"exporters", "nop"},
		{"service", "pipelines", "metrics/threads"},
		{"service", "pipelines", "metrics/often"},
	} {
		in, key := part(threads, added[:len(added)-1]...), added[len(added)-1]
		require.Contains(t, in, key)
		delete(in, key)
	}
	assert.Equal(t, plain, threads)
}
