// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"default", func(*Config) {}, ""},
		{"delta", func(c *Config) { c.Temporality = Delta }, ""},
		{"crate", func(c *Config) { c.Naming, c.Temporality = semconv.NamingTokioCrate, Delta }, ""},
		{"prometheus", func(c *Config) { c.Naming = semconv.NamingPrometheus }, ""},
		{"shortest", func(c *Config) { c.Interval = 100 * time.Millisecond }, ""},
		{"naming", func(c *Config) { c.Naming = "tokio" }, `naming: "tokio" is not allowed; want one of async_runtime, tokio_crate, prometheus_tokio_metrics`},
		{"temporality", func(c *Config) { c.Temporality = "Delta" }, `temporality: "Delta" is not allowed; want cumulative or delta`},
		{
			"delta of Prometheus", func(c *Config) { c.Naming, c.Temporality = semconv.NamingPrometheus, Delta },
			`temporality: "delta" is not allowed with naming prometheus_tokio_metrics, which has no other than cumulative`,
		},
		{"interval 0", func(c *Config) { c.Interval = 0 }, "interval: 0s is not allowed; want 100ms to 1h0m0s"},
		{"long interval", func(c *Config) { c.Interval = 2 * time.Hour }, "interval: 2h0m0s is not allowed; want 100ms to 1h0m0s"},
		{
			"two", func(c *Config) { c.Naming, c.Interval = "", -1 },
			"naming: \"\" is not allowed; want one of async_runtime, tokio_crate, prometheus_tokio_metrics\ninterval: -1ns is not allowed; want 100ms to 1h0m0s",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := DefaultConfig()
			tc.change(&c)
			err := c.Validate()
			if tc.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, tc.want)
		})
	}
}
