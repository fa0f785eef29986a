// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/advise"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/program"
)

// adviseFlags say what is wanted of a runtime.
type adviseFlags struct {
	scenarioFlags

	needs        []string
	maxBinary    string
	goal         string
	slo          string
	replications number[uint64]
	json         bool
}

// errNothingFits ends a command whose answer is that no runtime will do.
var errNothingFits = errors.New("no runtime fits")

const (
	flagNeeds  = "needs"
	flagPrefer = "prefer"
)

func newAdvise() *cobra.Command {
	var flags adviseFlags
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Choose a runtime for a load and some needs, with reasons",
		Long: `advise plays the load on tokio, async_std and smol, looks how far each carries
it within the SLO, and weighs that with what else is needed. A runtime is ruled
out if it lacks a library or feature, makes too large a binary, or does not
carry the offered load; of the others the one that serves --prefer best is
taken. A difference between the runs counts only if it is at least 10 % and
their confidence intervals leave no doubt of it. Without such a difference the
runtime of the --workload file stays; without a file, the ecosystem decides.

A runtime that a quota stops (--cpu-limit) is also tried with fewer workers.

Give --workers: without it smol has one thread and the others four, as their
programs do if nobody says more.

Every reason says where it comes from: simulated here, told by the source
document, or corrected where the real crates differ from it (docs/runtimes.md).
Nothing of it was measured on a real runtime.`,
		Example: `  runtimesim advise --workload api_gateway --arrivals poisson:20000 \
    --workers 4 --slo p99=20ms --needs sqlx
  runtimesim advise --arrivals poisson:10 --service exp:1ms --workers 1 \
    --max-binary 1MB`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return giveAdvice(cmd, &flags) },
	}
	flags.register(cmd, 10_000, "requests that arrive in a run, at least")
	cmd.Flags().StringSliceVar(&flags.needs, flagNeeds, nil, "`LIST` of libraries and features, separated by commas: "+strings.Join(advise.Needs(), ", "))
	cmd.Flags().StringVar(&flags.maxBinary, "max-binary", "", "largest binary, a `SIZE` such as 1MB")
	cmd.Flags().StringVar(&flags.goal, flagPrefer, advise.Goals()[0], "`GOAL` that decides between those that fit: "+strings.Join(advise.Goals(), ", "))
	cmd.Flags().StringVar(&flags.slo, "slo", "p99=10ms", sloUsage())
	flags.replications = number[uint64]{flag: "replications", value: 4, least: 2, most: mostReplications, want: "a whole number from 2 to 1000"}
	cmd.Flags().Var(&flags.replications, flags.replications.flag, "runs of each rate, with different seeds")
	cmd.Flags().BoolVar(&flags.json, "json", false, jsonUsage)
	return cmd
}

