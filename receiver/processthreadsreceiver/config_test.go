// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestConfig(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	full := createDefaultConfig().(*Config)
	full.CollectionInterval, full.InitialDelay, full.Timeout = 500*time.Millisecond, 0, time.Second
	full.DiscoveryInterval, full.RootPath = 10*time.Second, "/hostfs"
	full.Metrics.ProcessCPUTime.Enabled = false
	full.Processes = []ProcessConfig{
		{PID: 7, Resource: map[string]string{"service.name": "orders"}}, {Name: "pages"}, {Executable: "/srv/pages", Cmdline: "--port [0-9]+"},
	}
	least := createDefaultConfig().(*Config)
	least.Processes = []ProcessConfig{{Name: "orders"}}
	for name, want := range map[string]*Config{"process_threads": least, "process_threads/full": full} {
		config := createDefaultConfig().(*Config)
		part, err := all.Sub(name)
		require.NoError(t, err)
		require.NoError(t, part.Unmarshal(config))
		require.NoError(t, confmap.Validate(config))
		assert.Equal(t, want.Metrics.ProcessCPUTime.Enabled, config.Metrics.ProcessCPUTime.Enabled)
		want.Metrics.ProcessCPUTime = config.Metrics.ProcessCPUTime // it also has whether it was set
		assert.Equal(t, want, config)
	}
	for name, want := range map[string][]string{
		"process_threads/none":  {"processes: there are none"},
		"process_threads/empty": {"processes[1]: names no process; want pid, name, executable or cmdline"},
		"process_threads/wrong": {
			"discovery_interval: 10ms is not allowed; want 100ms to 1h", `root_path: "hostfs" is not allowed; want an absolute path, or nothing`,
			"processes[0].pid: -1 is not allowed; want 1 or more", `processes[1].cmdline: "(" is not allowed; want a regular expression`,
			`processes[1].resource: the key "process.pid" is not allowed`,
		},
		"process_threads/interval": {"collection_interval"},
	} {
		config := createDefaultConfig().(*Config)
		part, err := all.Sub(name)
		require.NoError(t, err)
		require.NoError(t, part.Unmarshal(config))
		err = confmap.Validate(config)
		require.Error(t, err, name)
		for _, w := range want {
			assert.ErrorContains(t, err, w)
		}
	}
}
