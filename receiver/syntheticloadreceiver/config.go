package syntheticloadreceiver

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Clock says how virtual time follows wall time.
type Clock string

// The clocks.
const (
	// ClockRealtime plays one virtual second in one second.
	ClockRealtime Clock = "realtime"
	// ClockUnpaced plays as fast as the pipeline takes the spans.
	ClockUnpaced Clock = "unpaced"
)

// Backpressure says what becomes of spans that the pipeline refuses for the moment.
type Backpressure string

// The policies.
const (
	// BackpressureBlock retries until they are taken: nothing is lost, the simulation falls behind.
	BackpressureBlock Backpressure = "block"
	// BackpressureDrop counts and forgets them: the simulation keeps its time.
	BackpressureDrop Backpressure = "drop"
)

// Config of the receiver.
type Config struct {
	// Seed of everything random. Same seed and configuration: the same spans, apart from the start time.
	Seed uint64 `mapstructure:"seed"`
	// Clock is realtime or unpaced.
	Clock Clock `mapstructure:"clock"`
	// Duration is the virtual time in which requests arrive; 0: until stopped.
	Duration time.Duration `mapstructure:"duration"`
	// OnBackpressure is block or drop.
	OnBackpressure Backpressure `mapstructure:"on_backpressure"`
	// TaskFields adds what a service records that measures its own futures.
	TaskFields bool `mapstructure:"task_fields"`
	// Services is the fleet, as package workload reads it.
	Services []any `mapstructure:"services"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

// NewDefaultConfig is the configuration without services; it is not valid before some are added.
func NewDefaultConfig() *Config {
	return &Config{
		Seed:           1,
		Clock:          ClockRealtime,
		OnBackpressure: BackpressureBlock,
		TaskFields:     true,
	}
}

func createDefaultConfig() component.Config { return NewDefaultConfig() }

// Validate reports every mistake, each with its key, its value and what is allowed.
func (c *Config) Validate() error {
	var errs []error
	if c.Clock != ClockRealtime && c.Clock != ClockUnpaced {
		errs = append(errs, fmt.Errorf("clock: %q is not allowed; want %s or %s", c.Clock, ClockRealtime, ClockUnpaced))
	}
	if c.Duration < 0 {
		errs = append(errs, fmt.Errorf("duration: %s is not allowed; want 0s (until stopped) or more", c.Duration))
	}
	if c.OnBackpressure != BackpressureBlock && c.OnBackpressure != BackpressureDrop {
		errs = append(errs, fmt.Errorf("on_backpressure: %q is not allowed; want %s or %s",
			c.OnBackpressure, BackpressureBlock, BackpressureDrop))
	}
	if _, err := workload.Parse(c.Services); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// fleet makes the fleet that the configuration describes, at the start of its virtual time.
func (c *Config) fleet() (*fleet.Fleet, error) {
	services, err := workload.Parse(c.Services)
	if err != nil {
		return nil, err
	}
	return fleet.New(services, c.Seed, fleet.Options{TaskFields: c.TaskFields, Spans: true}), nil
}
