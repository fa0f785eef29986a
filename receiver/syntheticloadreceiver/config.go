// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
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

// Requests says how exports of the services reach the pipeline.
type Requests string

// The ways.
const (
	// RequestsMerged hands on in one what all services exported at about the same time.
	RequestsMerged Requests = "merged"
	// RequestsSeparate hands on each export by itself, as a Collector gets them from its clients.
	RequestsSeparate Requests = "separate"
)

// ShardConfig is one of several Collectors that share a fleet.
type ShardConfig struct {
	// Index of this Collector, from 0.
	Index int `mapstructure:"index"`
	// Total is the number of Collectors.
	Total int `mapstructure:"total"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Config of the receiver.
type Config struct {
	// Seed of everything random. Same seed and configuration: the same spans, apart from the start time.
	Seed uint64 `mapstructure:"seed"`
	// Clock is realtime or unpaced.
	Clock Clock `mapstructure:"clock"`
	// Backfill is how far in the past the load begins. What is past is played as fast as the pipeline takes it; then the clock rules.
	Backfill time.Duration `mapstructure:"backfill"`
	// Duration is the virtual time in which requests arrive; 0: until stopped.
	Duration time.Duration `mapstructure:"duration"`
	// OnBackpressure is block or drop.
	OnBackpressure Backpressure `mapstructure:"on_backpressure"`
	// MaxRequestBytes bounds what is handed on at once, in bytes of OTLP, unless a single item is larger. A receiver takes 4 MiB over gRPC
	// unless told otherwise, and processors add to what a request has.
	MaxRequestBytes int `mapstructure:"max_request_bytes"`
	// Slice is how much virtual time is played before what was exported in it is handed on; at high rates it is less.
	Slice time.Duration `mapstructure:"slice"`
	// Shard is the part of the fleet that this Collector sends.
	Shard ShardConfig `mapstructure:"shard"`
	// Requests is merged or separate.
	Requests Requests `mapstructure:"requests"`
	// Verify marks each item for load_verify.
	Verify bool `mapstructure:"verify"`
	// VerifyContent stamps what each item has too: attributes, resource, scope, events, links. It needs Verify.
	VerifyContent bool `mapstructure:"verify_content"`
	// VerifyTraces numbers the spans of each trace, so that one of which a span is missing is known. It needs Verify.
	VerifyTraces bool `mapstructure:"verify_traces"`
	// TraceRandomness gives each trace a random value in its trace state, for samplers that are consistent.
	TraceRandomness bool `mapstructure:"trace_randomness"`
	// Classes are parts of the load that load_verify counts by themselves: what a pipeline keeps or drops as a whole.
	Classes []ClassConfig `mapstructure:"classes"`
	// Odd is telemetry that is odd or invalid on purpose.
	Odd OddConfig `mapstructure:"odd"`
	// RunID names the run, to which all ids belong: of traces, spans and instances. Empty: a name of its own for each run.
	RunID string `mapstructure:"run_id"`
	// PollEvents is the share of traces whose spans list each poll as a span event.
	PollEvents float64 `mapstructure:"poll_events"`
	// TaskFields adds what a service records that measures its own futures.
	TaskFields bool `mapstructure:"task_fields"`
	// Metrics that the services send, if a metrics pipeline asks for them.
	Metrics runtimemetrics.Config `mapstructure:"metrics"`
	// Logs that the services write, if a logs pipeline asks for them.
	Logs fleet.LogsConfig `mapstructure:"logs"`
	// RuntimeCost is what the primitives of the runtimes cost: default, seed, zero or a file of package costfile.
	RuntimeCost string `mapstructure:"runtime_cost"`
	// Services is the fleet, as package spec reads it: a list, or a map by the services' names.
	Services any `mapstructure:"services"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Validator   = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
)

const leastRequestBytes, mostRequestBytes = 1 << 10, 1 << 30

