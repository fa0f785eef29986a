// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := cm.Sub(component.NewIDWithName(metadata.Type, name).String())
	require.NoError(t, err)
	cfg := NewDefaultConfig()
	require.NoError(t, sub.Unmarshal(cfg))
	return cfg
}

func TestConfig(t *testing.T) {
	cfg := load(t, "full")
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, uint64(42), cfg.Seed)
	assert.Equal(t, ClockUnpaced, cfg.Clock)
	assert.Equal(t, time.Minute, cfg.Duration)
	assert.Equal(t, BackpressureDrop, cfg.OnBackpressure)
	assert.False(t, cfg.TaskFields)
	f, err := cfg.fleet("", nil)
	require.NoError(t, err)
	assert.Positive(t, f.SliceLength())
}

func TestInvalidConfig(t *testing.T) {
	for name, want := range map[string][]string{
		"no_services": {"services: null is not allowed; want a list of services"},
		"bad_values": {
			`clock: "slow" is not allowed; want realtime or unpaced`,
			`duration: -1s is not allowed; want 0s (until stopped) or more`,
			`slice: 1s is not allowed; want 1ms to 100ms`,
			`on_backpressure: "shrug" is not allowed; want block or drop`,
			`services[0].runtime.worker_threads: 0 is not allowed; want 1 to 1024`,
		},
		"verify_alone": {
			"verify_content: true is not allowed without verify: true; want both, or neither",
			"verify_traces: true is not allowed without verify: true; want both, or neither",
			"classes: not allowed without verify: true; want both, or neither",
		},
		"bad_classes": {
			"verify_traces: true is not allowed with shard.total: 2; want 1, because a shard does not see whole traces",
			`classes[0].name: "rest" is not allowed; want 1 to 64 bytes, and not rest`,
			`classes[0].item: "(" is not allowed; want a pattern in RE2`,
			`classes[0].status: "bad" is not allowed; want unset, ok or error`,
			`classes[0].signals[0]: "spans" is not allowed; want some of traces, metrics, logs`,
			`classes[1].attributes["http.route"]: "[" is not allowed; want a pattern in RE2`,
			`classes[1].whole_traces: true is not allowed beside false in classes[0]`,
			`classes[2].name: "a" is not allowed twice`,
		},
		"reserved_attribute": {`services[0].operations[0].attributes.busy_ns: recorded by the runtime or derived from it; want an attribute of the operation's own`},
	} {
		t.Run(name, func(t *testing.T) {
			err := confmap.Validate(load(t, name))
			require.Error(t, err)
			for _, w := range want {
				assert.ErrorContains(t, err, w)
			}
		})
	}
}
