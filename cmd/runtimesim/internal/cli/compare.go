// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func newCompare() *cobra.Command {
	var flags scenarioFlags
	var asJSON bool
	var runtimes string
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Play one workload on several runtimes, side by side",
		Long: `compare gives several runtimes the same requests at the same times, with the
same work, and prints a column for each. What differs is the runtime. A service
with several operations has the latency of each.

All runtimes get the worker threads that --workers says, or else those of the
file. If neither says it, each has its own default: one for smol, four for the
others. On limited CPUs the ideal runtime, which needs none, is left out.`,
		Example: `  runtimesim compare --workload api_gateway --arrivals poisson:20000 --workers 4
  runtimesim compare --runtimes tokio,smol --workers 4 --arrivals constant:100 \
    --workload spawn_benchmark --tasks 1000`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return compare(cmd, &flags, runtimes, asJSON) },
	}
	cmd.Flags().StringVar(&runtimes, flagRuntimes, strings.Join(semconv.RuntimeNames(), ","), "`LIST` of runtimes, or RUNTIME:VERSION, separated by commas")
	flags.register(cmd, defaultTasks, tasksOfRun)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, keyed by runtime, instead of text (schema: docs/runtimesim.md)")
	return cmd
}

func compare(cmd *cobra.Command, flags *scenarioFlags, runtimes string, asJSON bool) error {
	source, err := flags.open(cmd)
	if err != nil {
		return err
	}
	c, err := compared(flags, source, runtimes)
	if err != nil {
		return err
	}
	scenarios := c.scenarios

	arrived := make([]atomic.Uint64, len(scenarios))
	stop := showProgress(cmd.ErrOrStderr(), func() string {
		sum := uint64(0)
		for i := range arrived {
			sum += arrived[i].Load()
		}
		return arrivedOf(sum, flags.tasks.value*uint64(len(scenarios)))
	})
	runs := make([]*report.Run, len(scenarios))
	parallel(len(scenarios), func(i int) {
		result := simulate.Run(cmd.Context(), scenarios[i], simulate.Watch{Arrived: arrived[i].Store})
		runs[i] = report.NewRun(scenarios[i], flags.request.Cost, result)
	})
	stop()

	partial := slices.ContainsFunc(runs, func(r *report.Run) bool { return r.Partial })
	if asJSON {
		if c.leftOut != "" {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "runtimesim: "+c.leftOut)
		}
		byRuntime := map[string]*report.Run{}
		for i, name := range c.names {
			byRuntime[name] = runs[i]
		}
		return ended(partial, report.WriteJSON(cmd.OutOrStdout(), byRuntime))
	}
	heading := fmt.Sprintf("%s%s, cost %s, seed %d", source.Describe(), report.Machine(&scenarios[0].Service.Runtime), flags.request.Cost, scenarios[0].Seed())
	if c.leftOut != "" {
		heading += "\n" + c.leftOut
	}
	return ended(partial, report.WriteComparison(cmd.OutOrStdout(), heading, c.names, runs))
}

// comparison is what compare plays.
type comparison struct {
	names     []string
	scenarios []*simulate.Scenario
	leftOut   string // what is not played, and why; empty: nothing
}

// compared reads the list of runtimes. On limited CPUs the ideal runtime is left out: it would be played without them, beside others that have to
// do with them.
func compared(flags *scenarioFlags, source *scenario.Source, runtimes string) (*comparison, error) {
	c := &comparison{}
	names := strings.Split(runtimes, ",")
	for i, name := range names {
		name = strings.TrimSpace(name)
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("--%s: %s is there twice", flagRuntimes, name)
		}
		names[i] = name
		v := flags.variant
		v.RuntimeFlag = "--" + flagRuntimes
		var err error
		if v.Runtime, v.Version, err = runtimeOf(v.RuntimeFlag, name); err != nil {
			return nil, err
		}
		if v.Runtime == semconv.RuntimeIdeal && len(names) > 1 && source.Limited(v) {
			c.leftOut = name + " is left out: its workers need no CPU, so limited CPUs mean nothing to it"
			continue
		}
		s, err := flags.scenario(source, v)
		if err != nil {
			return nil, err
		}
		c.names, c.scenarios = append(c.names, name), append(c.scenarios, s)
	}
	if c.scenarios == nil {
		return nil, fmt.Errorf("--%s: %q is not allowed: %s; want another runtime beside it", flagRuntimes, runtimes, c.leftOut)
	}
	return c, nil
}

// runtimeOf reads RUNTIME or RUNTIME:VERSION.
func runtimeOf(flag, name string) (runtime, version string, err error) {
	runtime, version, versioned := strings.Cut(name, ":")
	known := slices.Concat(semconv.RuntimeNames(), models.Flavors())
	switch {
	case runtime == "" || versioned && version == "":
		return "", "", fmt.Errorf("%s: %q is not allowed; want RUNTIME or RUNTIME:VERSION, RUNTIME one of %s", flag, name, strings.Join(known, ", "))
	case !slices.Contains(known, runtime):
		return "", "", fmt.Errorf("%s: %q is not allowed%s; want one of %s", flag, runtime, program.DidYouMean(runtime, known), strings.Join(known, ", "))
	}
	return runtime, version, nil
}