// NewDefaultConfig is the configuration without services; it is not valid before some are added.
func NewDefaultConfig() *Config {
	return &Config{
		Seed:            1,
		Clock:           ClockRealtime,
		OnBackpressure:  BackpressureBlock,
		MaxRequestBytes: 1 << 20,
		Slice:           fleet.LongestSlice,
		Shard:           ShardConfig{Total: 1},
		Requests:        RequestsMerged,
		TaskFields:      true,
		Metrics:         runtimemetrics.DefaultConfig(),
		Logs:            fleet.DefaultLogsConfig(),
		RuntimeCost:     costfile.Default,
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
	errs = append(errs, checkBackfill(c.Backfill, c.Duration, c.Clock == ClockUnpaced))
	if c.OnBackpressure != BackpressureBlock && c.OnBackpressure != BackpressureDrop {
		errs = append(errs, fmt.Errorf("on_backpressure: %q is not allowed; want %s or %s",
			c.OnBackpressure, BackpressureBlock, BackpressureDrop))
	}
	if c.MaxRequestBytes < leastRequestBytes || c.MaxRequestBytes > mostRequestBytes {
		errs = append(errs, fmt.Errorf("max_request_bytes: %d is not allowed; want %d (1 KiB) to %d (1 GiB)",
			c.MaxRequestBytes, leastRequestBytes, mostRequestBytes))
	}
	if c.Slice < fleet.ShortestSlice || c.Slice > fleet.LongestSlice {
		errs = append(errs, fmt.Errorf("slice: %s is not allowed; want %s to %s", c.Slice, fleet.ShortestSlice, fleet.LongestSlice))
	}
	switch s := c.Shard; {
	case s.Total < 1:
		errs = append(errs, fmt.Errorf("shard.total: %d is not allowed; want 1 or more", s.Total))
	case s.Index < 0 || s.Index >= s.Total:
		errs = append(errs, fmt.Errorf("shard.index: %d is not allowed; want 0 to %d, one less than shard.total", s.Index, s.Total-1))
	}
	if c.Requests != RequestsMerged && c.Requests != RequestsSeparate {
		errs = append(errs, fmt.Errorf("requests: %q is not allowed; want %s or %s", c.Requests, RequestsMerged, RequestsSeparate))
	}
	if c.VerifyContent && !c.Verify {
		errs = append(errs, errors.New("verify_content: true is not allowed without verify: true; want both, or neither"))
	}
	switch {
	case c.VerifyTraces && !c.Verify:
		errs = append(errs, errors.New("verify_traces: true is not allowed without verify: true; want both, or neither"))
	case c.VerifyTraces && c.Shard.Total > 1:
		errs = append(errs, fmt.Errorf("verify_traces: true is not allowed with shard.total: %d; want 1, because a shard does not see whole traces", c.Shard.Total))
	}
	_, err := c.fleetClasses()
	errs = append(errs, err)
	_, err = c.Odd.odd()
	errs = append(errs, err)
	if c.RunID == "" && c.Shard.Total > 1 {
		errs = append(errs, fmt.Errorf(`run_id: "" is not allowed with shard.total: %d; want the same run_id in all shards, because ids of traces belong to the run`,
			c.Shard.Total))
	}
	if !(c.PollEvents >= 0 && c.PollEvents <= 1) { // NaN is neither
		errs = append(errs, fmt.Errorf("poll_events: %v is not allowed; want 0 to 1, a share of the traces", c.PollEvents))
	}
	_, err = costs(c.RuntimeCost)
	errs = append(errs, err)
	services, err := spec.Decode(c.Services)
	if err != nil {
		errs = append(errs, err)
	} else if n := processes(services); c.Shard.Total > n {
		errs = append(errs, fmt.Errorf("shard.total: %d is not allowed; want at most %d, the number of instances of all services and of their further runtimes",
			c.Shard.Total, n))
	}
	return errors.Join(errs...)
}

// fleetClasses reads all classes.
func (c *Config) fleetClasses() (list []fleet.Class, err error) {
	if n := len(c.Classes); n > stamp.MostClasses {
		return nil, fmt.Errorf("classes: %d are not allowed; want at most %d", n, stamp.MostClasses)
	}
	var errs []error
	names := map[string]bool{}
	for i := range c.Classes {
		key := fmt.Sprintf("classes[%d]", i)
		class, err := c.Classes[i].class(key)
		errs = append(errs, err)
		if names[class.Name] {
			errs = append(errs, fmt.Errorf("%s.name: %q is not allowed twice", key, class.Name))
		}
		if class.Traces != c.Classes[0].WholeTraces {
			errs = append(errs, fmt.Errorf("%s.whole_traces: %v is not allowed beside %v in classes[0]; want one value in all, or a span could belong to two classes",
				key, class.Traces, c.Classes[0].WholeTraces))
		}
		names[class.Name] = true
		list = append(list, class)
	}
	switch {
	case len(c.Classes) == 0:
	case !c.Verify:
		errs = append(errs, errors.New("classes: not allowed without verify: true; want both, or neither"))
	case c.Classes[0].WholeTraces && c.Shard.Total > 1:
		errs = append(errs, fmt.Errorf("classes[0].whole_traces: true is not allowed with shard.total: %d; want 1, because a shard does not see whole traces", c.Shard.Total))
	}
	return list, errors.Join(errs...)
}

func processes(services []*workload.Service) int {
	n := 0
	for _, s := range workload.Runtimes(services) {
		n += s.Instances
	}
	return n
}

// fleet makes the fleet that the configuration describes, for a run of this name, at the start of its virtual time. It sends what is
// wanted.
func (c *Config) fleet(run string, wanted []fleet.Signal) (*fleet.Fleet, error) {
	services, err := spec.Decode(c.Services)
	if err != nil {
		return nil, err
	}
	profile, err := costs(c.RuntimeCost)
	if err != nil {
		return nil, err
	}
	for _, s := range workload.Runtimes(services) {
		s.Runtime.Costs = profile
	}
	classes, err := c.fleetClasses()
	if err != nil {
		return nil, err
	}
	odd, err := c.Odd.odd()
	if err != nil {
		return nil, err
	}
	return fleet.New(services, c.Seed, fleet.Options{
		Signals: wanted, Metrics: &c.Metrics, Logs: &c.Logs, TaskFields: c.TaskFields, PollEvents: c.PollEvents, Separate: c.Requests == RequestsSeparate,
		Shard: fleet.Shard{Index: c.Shard.Index, Total: c.Shard.Total}, Run: run, Verify: c.Verify, Slice: c.Slice, Content: c.VerifyContent,
		TraceSpans: c.VerifyTraces || slices.ContainsFunc(classes, func(c fleet.Class) bool { return c.Traces }), Randomness: c.TraceRandomness, Classes: classes, Odd: odd,
	}), nil
}
