// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
)

// JoinConfig says how spans are seen in the light of their runtime's metrics.
type JoinConfig struct {
	// MaxInstances is how many service instances are watched at a time. The metrics of any further instance pass unread, and
	// are counted, until one has fallen silent.
	MaxInstances int `mapstructure:"max_instances"`

	// Samples is how many intervals of metrics are kept of each instance: at 32 bytes, and another 88 to 2,136 where the kernel tells of its
	// process. They must cover how late spans come.
	Samples int `mapstructure:"samples"`

	// IdleExpiry is after how long without metrics an instance is forgotten.
	IdleExpiry time.Duration `mapstructure:"idle_expiry"`

	// Spans says which spans are joined: `notable` (outliers and those with a finding) or `all`.
	Spans string `mapstructure:"spans"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Values of `join.spans`.
const (
	joinNotable = "notable"
	joinAll     = "all"
)

func defaultJoin() JoinConfig {
	return JoinConfig{MaxInstances: 1_000, Samples: 60, IdleExpiry: 10 * time.Minute, Spans: joinNotable}
}

func (c *JoinConfig) validate(reject func(key string, value any, want string)) {
	const (
		maxInstances = 100_000
		maxSamples   = 10_000
		maxTogether  = 1_000_000 // 2.2 GB, if the kernel tells of all instances, of as many groups of threads as are told apart
	)
	switch {
	case c.MaxInstances < 1 || c.MaxInstances > maxInstances:
		reject("join.max_instances", c.MaxInstances, fmt.Sprintf("1 to %d", maxInstances))
	case c.Samples >= 1 && c.Samples <= maxSamples && c.MaxInstances*c.Samples > maxTogether:
		reject("join.max_instances", c.MaxInstances, fmt.Sprintf("at most %d with join.samples %d: together they make %d intervals of metrics or fewer",
			maxTogether/c.Samples, c.Samples, maxTogether))
	}
	if c.Samples < 1 || c.Samples > maxSamples {
		reject("join.samples", c.Samples, fmt.Sprintf("1 to %d", maxSamples))
	}
	if c.IdleExpiry < time.Second || c.IdleExpiry > 24*time.Hour {
		reject("join.idle_expiry", c.IdleExpiry, "1s to 24h")
	}
	if c.Spans != joinNotable && c.Spans != joinAll {
		reject("join.spans", fmt.Sprintf("%q", c.Spans), joinNotable+" or "+joinAll)
	}
}

func (c *JoinConfig) settings() instances.Settings {
	return instances.Settings{MaxInstances: c.MaxInstances, Samples: c.Samples, IdleExpiry: c.IdleExpiry}
}
