// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Level is the least severe level that a service logs: its EnvFilter.
type Level string

// The levels.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelError Level = "error"
)

// severity is what opentelemetry-appender-tracing makes of a level.
type severity struct {
	number plog.SeverityNumber
	text   string
}

var severities = map[Level]severity{
	LevelDebug: {plog.SeverityNumberDebug, "DEBUG"},
	LevelInfo:  {plog.SeverityNumberInfo, "INFO"},
	LevelError: {plog.SeverityNumberError, "ERROR"},
}

// ownSeverities are what services say themselves.
var ownSeverities = [...]severity{
	workload.Trace: {plog.SeverityNumberTrace, "TRACE"}, workload.Debug: severities[LevelDebug], workload.Info: severities[LevelInfo],
	workload.Warn: {plog.SeverityNumberWarn, "WARN"}, workload.Error: severities[LevelError], workload.Fatal: {plog.SeverityNumberFatal, "FATAL"},
}

// LogsConfig says what services log.
type LogsConfig struct {
	// Level is debug, info or error. At debug every task makes two records; at info there are events and errors, at error only these.
	Level Level `mapstructure:"level"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// DefaultLogsConfig is what services log if nothing else is said.
func DefaultLogsConfig() LogsConfig { return LogsConfig{Level: LevelDebug} }

// Validate reports a level that there is not.
func (c *LogsConfig) Validate() error {
	if _, known := severities[c.Level]; known {
		return nil
	}
	return fmt.Errorf("level: %q is not allowed; want %s, %s or %s", c.Level, LevelDebug, LevelInfo, LevelError)
}
