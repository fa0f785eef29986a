// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
)

const (
	defaultTasks = 100_000
	tasksOfRun   = "requests that arrive; the run ends when all have finished"
	jsonUsage    = "print one JSON object instead of text (schema: docs/runtimesim.md)"
)

func newRun() *cobra.Command {
	var flags scenarioFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Play one workload on one runtime",
		Long: `run plays requests on one runtime until --tasks have arrived and finished, and
prints their queue wait and latency, those of each operation if the service has
several, and what the runtime counted.`,
		Example: `  # an HTTP gateway: 20,000 requests a second of four kinds
  runtimesim run --workload api_gateway --arrivals poisson:20000 --workers 4

  # M/M/4 at 70 %: queueing theory says a mean wait of 0.357 ms
  runtimesim run --runtime ideal --workers 4 --arrivals poisson:2800 \
    --service exp:1ms --cost zero

  # 1 % of the requests take a hundred times as long as the others
  runtimesim run --workers 4 --arrivals poisson:20000 \
    --service bimodal:0.99,50us,5ms

  # a service of a Collector's configuration, on another runtime
  runtimesim run --workload config/quickstart.yaml --name pages-tokio \
    --runtime smol --workers 4 --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, &flags, asJSON) },
	}
	flags.registerRuntime(cmd)
	flags.register(cmd, defaultTasks, tasksOfRun)
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonUsage)
	return cmd
}

func run(cmd *cobra.Command, flags *scenarioFlags, asJSON bool) error {
	source, err := flags.open(cmd)
	if err != nil {
		return err
	}
	s, err := flags.scenario(source, flags.variant)
	if err != nil {
		return err
	}
	var arrived atomic.Uint64
	stop := showProgress(cmd.ErrOrStderr(), func() string { return arrivedOf(arrived.Load(), s.Requests) })
	result := simulate.Run(cmd.Context(), s, simulate.Watch{Arrived: arrived.Store})
	stop()
	r := report.NewRun(s, flags.request.Cost, result)
	if asJSON {
		return ended(r.Partial, report.WriteJSON(cmd.OutOrStdout(), r))
	}
	return ended(r.Partial, r.Write(cmd.OutOrStdout(), heading(s, source, flags)))
}

// heading says what has been played.
func heading(s *simulate.Scenario, source *scenario.Source, flags *scenarioFlags) string {
	spec := &s.Service.Runtime
	return fmt.Sprintf("%s, %s%s: %s, cost %s, seed %d",
		report.RuntimeName(spec), workers(spec.Workers), report.Machine(spec), source.Describe(), flags.request.Cost, s.Seed())
}

func workers(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", n)
}

func arrivedOf(arrived, all uint64) string {
	return fmt.Sprintf("%d of %d requests have arrived (%.0f %%)", arrived, all, math.Floor(100*float64(arrived)/float64(all)))
}
