// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
)

// minInterval keeps a console readable and the cost of snapshots far below that of counting; a table that comes less often than once
// in maxInterval is a slip of the unit.
const (
	minInterval = 100 * time.Millisecond
	maxInterval = 24 * time.Hour
)

// Values of Config.By.
const (
	ByRuntime   = "runtime"
	ByOperation = "operation"
)

// Config says what the table is called and how often it is printed.
type Config struct {
	// Interval is the time between two tables, and the window over which their rate is taken. Shorter follows changes
	// sooner, but fills the console and makes the rate jump where spans arrive in batches: a window that is no longer
	// than the time between batches shows either a whole batch or nothing.
	Interval time.Duration `mapstructure:"interval"`

	// Title is a line of its own above each table, for a reader who sees several tables scroll by: what this one shows. Empty prints
	// none; the id of the exporter stands in the heading in any case.
	Title string `mapstructure:"title"`

	// By says what the table compares: ByRuntime, the default, has a column for each runtime; ByOperation has a row for each operation of each
	// service, with what was found on its spans.
	By string `mapstructure:"by"`

	// Rows is how many operations of a service a table by operation shows: those with the most trouble. The others are counted.
	Rows int `mapstructure:"rows"`

	// Page serves a page that shows the last two minutes, and what one selects of them. None is served unless this is set. Whoever reaches
	// the endpoint can read the names of services and operations, and ids of traces: by default only who is on this machine.
	Page configoptional.Optional[confighttp.ServerConfig] `mapstructure:"page"`

	// Forbids literals without field names.
	_ struct{}
}

var _ component.Config = (*Config)(nil)

// maxRows is how many operations there can be.
const maxRows = 2_000

// maxTitle is what a terminal of 80 columns shows on one line, as it does the tables.
const maxTitle = 79

// Validate reports the first setting that cannot work.
func (c *Config) Validate() error {
	if c.Interval < minInterval || c.Interval > maxInterval {
		return fmt.Errorf("interval: %v is not allowed; want 100ms to 24h", c.Interval)
	}
	if utf8.RuneCountInString(c.Title) > maxTitle || strings.ContainsFunc(c.Title, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("title: %q is not allowed; want one line of at most %d printable characters", c.Title, maxTitle)
	}
	if c.By != ByRuntime && c.By != ByOperation {
		return fmt.Errorf("by: %q is not allowed; want %s or %s", c.By, ByRuntime, ByOperation)
	}
	if c.Rows < 1 || c.Rows > maxRows {
		return fmt.Errorf("rows: %d is not allowed; want 1 to %d", c.Rows, maxRows)
	}
	return nil
}

// defaultPage is where the page is served, if it is served.
const defaultPage = "localhost:55690"

func createDefaultConfig() component.Config {
	page := confighttp.NewDefaultServerConfig()
	page.NetAddr.Endpoint = defaultPage
	return &Config{Interval: 5 * time.Second, By: ByRuntime, Rows: 40, Page: configoptional.Default(page)}
}
