// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/merge"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// mergeFlags are those of the subcommand merge.
type mergeFlags struct {
	verifiers, run, output, json, junit string
	final, fresh                        bool
	wait                                time.Duration
	ready, want                         string
}

func newMerge(code *int) *cobra.Command {
	f := &mergeFlags{}
	merging := &cobra.Command{
		Use:   "merge [flags] FILE | URL ...",
		Short: "Give one verdict for a run that several verifiers share",
		Long: `merge collects the states of several load_verify exporters, which each saw a
part of a run, and says what became of every item: as one exporter would that
had seen all of it. An item that came to two of them is a duplicate.

A state is a file that state.file of load_verify names, or comes from the
address of state.http. It does not matter in which order states come, or whether
one comes twice: of one verifier the latest counts.

It exits with 0 if all runs pass, with 1 if one fails, with 2 if nobody knows: a
verifier's state is missing, a run goes on, or a file is not a state. If --wait
is over, or you press Ctrl-C, before all could be had, it shows what is known.

docs/audit.md says what a merged report knows, and what it cannot know.`,
		Example: `  # two verifiers, from files
  pipelinetest merge one.state two.state
  # over HTTP, until the run has ended
  pipelinetest merge --wait 5m http://10.0.0.1:4329 http://10.0.0.2:4329
  # keep what was merged, and merge it with more later
  pipelinetest merge -o east.state --verifiers 2 one.state two.state
  pipelinetest merge --verifiers one,two,three east.state three.state`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("merge: there is no state; want files or URLs, see pipelinetest merge --help")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			*code, err = f.merge(cmd, args)
			return err
		},
	}
	set := merging.Flags()
	set.StringVar(&f.verifiers, "verifiers", "", "how many verifiers there are, or their names: `N or a,b,c` (default: what expect.verifiers of the states says)")
	set.StringVar(&f.run, "run", "", "judge the run of this `ID` alone")
	set.BoolVar(&f.final, "final", false, "nothing will come any more: judge what has not ended, too")
	set.DurationVar(&f.wait, "wait", 0, "`DURATION` for which states are collected again while a run goes on, a shard of it is missing, or one cannot be had")
	set.BoolVar(&f.fresh, "fresh", false, "want no run at the first look: one that is there may be of an earlier test")
	set.StringVar(&f.ready, "ready", "", "answer HTTP at `HOST:PORT`: 200 after the first look, 503 before")
	set.StringVar(&f.want, "want", "", "want what a scenario's want says, in `FILE`: counts and runs, and nothing given up")
	set.StringVarP(&f.output, "output", "o", "", "write a `FILE` of all states, which can be merged again")
	set.StringVar(&f.json, "json", "", "write the report as JSON to a `FILE`; - is stdout, below the tables")
	set.StringVar(&f.junit, "junit", "", "write the report as JUnit XML to a `FILE`")
	return merging
}

// asked is what the flags ask for.
func (f *mergeFlags) asked() (asked audit.Asked, err error) {
	asked = audit.Asked{Run: f.run, Final: f.final}
	if f.verifiers == "" {
		return asked, nil
	}
	if n, err := strconv.Atoi(f.verifiers); err == nil {
		if n < 1 {
			return asked, fmt.Errorf("--verifiers: %d is not allowed; want 1 or more, or names", n)
		}
		asked.Verifiers = n
		return asked, nil
	}
	for name := range strings.SplitSeq(f.verifiers, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return asked, fmt.Errorf("--verifiers: %q is not allowed; want a number, or names with commas between them", f.verifiers)
		}
		asked.Names = append(asked.Names, name)
	}
	return asked, nil
}

// wanted is what a file says; nil: there is none.
func (f *mergeFlags) wanted() (*scenario.Want, error) {
	if f.want == "" {
		return nil, nil //nolint:nilnil // nothing is wanted
	}
	scenarios, err := scenario.Load(f.want)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--want: %w", err)
	case len(scenarios) != 1:
		return nil, fmt.Errorf("--want: %s has %d scenarios; want one", f.want, len(scenarios))
	case scenarios[0].Want.Verdict != scenario.Pass:
		return nil, fmt.Errorf("--want: want.verdict: %s is not allowed; want %s: the exit code is the verdict", scenarios[0].Want.Verdict, scenario.Pass)
	}
	return &scenarios[0].Want, nil
}

// patience is how long to wait, and who is told of the first look. It answers at --ready until closed.
func (f *mergeFlags) patience(ctx context.Context) (patience merge.Patience, closed func() error, err error) {
	patience, closed = merge.Patience{Wait: f.wait, Fresh: f.fresh}, func() error { return nil }
	if f.ready == "" {
		return patience, closed, nil
	}
	ready, err := merge.Serve(ctx, f.ready)
	if err != nil {
		return patience, closed, fmt.Errorf("--ready: %w", err)
	}
	patience.Looked = ready.Done
	return patience, ready.Close, nil
}

func (f *mergeFlags) merge(cmd *cobra.Command, places []string) (code int, err error) {
	asked, err := f.asked()
	if err != nil {
		return exitBroken, err
	}
	if err := f.checkOutputs(places); err != nil {
		return exitBroken, err
	}
	want, err := f.wanted()
	if err != nil {
		return exitBroken, err
	}
	patience, closed, err := f.patience(cmd.Context())
	if err != nil {
		return exitBroken, err
	}
	defer func() { err = errors.Join(err, closed()) }()
	result, lacks := merge.Merge(cmd.Context(), places, asked, patience)
	if result == nil {
		return exitBroken, lacks
	}
	if f.run != "" && len(result.Report.Runs) == 0 {
		return exitBroken, errors.Join(lacks, fmt.Errorf("--run: no state has a run %q", f.run))
	}
	if want != nil {
		if err := result.Want(want); err != nil {
			return exitBroken, err
		}
	}
	if _, err = io.WriteString(cmd.OutOrStdout(), printable.Text(result.Text())); err != nil {
		say(cmd, "the report could not be shown: %v", err)
	}
	err = errors.Join(lacks, f.write(cmd.OutOrStdout(), result))
	switch result.Report.Verdict {
	case audit.Pass:
		if lacks == nil {
			return exitPassed, err
		}
	case audit.Fail:
		return exitFailed, err
	case audit.Unknown, audit.Running:
	}
	return exitBroken, err
}

// onStdout, in the place of a file, is standard output.
const onStdout = "-"

// checkOutputs finds what cannot be written, or would replace what is read, before anything is.
func (f *mergeFlags) checkOutputs(places []string) error {
	outputs := []output{{"output", f.output}, {"junit", f.junit}}
	if f.json != onStdout {
		outputs = append(outputs, output{"json", f.json})
	}
	inputs := slices.DeleteFunc(slices.Clone(places), merge.IsURL)
	if f.want != "" {
		inputs = append(inputs, f.want)
	}
	return check(outputs, inputs)
}

// write writes the files that are asked for.
func (f *mergeFlags) write(stdout io.Writer, result *merge.Result) (err error) {
	now := time.Now()
	if f.output != "" {
		err = report.Write(f.output, result.State)
	}
	if f.json != "" {
		text, failed := result.JSON(now)
		switch {
		case failed != nil:
		case f.json == onStdout:
			_, failed = stdout.Write(text)
		default:
			failed = report.Write(f.json, text)
		}
		err = errors.Join(err, failed)
	}
	if f.junit != "" {
		err = errors.Join(err, report.MergedJUnit(f.junit, &result.Report, now))
	}
	return err
}
