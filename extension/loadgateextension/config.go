// SPDX-License-Identifier: Apache-2.0

package loadgateextension

import (
	"errors"
	"runtime"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config of the extension.
type Config struct {
	// StopCollector: the Collector stops when all loads have ended by themselves, and exits with 0. If it is stopped before that, it exits with 1. So a Job of
	// Kubernetes completes when its load has been sent, and fails when the load was cut short.
	StopCollector bool `mapstructure:"stop_collector"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

// Validate implements confmap.Validator.
func (c *Config) Validate() error {
	if c.StopCollector && runtime.GOOS == "windows" {
		return errors.New("stop_collector: true is not allowed on Windows, where a process cannot interrupt itself; want false")
	}
	return nil
}
