// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/scraper/scraperhelper"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/find"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
)

// Config configures the process_threads receiver.
type Config struct {
	scraperhelper.ControllerConfig `mapstructure:",squash"`
	metadata.MetricsBuilderConfig  `mapstructure:",squash"`

	// Processes are the processes to read. A process that several entries name belongs to the first.
	Processes []ProcessConfig `mapstructure:"processes"`

	// DiscoveryInterval is the time between two searches for processes. Lowering it finds a new process sooner; each search reads the
	// stat of every process that /proc shows, unless all entries have a pid.
	DiscoveryInterval time.Duration `mapstructure:"discovery_interval"`

	// RootPath is where the file system of the host is mounted; empty: the Collector's own.
	RootPath string `mapstructure:"root_path"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ProcessConfig names processes. All that is set must hold.
type ProcessConfig struct {
	// PID is the number of the process, as the Collector sees it.
	PID int `mapstructure:"pid"`
	// Name is the name of the process, of which the first 15 bytes count.
	Name string `mapstructure:"name"`
	// Executable is the first word of the command line, with its path or without.
	Executable string `mapstructure:"executable"`
	// Cmdline is a regular expression for the command line, its words joined by spaces.
	Cmdline string `mapstructure:"cmdline"`
	// Resource are attributes of the resource, such as service.name.
	Resource map[string]string `mapstructure:"resource"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func createDefaultConfig() component.Config {
	controller := scraperhelper.NewDefaultControllerConfig()
	controller.InitialDelay = 0 // what happens before the first look is not known
	controller.CollectionInterval = time.Second
	controller.Timeout = 5 * time.Second // what a blocked pipeline holds up a stop
	return &Config{
		ControllerConfig: controller, MetricsBuilderConfig: metadata.NewDefaultMetricsBuilderConfig(), DiscoveryInterval: 5 * time.Second,
	}
}

// Unmarshal implements confmap.Unmarshaler. A number of a process that is not whole would be cut.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	processes, _ := conf.Get("processes").([]any)
	for i, p := range processes {
		entry, _ := p.(map[string]any)
		switch pid := entry["pid"].(type) {
		case nil, int, int64, uint64:
		default:
			return fmt.Errorf("processes[%d].pid: %#v is not allowed; want a whole number", i, pid)
		}
	}
	return conf.Unmarshal(c)
}

// Validate reports everything that is wrong at once.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	const least, most = 100 * time.Millisecond, time.Hour
	if d := c.CollectionInterval; d < least || d > most {
		wrong("collection_interval: %v is not allowed; want 100ms to 1h", d)
	}
	if d := c.DiscoveryInterval; d < least || d > most {
		wrong("discovery_interval: %v is not allowed; want 100ms to 1h", d)
	}
	if d := c.InitialDelay; d < 0 || d > most {
		wrong("initial_delay: %v is not allowed; want 0s to 1h", d)
	}
	if d := c.Timeout; d != 0 && d < least || d > most {
		wrong("timeout: %v is not allowed; want 100ms to 1h, or 0s for none", d)
	}
	if c.RootPath != "" && !filepath.IsAbs(c.RootPath) {
		wrong("root_path: %q is not allowed; want an absolute path, or nothing", c.RootPath)
	}
	if m := c.Metrics; !m.AsyncRuntimeCPUQuotaPeriods.Enabled && !m.AsyncRuntimeCPUQuotaThrottledPeriods.Enabled &&
		!m.AsyncRuntimeCPUQuotaThrottledTime.Enabled && !m.AsyncRuntimeThreadTime.Enabled && !m.AsyncRuntimeThreadTimeslices.Enabled &&
		!m.ProcessContextSwitches.Enabled && !m.ProcessCPUTime.Enabled && !m.ProcessThreadCount.Enabled {
		wrong("metrics: all of them are off; want one that is on, or no such receiver")
	}
	if len(c.Processes) == 0 {
		wrong("processes: there are none; want one entry or more, such as {name: my-service}")
	}
	for i, p := range c.Processes {
		if p.PID < 0 || p.PID > maxPID {
			wrong("processes[%d].pid: %d is not allowed; want 1 to %d, or nothing", i, p.PID, maxPID)
		}
		if strings.Contains(p.Name, "\x00") {
			wrong("processes[%d].name: %q is not allowed; want a name, which has no NUL", i, p.Name)
		}
		if base := p.Executable[strings.LastIndex(p.Executable, "/")+1:]; p.Executable != "" && (base == "" || base == "." || base == "..") || strings.Contains(p.Executable, "\x00") {
			wrong("processes[%d].executable: %q is not allowed; want the name of a file, with its path or without", i, p.Executable)
		}
		if first := slices.IndexFunc(c.Processes, p.same); first < i {
			wrong("processes[%d]: names what processes[%d] names, to which they would all belong; want another one, or one of the two", i, first)
		}
		if p.PID == 0 && p.Name == "" && p.Executable == "" && p.Cmdline == "" {
			wrong("processes[%d]: names no process; want pid, name, executable or cmdline", i)
		}
		if _, err := regexp.Compile(p.Cmdline); err != nil {
			wrong("processes[%d].cmdline: %q is not allowed; want a regular expression: %w", i, p.Cmdline, err)
		}
		for key := range p.Resource {
			if key == "" || key == semconv.ProcessPID {
				wrong("processes[%d].resource: the key %q is not allowed; want one that is not empty and not %s, which is there by itself", i, key, semconv.ProcessPID)
			}
		}
	}
	return errors.Join(errs...)
}

// maxPID is the greatest number that Linux can give to a process.
const maxPID = 1 << 22

// same reports whether two entries name the same processes.
func (p ProcessConfig) same(o ProcessConfig) bool {
	return p.PID == o.PID && find.Kept(p.Name) == find.Kept(o.Name) && p.Executable == o.Executable && p.Cmdline == o.Cmdline
}

// rules returns what finds the processes. The configuration is valid.
func (c *Config) rules() []find.Rule {
	rules := make([]find.Rule, 0, len(c.Processes))
	for _, p := range c.Processes {
		rule := find.Rule{PID: p.PID, Name: p.Name, Executable: p.Executable}
		if p.Cmdline != "" {
			rule.Cmdline = regexp.MustCompile(p.Cmdline)
		}
		rules = append(rules, rule)
	}
	return rules
}
