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
			"processes[0].pid: -1 is not allowed; want 1 to 4194304, or nothing", `processes[1].cmdline: "(" is not allowed; want a regular expression`,
			`processes[1].resource: the key "process.pid" is not allowed`,
		},
		"process_threads/interval": {"collection_interval: 5ns is not allowed; want 100ms to 1h"},
		"process_threads/times": {
			"collection_interval: 2h0m0s is not allowed; want 100ms to 1h", "initial_delay: -1s is not allowed; want 0s to 1h",
			"timeout: 5ns is not allowed; want 100ms to 1h, or 0s for none",
		},
		"process_threads/names": {
			"processes[0].pid: 4194305 is not allowed; want 1 to 4194304, or nothing", `processes[0].name: "a\x00" is not allowed; want a name, which has no NUL`,
			`processes[1].executable: "/" is not allowed; want the name of a file`, `processes[2].executable: "/srv/" is not allowed`,
			`processes[3].executable: "." is not allowed`, `processes[4].executable: "a\x00" is not allowed`,
			"processes[6]: names what processes[5] names",
		},
		"process_threads/off": {"metrics: all of them are off; want one that is on"},
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

// What is no number of a process is not taken for one.
func TestConfigTypes(t *testing.T) {
	for yaml, want := range map[string]string{
		"pid: 1.5":      "processes[1].pid: 1.5 is not allowed; want a whole number",
		"pid: 7.0":      "processes[1].pid: 7 is not allowed; want a whole number",
		"pid: seven":    `processes[1].pid: "seven" is not allowed; want a whole number`,
		"pid: '7'":      `processes[1].pid: "7" is not allowed; want a whole number`,
		"name: [a]":     "processes[1].name",
		"executable: 7": "processes[1].executable",
	} {
		retrieved, err := confmap.NewRetrievedFromYAML([]byte("processes: [{name: orders}, {" + yaml + "}]"))
		require.NoError(t, err)
		conf, err := retrieved.AsConf()
		require.NoError(t, err)
		assert.ErrorContains(t, conf.Unmarshal(createDefaultConfig()), want, yaml)
	}
}

// A name may have what looks like a path: kernel threads have such.
func TestConfigNames(t *testing.T) {
	for _, p := range []ProcessConfig{{Name: "kworker/0:1"}, {Name: "a\nb"}, {Executable: "/srv/orders"}, {Executable: "..."}, {PID: maxPID}} {
		config := createDefaultConfig().(*Config)
		config.Processes = []ProcessConfig{p}
		assert.NoError(t, confmap.Validate(config))
	}
}
