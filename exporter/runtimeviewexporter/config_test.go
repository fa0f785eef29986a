// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestConfig(t *testing.T) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	none := createDefaultConfig().(*Config).Page // a default, but no page
	require.False(t, none.HasValue())
	for id, want := range map[string]*Config{
		"runtime_view":            {Interval: 5 * time.Second, By: ByRuntime, Rows: 40, Page: none},
		"runtime_view/slow":       {Interval: time.Minute, By: ByRuntime, Rows: 40, Page: none},
		"runtime_view/shortest":   {Interval: 100 * time.Millisecond, By: ByRuntime, Rows: 40, Page: none},
		"runtime_view/titled":     {Interval: 5 * time.Second, Title: "A lock held across a wait: latency p50 of 26 ms, queue wait of next to nothing.", By: ByRuntime, Rows: 40, Page: none},
		"runtime_view/operations": {Interval: 5 * time.Second, By: ByOperation, Rows: 1, Page: none},
	} {
		t.Run(id, func(t *testing.T) {
			cfg, err := load(t, file, id)
			require.NoError(t, err)
			assert.Equal(t, want, cfg)
			assert.NoError(t, confmap.Validate(cfg))
		})
	}
}

// TestPageConfig: a page is served if somebody asks for it, on this machine if they do not say where.
func TestPageConfig(t *testing.T) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for id, want := range map[string]string{"runtime_view/page": "localhost:55690", "runtime_view/page_elsewhere": "0.0.0.0:8080"} {
		cfg, err := load(t, file, id)
		require.NoError(t, err)
		require.True(t, cfg.Page.HasValue(), id)
		assert.Equal(t, want, cfg.Page.Get().NetAddr.Endpoint)
		assert.NoError(t, confmap.Validate(cfg))
	}
}

func TestConfigInvalid(t *testing.T) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for id, want := range map[string]string{
		"runtime_view/zero":       "interval: 0s is not allowed; want 100ms to 24h",
		"runtime_view/negative":   "interval: -1s is not allowed; want 100ms to 24h",
		"runtime_view/too_short":  "interval: 99ms is not allowed; want 100ms to 24h",
		"runtime_view/too_long":   "interval: 500000h0m0s is not allowed; want 100ms to 24h",
		"runtime_view/two_lines":  `title: "one\ntwo" is not allowed; want one line of at most 79 printable characters`,
		"runtime_view/long":       `title: "` + strings.Repeat("ä", 80) + `" is not allowed; want one line of at most 79 printable characters`,
		"runtime_view/by_service": `by: "service" is not allowed; want runtime or operation`,
		"runtime_view/no_rows":    "rows: 0 is not allowed; want 1 to 2000",
	} {
		t.Run(id, func(t *testing.T) {
			cfg, err := load(t, file, id)
			require.NoError(t, err)
			assert.EqualError(t, confmap.Validate(cfg), want)
		})
	}
	t.Run("unknown key", func(t *testing.T) {
		_, err := load(t, file, "runtime_view/misspelt")
		assert.ErrorContains(t, err, "has invalid keys: intervall")
	})
}

func load(t *testing.T, file *confmap.Conf, id string) (*Config, error) {
	t.Helper()
	section, err := file.Sub(id)
	require.NoError(t, err)
	cfg := NewFactory().CreateDefaultConfig().(*Config)
	return cfg, section.Unmarshal(cfg)
}
