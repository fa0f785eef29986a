// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

// load returns the configuration that testdata/config.yaml has under a key.
func load(t *testing.T, id string) (*Config, error) {
	t.Helper()
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	section, err := file.Sub(id)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	return cfg, section.Unmarshal(cfg)
}

func TestConfig(t *testing.T) {
	changed := func(change func(*Config)) *Config {
		cfg := createDefaultConfig().(*Config)
		change(cfg)
		return cfg
	}
	for id, want := range map[string]*Config{
		"runtime_stats": {
			Key:      []string{"service.name", "span.name", "span.kind", "http.route", "uri"},
			MaxKeys:  2_000,
			Window:   WindowConfig{Mode: ModeDecay, Length: time.Minute},
			MinCount: 100,
			Classes:  ClassesConfig{Elevated: 0.95, Outlier: 0.99, Extreme: 0.999, MinRatioToMedian: 2, MinDuration: time.Millisecond},
			Join:     JoinConfig{MaxInstances: 1_000, Samples: 60, IdleExpiry: 10 * time.Minute, Spans: "notable"},
			Findings: FindingsConfig{
				Kinds:    []string{"blocking_suspected", "queue_starved", "worker_skew", "never_idle", "held_after_completion", "held_up", "guard_across_await", "outlives_parent", "cpu_starved"},
				LongPoll: 10 * time.Millisecond, LongQueueWait: 5 * time.Millisecond,
			},
		},
		"runtime_stats/all": {
			Key:       []string{"service.namespace", "service.name", "span.name"},
			MaxKeys:   500,
			Window:    WindowConfig{Mode: ModeSliding, Length: 5 * time.Minute},
			MinCount:  30,
			Classes:   ClassesConfig{Elevated: 0.9, Outlier: 0.995, Extreme: 0.9995, MinRatioToMedian: 3.5, MinDuration: 20 * time.Millisecond},
			Overwrite: true,

			LatencyCategory: true,
			Storage:         &storageID,
			Join:            JoinConfig{MaxInstances: 50, Samples: 10, IdleExpiry: time.Hour, Spans: "all"},
			Findings:        FindingsConfig{Kinds: []string{"queue_starved"}, LongPoll: time.Second, LongQueueWait: time.Millisecond},
		},
		"runtime_stats/shorter_key": changed(func(c *Config) { c.Key = []string{"span.name"} }),
		"runtime_stats/runtimes": changed(func(c *Config) {
			c.DropSourceAttributes = true
			c.Runtimes = []RuntimeConfig{
				{Match: map[string]string{"service.name": "orders", "thread.name": "api-worker*"}, Name: "tokio"},
				{Match: map[string]string{"scope.name": "ingest*"}, Name: "smol"},
			}
		}),
		"runtime_stats/no_guard": changed(func(c *Config) { c.Classes.MinRatioToMedian, c.Classes.MinDuration = 0, 0 }),
	} {
		t.Run(id, func(t *testing.T) {
			cfg, err := load(t, id)
			require.NoError(t, err)
			require.NoError(t, cfg.Validate())
			assert.Equal(t, want, cfg)
		})
	}
}

func TestConfigErrors(t *testing.T) {
	for id, want := range map[string]string{
		"runtime_stats/runtimes_errors": `runtimes[0].name: "tokyo" is not allowed; want one of tokio, async_std, smol, ideal` + "\n" +
			"runtimes[1].match: {} is not allowed; want thread.name, scope.name or a resource attribute, and a pattern\n" +
			`runtimes[2].match."": "x" is not allowed; want thread.name, scope.name or a resource attribute` + "\n" +
			`runtimes[2].match.thread.name: "" is not allowed; want a pattern; * stands for any characters`,
		"runtime_stats/join": "join.max_instances: 0 is not allowed; want 1 to 100000\n" +
			"join.samples: 100000 is not allowed; want 1 to 10000\n" +
			"join.idle_expiry: 0s is not allowed; want 1s to 24h\n" +
			`join.spans: "outliers" is not allowed; want notable or all`,
		"runtime_stats/findings": `findings.kinds[1]: "slow" is not allowed; want one of blocking_suspected, queue_starved, ` +
			"worker_skew, never_idle, held_after_completion, held_up, guard_across_await, outlives_parent, cpu_starved\n" +
			"findings.kinds[2]: never_idle is not allowed; want each kind once\n" +
			"findings.long_poll: 1µs is not allowed; want 10µs to 1h\n" +
			"findings.long_queue_wait: -1s is not allowed; want 10µs to 1h",
		"runtime_stats/empty_key": "key: [] is not allowed; want at least one of span.name, span.kind or an attribute",
		"runtime_stats/key_entries": `key[1]: "" is not allowed; want span.name, span.kind or an attribute` + "\n" +
			"key[3]: span.name is not allowed; want each entry once",
		"runtime_stats/sizes": "max_keys: 0 is not allowed; want 1 to 100000\n" +
			"window.length: 500ms is not allowed; want 1s to 168h\n" +
			"min_count: -5 is not allowed; want 1 to 1000000",
		"runtime_stats/too_large": "key: 33 entries is not allowed; want at most 32\n" +
			"max_keys: 100001 is not allowed; want 1 to 100000\n" +
			"window.length: 500000h0m0s is not allowed; want 1s to 168h\n" +
			"min_count: 1000001 is not allowed; want 1 to 1000000\n" +
			"classes.min_ratio_to_median: 1001 is not allowed; want 0 to 1000\n" +
			"classes.min_duration: 1h0m1s is not allowed; want 0s to 1h\n" +
			"join.max_instances: 100001 is not allowed; want 1 to 100000\n" +
			"join.idle_expiry: 24h0m1s is not allowed; want 1s to 24h\n" +
			"findings.long_poll: 1h0m1s is not allowed; want 10µs to 1h\n" +
			"findings.long_queue_wait: 500000h0m0s is not allowed; want 10µs to 1h",
		"runtime_stats/too_large_together": "join.max_instances: 101 is not allowed; want at most 100 with join.samples 10000: " +
			"together they make 1000000 intervals of metrics or fewer",
		"runtime_stats/negative_length": "window.length: -1s is not allowed; want 1s to 168h",
		"runtime_stats/short_slices":    "window.length: 5s is not allowed; want 6s to 168h with window.mode sliding",
		"runtime_stats/unknown_mode":    `window.mode: "slide" is not allowed; want decay or sliding`,
		"runtime_stats/outlier_below_elevated": "classes.outlier: 0.95 is not allowed; want more than classes.elevated (0.99)" +
			" and less than 1",
		"runtime_stats/percent": "classes.elevated: 95 is not allowed; want more than 0 and less than 1\n" +
			"classes.outlier: 99 is not allowed; want more than 0 and less than 1\n" +
			"classes.extreme: 99.9 is not allowed; want more than 0 and less than 1",
		"runtime_stats/ratio": "classes.min_ratio_to_median: -2 is not allowed; want 0 to 1000",
		"runtime_stats/least": "classes.min_duration: -1ms is not allowed; want 0s to 1h",
		"runtime_stats/not_a_number": "classes.elevated: NaN is not allowed; want more than 0 and less than 1\n" +
			"classes.min_ratio_to_median: +Inf is not allowed; want 0 to 1000",
	} {
		t.Run(id, func(t *testing.T) {
			cfg, err := load(t, id)
			require.NoError(t, err)
			require.EqualError(t, cfg.Validate(), want)
		})
	}
}

func TestConfigRejectsUnknownKeys(t *testing.T) {
	_, err := load(t, "runtime_stats/unknown")
	require.ErrorContains(t, err, "has invalid keys: size")
}
