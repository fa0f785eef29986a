// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

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
	state := component.MustNewIDWithName("file_storage", "state")
	limits := audit.DefaultLimits()
	for id, want := range map[string]struct {
		expect audit.Expectations
		limits audit.Limits
		rest   Config
		// endpoint of state.http
		endpoint string
	}{
		"load_verify": {
			limits: limits,
			rest:   Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
		},
		"load_verify/all": {
			expect: audit.Expectations{
				MaxDuplicates: 0.01, MaxCorrupt: 0.02, AllowUnexpected: true, LatencyP99: 250 * time.Millisecond,
				Deadline: time.Minute, Sources: 4, Sampled: &audit.Sampled{Ratio: 0.1, Tolerance: 0.01, Signals: []audit.Signal{audit.Traces}},
			},
			limits: audit.Limits{Runs: limits.Runs, Sources: 5, GapBytes: 7 << 20, Spans: limits.Spans, Traces: limits.Traces},
			rest: Config{
				Grace: 10 * time.Second, Interval: time.Second, TableInterval: 30 * time.Second, Report: "verdict.json", Storage: &state,
			},
		},
		"load_verify/content": {
			expect: audit.Expectations{Ordered: true, Content: &audit.ContentExpectation{Max: 0.01, Changes: []audit.Change{
				{Path: `span.attributes["url.query"]`, Kind: audit.Removed, Signals: audit.Set(0).With(audit.Traces)},
				{Path: "log.body", Kind: audit.Changed, Signals: audit.Set(0).With(audit.Logs)},
			}}},
			limits: limits,
			rest:   Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
		},
		"load_verify/odd": {
			expect: audit.Expectations{Odd: &audit.OddExpectation{Dropped: []string{"span.zero_*"}, Changed: []string{"log.long_body"}, Either: []string{"metric.*"}}},
			limits: limits,
			rest:   Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
		},
		"load_verify/classes": {
			expect: audit.Expectations{WholeTraces: true, Classes: &audit.ClassesExpectation{
				Kept: []string{"errors"}, Either: []string{"slow"}, Signals: []audit.Signal{audit.Traces},
			}},
			limits: limits,
			rest:   Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
		},
		"load_verify/shared": {
			expect: audit.Expectations{Verifiers: 3},
			limits: limits,
			rest: Config{
				Grace: 5 * time.Second, Interval: 5 * time.Second, State: StateConfig{Verifier: "one", File: "one.state"},
			},
			endpoint: "localhost:4329",
		},
		"load_verify/served": {
			expect:   audit.Expectations{Verifiers: 2},
			limits:   limits,
			rest:     Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
			endpoint: "localhost:5000",
		},
		"load_verify/loss": {
			expect: audit.Expectations{MaxLoss: 0.001},
			limits: limits,
			rest:   Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
		},
		"load_verify/sampled_signals": {
			expect: audit.Expectations{Sampled: &audit.Sampled{Ratio: 1, Signals: []audit.Signal{audit.Logs, audit.Metrics}}},
			limits: limits,
			rest:   Config{Grace: 5 * time.Second, Interval: 5 * time.Second},
		},
	} {
		t.Run(id, func(t *testing.T) {
			cfg, err := load(t, id)
			require.NoError(t, err)
			require.NoError(t, confmap.Validate(cfg))
			expect, _, err := cfg.Expect.expectations()
			require.NoError(t, err)
			want.expect.Verifiers = max(want.expect.Verifiers, 1)
			assert.Equal(t, want.expect, expect)
			assert.Equal(t, want.limits, cfg.limits())
			if want.endpoint != "" {
				require.True(t, cfg.State.HTTP.HasValue())
				assert.Equal(t, want.endpoint, cfg.State.HTTP.Get().NetAddr.Endpoint)
			} else {
				assert.False(t, cfg.State.HTTP.HasValue())
			}
			cfg.State.HTTP = want.rest.State.HTTP
			cfg.Expect, cfg.MaxSources, cfg.MaxGapMiB = ExpectConfig{}, 0, 0
			assert.Equal(t, &want.rest, cfg)
		})
	}
}

