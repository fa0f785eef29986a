// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// LoadTest makes a test a load test: the built-in generator plays so many spans a second, for so long.
type LoadTest struct {
	Rate     float64 // spans a second, of all processes together; other signals follow
	Duration time.Duration
	Signals  []string // that are played; none: all that the first system takes
	SLO      *SLO     // nil: any latency
}

// OwnDelay is how long the generator of a load test keeps items at most, by its configuration: schedule_delay and slice of builtin/load.yaml.
const OwnDelay = 30 * time.Millisecond

// What is played, and how much of it by one process at most: its simulated runtime is far from busy with that.
const (
	loadWorkload   = "api_gateway"
	loadProcesses  = 4
	requestsOfEach = 2000
	// QueueSize is what waits in the generator of one signal at most, in items: queue_size of builtin/generator.yaml.
	QueueSize = 100_000
)

// Bounds of a load.
const (
	leastRate, mostRate         = 1, 1_000_000
	leastDuration, mostDuration = time.Second, 24 * time.Hour
)

// SLO is the most that a quantile of the latency may be.
type SLO struct {
	Quantile string
	Most     time.Duration
}

// Quantiles are those that load_verify tells.
var Quantiles = []string{"p50", "p99", "max"}

// String is the SLO as the command line has it.
func (s *SLO) String() string { return s.Quantile + "=" + s.Most.String() }

// ParseSLO reads an SLO such as p99=200ms.
func ParseSLO(text string) (*SLO, error) {
	quantile, most, found := strings.Cut(text, "=")
	d, err := time.ParseDuration(most)
	if !found || err != nil || d <= 0 || !slices.Contains(Quantiles, quantile) {
		return nil, fmt.Errorf("%q is not allowed; want %s and a duration of more than 0s, such as p99=200ms", text, strings.Join(Quantiles, ", "))
	}
	return &SLO{quantile, d}, nil
}

// Check finds what cannot be played.
func (l *LoadTest) Check() error {
	var errs []error
	if !(l.Rate >= leastRate && l.Rate <= mostRate) { // NaN is neither
		errs = append(errs, refused("--rate", l.Rate, fmt.Sprintf("%d to %d spans a second", leastRate, mostRate)))
	}
	if l.Duration < leastDuration || l.Duration > mostDuration {
		errs = append(errs, refused("--duration", l.Duration, fmt.Sprintf("%v to %v", leastDuration, mostDuration)))
	}
	for _, signal := range l.Signals {
		if !slices.Contains(Signals, signal) {
			errs = append(errs, refused("--signals", fmt.Sprintf("%q", signal), strings.Join(Signals, ", ")+", with commas between them"))
		}
	}
	if len(l.Signals) > 0 && !slices.Contains(l.Signals, "traces") {
		errs = append(errs, refused("--signals", strings.Join(l.Signals, ","), "traces among them: the rate of a load is that of its spans"))
	}
	return errors.Join(errs...)
}

// SetLoad makes the generator play a load, which Check has allowed.
func (s *Scenario) SetLoad(l *LoadTest) error {
	g := &s.Generators[0]
	if !g.Builtin() {
		return errors.New("--rate: not beside a --generator of your own; want builtin first, which the load changes: --generator builtin --generator FILE")
	}
	g.Config = slices.Insert(slices.Clone(g.Config), g.builtinAt()+1, Config{Text: l.config()})
	s.Load = l
	if lacking := s.lacking(g); slices.Contains(lacking, "traces") {
		return fmt.Errorf("--rate: %s has no pipeline that takes traces; the rate of a load is that of its spans", s.Next(g.Name))
	}
	if len(l.Signals) > 0 && g.mentions("pipelines") {
		return errors.New("--signals: not beside a --generator that sets pipelines; want the signals there")
	}
	return nil
}

// config is what is added to the configuration of the generator that is built in.
func (l *LoadTest) config() string {
	requests := l.Rate / spansOfRequest()
	instances := max(loadProcesses, int(math.Ceil(requests/requestsOfEach)))
	return strings.NewReplacer(
		"DURATION", l.Duration.String(), "INSTANCES", strconv.Itoa(instances), "WORKLOAD", loadWorkload,
		"RATE", strconv.FormatFloat(requests/float64(instances), 'f', -1, 64),
	).Replace(BuiltinConfig("load"))
}

// isLoad tells whether a configuration is that of a load.
func (c Config) isLoad() bool {
	first, _, _ := strings.Cut(BuiltinConfig("load"), "\n")
	return strings.HasPrefix(c.Text, first)
}

// spansOfRequest is how many spans a request of the workload makes, on average.
func spansOfRequest() float64 {
	services, err := spec.Decode([]any{map[string]any{
		"name": "gateway", "runtime": map[string]any{"model": "tokio"}, "workload": loadWorkload,
		"arrivals": map[string]any{"process": "poisson", "rate": 1},
	}})
	if err != nil {
		panic(err) // it is a preset
	}
	return services[0].SpanRate()
}
