// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Temporality says what counters and histograms count from.
type Temporality string

// The temporalities. Whatever the choice, an UpDownCounter is cumulative, as OpenTelemetry's SDKs have it.
const (
	// Cumulative: from the start of the process.
	Cumulative Temporality = "cumulative"
	// Delta: from the sample before.
	Delta Temporality = "delta"
)

const (
	shortestInterval = 100 * time.Millisecond
	longestInterval  = time.Hour
)

// Config of the metrics that services send.
type Config struct {
	// Naming is one of semconv.Schemes. Those of Tokio's own metrics are sent by services on Tokio only.
	Naming semconv.Naming `mapstructure:"naming"`
	// Temporality is cumulative or delta.
	Temporality Temporality `mapstructure:"temporality"`
	// Interval is the virtual time between two samples, 100ms to 1h. Shorter ones show bursts and cost points.
	Interval time.Duration `mapstructure:"interval"`
	// PerWorker gives each worker points of its own where the naming leaves the choice. That shows an uneven load, and
	// multiplies the points by the number of workers.
	PerWorker bool `mapstructure:"per_worker"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// DefaultConfig is what services send if nothing else is said.
func DefaultConfig() Config {
	return Config{Naming: semconv.Schemes[0].Naming, Temporality: Cumulative, Interval: 10 * time.Second}
}

// Validate reports every mistake, each with its key, its value and what is allowed.
func (c *Config) Validate() error {
	var errs []error
	scheme := slices.IndexFunc(semconv.Schemes, func(s semconv.Scheme) bool { return s.Naming == c.Naming })
	if scheme < 0 {
		names := make([]string, len(semconv.Schemes))
		for i := range names {
			names[i] = string(semconv.Schemes[i].Naming)
		}
		errs = append(errs, fmt.Errorf("naming: %q is not allowed; want one of %s", c.Naming, strings.Join(names, ", ")))
	}
	switch {
	case c.Temporality != Cumulative && c.Temporality != Delta:
		errs = append(errs, fmt.Errorf("temporality: %q is not allowed; want %s or %s", c.Temporality, Cumulative, Delta))
	case c.Temporality == Delta && scheme >= 0 && semconv.Schemes[scheme].CumulativeOnly:
		errs = append(errs, fmt.Errorf("temporality: %q is not allowed with naming %s, which has no other than %s", c.Temporality, c.Naming, Cumulative))
	}
	if c.Interval < shortestInterval || c.Interval > longestInterval {
		errs = append(errs, fmt.Errorf("interval: %s is not allowed; want %s to %s", c.Interval, shortestInterval, longestInterval))
	}
	return errors.Join(errs...)
}
