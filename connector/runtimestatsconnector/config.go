// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
)

var _ component.Config = (*Config)(nil)

// maxKeys takes 1.4 to 4.2 GB.
const maxKeys = 100_000

// Config configures the runtime_stats connector.
type Config struct {
	// Interval is the time between two exports. Lowering it shows changes sooner and sends more data points: up to three per
	// key each time.
	Interval time.Duration `mapstructure:"interval"`

	// MaxKeys is how many keys have series of their own, at 14 KB for each of their one to three histograms. The spans of
	// any further key share one series, until keys without traffic make room.
	MaxKeys int `mapstructure:"max_keys"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func createDefaultConfig() component.Config {
	return &Config{Interval: time.Minute, MaxKeys: 1_000}
}

// Validate reports everything that is wrong at once.
func (c *Config) Validate() error {
	var errs []error
	if c.Interval < time.Second || c.Interval > 24*time.Hour {
		errs = append(errs, fmt.Errorf("interval: %v is not allowed; want 1s to 24h", c.Interval))
	}
	if c.MaxKeys < 1 || c.MaxKeys > maxKeys {
		errs = append(errs, fmt.Errorf("max_keys: %d is not allowed; want 1 to %d", c.MaxKeys, maxKeys))
	}
	return errors.Join(errs...)
}
