// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
)

// mostReplications bounds the runs of one rate.
const mostReplications = 1000

// kneeFlags say how to look for the knee.
type kneeFlags struct {
	scenarioFlags

	slo          string
	from         number[float64]
	step         number[float64]
	precision    number[float64]
	replications number[uint64]
	json         bool
}

func newKnee() *cobra.Command {
	var flags kneeFlags
	cmd := &cobra.Command{
		Use:   "knee",
		Short: "Find the highest rate that still meets an SLO",
		Long: `knee raises the rate of arrivals step by step until the SLO is missed, then
halves the gap between the last rate that met it and the first that missed it
until they are --precision apart. Each rate is played --replications times with
different seeds; figures are means with 95 % confidence intervals. A run lasts
at least a hundred times the limit of the SLO, so more than --tasks may arrive.`,
		Example: `  runtimesim knee --workload api_gateway --arrivals poisson --slo p99=20ms
  runtimesim knee --runtime smol --workers 4 --arrivals poisson \
    --service exp:1ms --slo queue_wait.p99=2ms --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return findKnee(cmd, &flags) },
	}
	flags.registerRuntime(cmd)
	flags.register(cmd, 20_000, "requests that arrive in a run, at least")
	cmd.Flags().Lookup("arrivals").Usage = "when requests arrive: `PROCESS`, poisson or constant, or PROCESS:RATE,... of the others; the mean rate is what is looked for"
	cmd.Flags().StringVar(&flags.slo, "slo", "p99=10ms", sloUsage())
	flags.from = number[float64]{flag: "from", value: 100, least: 1e-3, most: knee.HighestRate, want: "a rate per second from 0.001 to 1000000"}
	flags.step = number[float64]{flag: "step", value: 2, least: 1.1, most: 100, want: "a factor from 1.1 to 100"}
	flags.precision = number[float64]{flag: "precision", value: 0.02, least: 1e-4, most: 1, want: "a share from 0.0001 to 1"}
	flags.replications = number[uint64]{flag: "replications", value: 6, least: 2, most: mostReplications, want: "a whole number from 2 to 1000"}
	cmd.Flags().Var(&flags.from, flags.from.flag, "first rate to try, per second; --arrivals poisson:RATE or a file's rate also sets it")
	cmd.Flags().Var(&flags.step, flags.step.flag, "factor from one rate to the next until the SLO is missed")
	cmd.Flags().Var(&flags.precision, flags.precision.flag, "relative distance between the last rate that meets the SLO and the first that misses it")
	cmd.Flags().Var(&flags.replications, flags.replications.flag, "runs of each rate, with different seeds")
	cmd.Flags().BoolVar(&flags.json, "json", false, jsonUsage)
	return cmd
}

func sloUsage() string {
	return "what to meet: `STATISTIC=LIMIT` of latency, or queue_wait.STATISTIC=LIMIT; " + strings.Join(knee.Statistics(), ", ")
}

func findKnee(cmd *cobra.Command, flags *kneeFlags) error {
	slo, err := knee.ParseSLO(flags.slo)
	if err != nil {
		return err
	}
	source, err := flags.open(cmd)
	if err != nil {
		return err
	}
	from := flags.from.value
	rate, err := source.Rate()
	if err != nil {
		return err
	}
	if rate > 0 && !cmd.Flags().Changed(flags.from.flag) {
		from = rate
	}
	first, err := flags.scenario(source, flags.at(from))
	if err != nil {
		return err
	}

	stderr := cmd.ErrOrStderr()
	var status atomic.Pointer[string]
	status.Store(new("no rate simulated yet"))
	stop := showProgress(stderr, func() string { return *status.Load() })
	search := knee.Search{
		SLO: slo, From: from, Step: flags.step.value, Precision: flags.precision.value,
		Replications: int(min(flags.replications.value, mostReplications)), Tasks: flags.tasks.value,
		Play: func(ctx context.Context, rate float64, tasks uint64, replications int) ([]*simulate.Result, error) {
			s, err := flags.scenario(source, flags.at(rate))
			if err != nil {
				return nil, err
			}
			s.Requests = tasks
			return replicate(ctx, s, replications), nil
		},
		Played: func(p *knee.Point) { status.Store(new(report.PointLine(p, slo))) },
	}
	result, err := search.Run(cmd.Context())
	stop()
	if err != nil {
		return err
	}
	k := report.NewKnee(first, flags.request.Cost, &search, result)
	if flags.json {
		return ended(k.Partial, report.WriteJSON(cmd.OutOrStdout(), k))
	}
	what := source.Describe()
	if flags.request.Arrivals != "" {
		what = strings.Replace(what, flags.request.Arrivals, withoutRate(flags.request.Arrivals), 1)
	}
	spec := &first.Service.Runtime
	heading := fmt.Sprintf("%s, %s%s: %s, cost %s, seeds %d to %d", report.RuntimeName(spec), workers(spec.Workers), report.Machine(spec), what,
		flags.request.Cost, first.Seed(), first.Seed()+flags.replications.value-1)
	return ended(k.Partial, k.Write(cmd.OutOrStdout(), heading))
}

// withoutRate is poisson:RATE without the rate, and gamma:RATE,SHAPE with the word in its place.
func withoutRate(arrivals string) string {
	process, values, _ := strings.Cut(arrivals, ":")
	if _, rest, ok := strings.Cut(values, ","); ok {
		return process + ":RATE," + rest
	}
	return process
}

func (f *kneeFlags) at(rate float64) scenario.Variant {
	v := f.variant
	v.Rate = rate
	return v
}

// replicate plays a scenario with several seeds, on all processors; nil if interrupted.
func replicate(ctx context.Context, s *simulate.Scenario, n int) []*simulate.Result {
	results := make([]*simulate.Result, n)
	parallel(n, func(i int) {
		replication := s.Replication(uint64(max(0, i)))
		results[i] = simulate.Run(ctx, &replication, simulate.Watch{})
	})
	if ctx.Err() != nil {
		return nil
	}
	return results
}
