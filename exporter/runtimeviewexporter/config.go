package runtimeviewexporter

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
)

// minInterval keeps a console readable and the cost of snapshots far below that of counting; a table that comes less often than once
// in maxInterval is a slip of the unit.
const (
	minInterval = 100 * time.Millisecond
	maxInterval = 24 * time.Hour
)

// Config says how often the table is printed.
type Config struct {
	// Interval is the time between two tables, and the window over which their rate is taken. Shorter follows changes
	// sooner, but fills the console and makes the rate jump where spans arrive in batches: a window that is no longer
	// than the time between batches shows either a whole batch or nothing.
	Interval time.Duration `mapstructure:"interval"`

	// Forbids literals without field names.
	_ struct{}
}

var _ component.Config = (*Config)(nil)

// Validate reports the first setting that cannot work.
func (c *Config) Validate() error {
	if c.Interval < minInterval || c.Interval > maxInterval {
		return fmt.Errorf("interval: %v is not allowed; want 100ms to 24h", c.Interval)
	}
	return nil
}

func createDefaultConfig() component.Config {
	return &Config{Interval: 5 * time.Second}
}
