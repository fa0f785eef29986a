// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// Names of flags of a load test.
const (
	flagRate      = "rate"
	flagDuration  = "duration"
	flagSignals   = "signals"
	flagSLO       = "slo"
	flagFindLimit = "find-limit"
	flagSteps     = "steps"
	flagBaseline  = "baseline"
	flagTimeout   = "timeout"
)

// What a load test has that does not say otherwise.
const (
	defaultRate     = 1000
	defaultDuration = 30 * time.Second
	stepDuration    = 10 * time.Second
	searchTimeout   = 15 * time.Minute
	defaultSteps    = 20
	mostSteps       = 200
)

// loadFlags are what the command line says of a load.
type loadFlags struct {
	rate          float64
	duration      time.Duration
	signals       []string
	slo, baseline string
	findLimit     bool
	steps         int

	before *report.Baseline // what the flag names; nil: nothing
}

func (f *loadFlags) register(set *pflag.FlagSet) {
	set.Float64Var(&f.rate, flagRate, 0, "a load test: the built-in generator plays `N` spans a second; logs and metrics follow")
	set.DurationVar(&f.duration, flagDuration, defaultDuration, fmt.Sprintf("`DURATION` of the load; with --%s of each step, by default %v", flagFindLimit, stepDuration))
	set.StringSliceVar(&f.signals, flagSignals, nil, "what the load has, such as `traces,logs` (default: all that the first system takes)")
	set.StringVar(&f.slo, flagSLO, "", "the latency that a load test may have: p50, p99 or max, such as `p99=200ms`")
	set.BoolVar(&f.findLimit, flagFindLimit, false, fmt.Sprintf("search for the highest rate without loss and within --%s; begins with --%s, or %d", flagSLO, flagRate, defaultRate))
	set.IntVar(&f.steps, flagSteps, defaultSteps, "`N` steps of a search at most")
	set.StringVar(&f.baseline, flagBaseline, "", "compare a load test with that of a `FILE` that --json has written")
}

// isLoad tells whether the command line asks for a load test.
func (f *loadFlags) isLoad(set *pflag.FlagSet) bool { return set.Changed(flagRate) || f.findLimit }

// check looks at the flags that need nothing else.
func (f *loadFlags) check(cmd *cobra.Command, scenarios bool) error {
	var errs []error
	set := cmd.Flags()
	if !f.isLoad(set) {
		for _, name := range []string{flagDuration, flagSignals, flagSLO, flagSteps, flagBaseline} {
			if set.Changed(name) {
				errs = append(errs, fmt.Errorf("--%s: needs a load test; want --%s or --%s, too", name, flagRate, flagFindLimit))
			}
		}
		return errors.Join(errs...)
	}
	if scenarios {
		name := flagRate
		if f.findLimit {
			name = flagFindLimit
		}
		errs = append(errs, fmt.Errorf("--%s: not beside a scenario; want what is tested as --%s", name, flagSystem))
	}
	if f.findLimit {
		if f.slo == "" {
			errs = append(errs, fmt.Errorf("--%s: needs a latency that is still well; want --%s too, such as p99=200ms", flagFindLimit, flagSLO))
		}
		for _, name := range []string{"repeat", "jobs", "fault"} {
			if set.Changed(name) {
				errs = append(errs, fmt.Errorf("--%s: not beside --%s", name, flagFindLimit))
			}
		}
		if f.steps < 1 || f.steps > mostSteps {
			errs = append(errs, fmt.Errorf("--%s: %d is not allowed; want 1 to %d", flagSteps, f.steps, mostSteps))
		}
	} else if set.Changed(flagSteps) {
		errs = append(errs, fmt.Errorf("--%s: needs --%s", flagSteps, flagFindLimit))
	}
	if f.baseline != "" {
		var err error
		if f.before, err = report.ReadBaseline(f.baseline); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flagBaseline, err))
		}
	}
	return errors.Join(errs...)
}

// loadTest is the load that is asked for.
func (f *loadFlags) loadTest(set *pflag.FlagSet) (*scenario.LoadTest, error) {
	l := &scenario.LoadTest{Rate: f.rate, Duration: f.duration, Signals: slices.Compact(slices.Sorted(slices.Values(f.signals)))}
	if !set.Changed(flagRate) {
		l.Rate = defaultRate
	}
	if f.findLimit && !set.Changed(flagDuration) {
		l.Duration = stepDuration
	}
	err := l.Check()
	if f.slo != "" {
		slo, sloErr := scenario.ParseSLO(f.slo)
		if sloErr != nil {
			sloErr = fmt.Errorf("--%s: %w", flagSLO, sloErr)
		}
		l.SLO, err = slo, errors.Join(err, sloErr)
	}
	return l, err
}

// set makes a scenario a load test, if one is asked for.
func (f *loadFlags) set(cmd *cobra.Command, s *scenario.Scenario) error {
	set := cmd.Flags()
	if !f.isLoad(set) {
		return nil
	}
	l, err := f.loadTest(set)
	if err != nil {
		return err
	}
	if !set.Changed(flagTimeout) {
		s.Timeout += l.Duration
	} else if timeout, err := set.GetDuration(flagTimeout); err == nil && timeout <= l.Duration {
		return fmt.Errorf("--%s: %v is not allowed; want more than the load takes, %v", flagTimeout, timeout, l.Duration)
	}
	if err := s.SetLoad(l); err != nil {
		return err
	}
	return f.before.Check(s.Load, f.findLimit)
}