func TestConfigInvalid(t *testing.T) {
	for id, want := range map[string][]string{
		"load_verify/bad_shares": {
			"expect.max_loss: 1.5 is not allowed; want 0 to 1", "expect.max_duplicates: -1 is not allowed; want 0 to 1000",
			"expect.max_corrupt: -0.1 is not allowed; want 0 to 1000", "expect.sources: -1 is not allowed; want 0 (any) to 10000",
		},
		"load_verify/bad_times": {
			"expect.latency_p99: -1s is not allowed; want 0s", "expect.deadline: -2s is not allowed; want 0s",
			"grace: -3s is not allowed; want 0s to 24h", "interval: 1ms is not allowed; want 100ms to 1h",
			"table_interval: 2ms is not allowed; want 0s",
		},
		"load_verify/no_verifiers":    {"expect.verifiers: 0 is not allowed; want 1 to 10000"},
		"load_verify/unasked":         {`state.verifier: "c" is not allowed; want one of state.verifiers: a, b`},
		"load_verify/names_of_others": {"state.verifiers: a list of 2 is not allowed; want 3 names, as expect.verifiers says"},
		"load_verify/nobody_reads": {
			"expect.verifiers: 2 is not allowed; want 1, or state.file or state.http too", "state.verifier: a name of 257 bytes is not allowed; want at most 256",
		},
		"load_verify/bad_sampled": {
			"expect.max_loss: 0.1 is not allowed; want none beside expect.sampled",
			"expect.sampled.ratio: 0 is not allowed; want more than 0, at most 1",
			"expect.sampled.tolerance: 2 is not allowed; want 0 or more, and less than ratio",
			`expect.sampled.signals[1]: "profiles" is not allowed; want traces, metrics or logs`,
		},
		"load_verify/no_signals": {"expect.sampled.signals: [] is not allowed; want some of traces, metrics, logs"},
		"load_verify/bad_classes": {
			"expect.classes.kept: not allowed beside expect.classes.dropped; want one of them",
			`expect.classes: name 2, "errors", is not allowed; want each class once`,
			`expect.classes.signals[0]: "spans" is not allowed; want traces, metrics or logs`,
			"expect.classes: not allowed beside expect.sampled",
		},
		"load_verify/bad_odd": {
			`expect.odd.dropped[0]: "span.zero" is not allowed; want a kind, or the begin of some and a star, such as span.*; kinds are span.end_before_start, `,
			`expect.odd.either[0]: "span.own_parent" is not allowed twice; want it in expect.odd.changed[0] alone`,
			`expect.odd.either[1]: "trace*" is not allowed`,
		},
		"load_verify/no_classes": {"expect.classes: {} is not allowed; want kept, or dropped, or either"},
		"load_verify/bad_content": {
			"expect.content.max_share: -1 is not allowed; want 0 to 1000",
			`expect.content.removed[0]: "http.route" is not allowed; want an attribute such as span.attributes["http.route"]`,
			`expect.content.removed[1]: "span.attributes[\"load_verify.run\"]" is not allowed`,
			`expect.content.changed[0]: "span.attributes[\"http.*\"]" is not allowed; want a whole name, without *`,
			`expect.content.may_differ: "span.events" is not allowed beside expect.content.changed, which has it too; want it once`,
			`expect.content.added[0]: "profile.attributes[\"x\"]" is not allowed`,
			`expect.content.forbidden[0]: "(" is not allowed; want a pattern in RE2`,
			`expect.content.forbidden[1]: "" is not allowed; want a pattern in RE2`,
		},
		"load_verify/bad_limits": {"max_sources: 0 is not allowed; want 1 to 1000000", "max_gap_mib: 0 is not allowed; want 1 to 65536"},
		"load_verify/too_large": {
			"expect.max_duplicates: +Inf is not allowed; want 0 to 1000", "expect.max_corrupt: NaN is not allowed; want 0 to 1000",
			"expect.latency_p99: 2m1s is not allowed; want 0s (any) to 2m", "expect.deadline: 500000h0m0s is not allowed; want 0s (any) to 8760h",
			"expect.sources: 1000002 is not allowed; want 0 (any) to 1000001, which is max_sources",
			"expect.sampled.tolerance: 0.2 is not allowed; want 0 or more, and less than ratio",
			"grace: 25h0m0s is not allowed; want 0s to 24h", "interval: 2h0m0s is not allowed; want 100ms to 1h",
			"table_interval: 25h0m0s is not allowed; want 0s", "max_sources: 1000001 is not allowed; want 1 to 1000000",
			"max_gap_mib: 65537 is not allowed; want 1 to 65536",
		},
	} {
		t.Run(id, func(t *testing.T) {
			cfg, err := load(t, id)
			require.NoError(t, err)
			err = confmap.Validate(cfg)
			for _, text := range want {
				assert.ErrorContains(t, err, text)
			}
		})
	}
	t.Run("unknown key", func(t *testing.T) {
		_, err := load(t, "load_verify/misspelt")
		assert.ErrorContains(t, err, "has invalid keys: max_los")
	})
}