// wanted reads the flags.
func (f *adviseFlags) wanted() (*advise.Request, error) {
	r := &advise.Request{Goal: f.goal}
	var err error
	if r.SLO, err = knee.ParseSLO(f.slo); err != nil {
		return nil, err
	}
	if f.maxBinary != "" {
		if r.MaxBinary, err = advise.ParseSize(f.maxBinary); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(advise.Goals(), f.goal) {
		return nil, unknown(flagPrefer, f.goal, advise.Goals())
	}
	for _, name := range f.needs {
		name = strings.TrimSpace(name)
		if !slices.Contains(advise.Needs(), name) {
			return nil, unknown(flagNeeds, name, advise.Needs())
		}
		if !slices.Contains(r.Needs, name) {
			r.Needs = append(r.Needs, name)
		}
	}
	return r, nil
}

func unknown(flag, value string, names []string) error {
	return fmt.Errorf("--%s: %q is not allowed%s; want one of %s", flag, value, program.DidYouMean(value, names), strings.Join(names, ", "))
}

func giveAdvice(cmd *cobra.Command, flags *adviseFlags) error {
	request, err := flags.wanted()
	if err != nil {
		return err
	}
	source, err := flags.open(cmd)
	if err != nil {
		return err
	}
	if request.Offered, err = source.Rate(); err != nil {
		return err
	}
	request.InUse = source.InUse()

	var status atomic.Pointer[string]
	status.Store(new("no rate simulated yet"))
	stop := showProgress(cmd.ErrOrStderr(), func() string { return *status.Load() })
	scenarios, simulated, err := flags.simulateAll(cmd.Context(), request, source, func(line string) { status.Store(&line) })
	stop()
	if err != nil {
		return err
	}
	a := report.NewAdvice(request, scenarios, flags.request.Cost, advise.Decide(request, simulated))
	if flags.json {
		err = report.WriteJSON(cmd.OutOrStdout(), a)
	} else {
		err = a.Write(cmd.OutOrStdout(), source.Describe()+report.Machine(&scenarios[0].Service.Runtime)+", cost "+flags.request.Cost)
	}
	switch {
	case err != nil:
		return failure{err}
	case a.Runtime == nil:
		return errNothingFits
	}
	return nil
}

// simulateAll plays the candidates, one after the other.
func (f *adviseFlags) simulateAll(ctx context.Context, r *advise.Request, source *scenario.Source, status func(string)) (
	scenarios []*simulate.Scenario, simulated []advise.Simulation, err error,
) {
	for _, name := range advise.Candidates() {
		v := f.variant
		v.Runtime = name
		s, err := f.scenario(source, v)
		if err != nil {
			return nil, nil, err
		}
		m, err := simulateOne(ctx, f.search(r, source, v, status))
		if err != nil {
			return nil, nil, err
		}
		m.Workers = s.Service.Runtime.Workers
		if err := f.tryFewer(ctx, r, source, v, m, status); err != nil {
			return nil, nil, err
		}
		scenarios, simulated = append(scenarios, s), append(simulated, *m)
	}
	most := advise.MostWorkers(simulated)
	for i, name := range advise.Candidates() {
		m := &simulated[i]
		if m.AtOffered.Meets || m.Workers == most {
			continue
		}
		v := f.variant
		v.Runtime, v.Workers = name, strconv.Itoa(most)
		if m.WithMore, err = f.search(r, source, v, status).At(ctx, r.Offered); err != nil {
			return nil, nil, err
		}
		if m.WithMore == nil {
			return nil, nil, errNoAdvice
		}
	}
	return scenarios, simulated, nil
}

// tryFewer plays a runtime with fewer workers, where a quota stops those that it has, and keeps what carries most.
func (f *adviseFlags) tryFewer(ctx context.Context, r *advise.Request, source *scenario.Source, v scenario.Variant, m *advise.Simulation, status func(string)) error {
	for _, workers := range m.FewerWorkers() {
		v.Workers = strconv.Itoa(workers)
		fewer, err := simulateOne(ctx, f.search(r, source, v, status))
		if err != nil {
			return err
		}
		if fewer.Workers = workers; m.Fewer == nil || fewer.Knee > m.Fewer.Knee {
			m.Fewer = fewer
		}
	}
	return nil
}

// search looks for the knee of a variant, from the offered rate on.
func (f *adviseFlags) search(r *advise.Request, source *scenario.Source, v scenario.Variant, status func(string)) *knee.Search {
	return &knee.Search{
		SLO: r.SLO, From: r.Offered, Step: 2, Precision: advise.Precision,
		Replications: int(min(f.replications.value, mostReplications)), Tasks: f.tasks.value,
		Play: func(ctx context.Context, rate float64, tasks uint64, replications int) ([]*simulate.Result, error) {
			v.Rate = rate
			s, err := f.scenario(source, v)
			if err != nil {
				return nil, err
			}
			s.Requests = tasks
			return replicate(ctx, s, replications), nil
		},
		Played: func(p *knee.Point) { status(v.Runtime + ", " + report.PointLine(p, r.SLO)) },
	}
}

// simulateOne plays the offered rate and looks for the knee.
func simulateOne(ctx context.Context, search *knee.Search) (*advise.Simulation, error) {
	result, err := search.Run(ctx)
	if err != nil {
		return nil, err
	}
	if result.Partial {
		return nil, errNoAdvice
	}
	m := &advise.Simulation{KneeHigh: knee.HighestRate, Capacity: result.Capacity, CapacityOf: result.CapacityOf, MostServed: result.MostServed}
	for _, p := range result.Points {
		if p.Rate == search.From {
			m.AtOffered = p
		}
	}
	if result.Last != nil {
		m.Knee = result.Last.Rate
	}
	if result.SurelyMeets != nil {
		m.KneeLow = result.SurelyMeets.Rate
	}
	if result.SurelyMisses != nil {
		m.KneeHigh = result.SurelyMisses.Rate
	}
	return m, nil
}
