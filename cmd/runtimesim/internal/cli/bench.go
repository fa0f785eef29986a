// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// document is the benchmark's table in the source document: ns for 1000 tasks. It names no workers; the profile seed is fitted
// for these.
var document = []struct {
	runtime, workers    string
	executor            string
	low, estimate, high float64
}{
	{semconv.RuntimeTokio, "4", "", 485_230, 487_910, 490_820},
	{semconv.RuntimeAsyncStd, "4", "", 612_450, 615_230, 618_110},
	{semconv.RuntimeSmol, "", "main", 892_670, 895_420, 898_310},
}

func newBench() *cobra.Command {
	var cost string
	var asJSON bool
	iterations := number[uint64]{flag: "tasks", value: 1000, least: 1, most: 1e6, want: "a whole number from 1 to 1000000"}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Reprint the source document's spawn benchmark beside the models'",
		Long: `bench plays the benchmark of the document from which the project comes, 1000
iterations of 1000 tasks that are spawned and joined, and prints its table
beside the document's. The profile "seed" is fitted to agree; "default" says
what the models make of hardware of 2026.`,
		Example: `  runtimesim bench
  runtimesim bench --cost default`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return bench(cmd, cost, iterations.value, asJSON) },
	}
	cmd.Flags().StringVar(&cost, "cost", costfile.Seed, "what scheduling costs: `default|seed|zero|FILE`; a file names what differs from the default")
	cmd.Flags().Var(&iterations, iterations.flag, "iterations, of 1000 tasks each")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON list instead of text (schema: docs/runtimesim.md)")
	return cmd
}

func bench(cmd *cobra.Command, cost string, iterations uint64, asJSON bool) error {
	source, err := scenario.Open(scenario.Request{Workload: "spawn_benchmark", Arrivals: "constant:100", Cost: cost})
	if err != nil {
		return err
	}
	scenarios := make([]*simulate.Scenario, len(document))
	for i, d := range document {
		service, err := source.Service(scenario.Variant{Runtime: d.runtime, Workers: d.workers, Executor: d.executor})
		if err != nil {
			return err
		}
		scenarios[i] = &simulate.Scenario{Service: service, FleetSeed: source.FleetSeed(), Requests: iterations}
	}
	benches := make([]report.Bench, len(document))
	partial := make([]bool, len(document))
	parallel(len(document), func(i int) {
		run := report.NewRun(scenarios[i], cost, simulate.Run(cmd.Context(), scenarios[i], simulate.Watch{}))
		d := document[i]
		partial[i] = run.Partial
		benches[i] = report.Bench{
			Runtime: d.runtime, Workers: run.Workers,
			DocumentLowNS: d.low, DocumentNS: d.estimate, DocumentHighNS: d.high,
			ModelNS: run.Latency.Mean, Inside: run.Latency.Mean >= d.low && run.Latency.Mean <= d.high,
		}
	})
	cut := partial[0] || partial[1] || partial[2]
	if asJSON {
		return ended(cut, report.WriteJSON(cmd.OutOrStdout(), benches))
	}
	return ended(cut, report.WriteBench(cmd.OutOrStdout(), "1000 tasks spawned and joined, cost "+cost, benches))
}
