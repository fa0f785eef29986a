// Package cli is the command line of pipelinetest: flags and files become scenarios, each is run, what came out is shown.
//
//	flags, files --scenario--> run --result--> report --> text on stdout, JSON, JUnit XML
//	                            |
//	                  progress on stderr, Ctrl-C
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/internal/program"
)

// Exit codes.
const (
	exitPassed = 0
	exitFailed = 1 // a verdict is not as wanted
	exitBroken = 2 // a test could not run: the command line, a file, a part that does not start, Ctrl-C
)

// Main runs the command line and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	// The first Ctrl-C ends the parts; a second one ends this process at once, and on Linux the parts with it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	code := exitPassed
	root := newRoot(&code)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			_, _ = fmt.Fprintln(stderr, "pipelinetest: "+line) // there is nobody left to tell
		}
		return exitBroken
	}
	return code
}

func newRoot(code *int) *cobra.Command {
	f := &flags{}
	root := &cobra.Command{
		Use:   "pipelinetest [flags] [SCENARIO.yaml | FOLDER]...",
		Short: "Does a telemetry pipeline lose, duplicate, reorder or change anything?",
		Long: `pipelinetest starts a generating Collector, the pipeline under test and a
verifying Collector, disturbs what is between them, waits for the run to end and
says what became of every item, and where. It exits with 0 if the verdict is as
wanted, with 1 if it is not, with 2 if the test itself could not run.

What is tested finds its way by environment variables: it listens at
PIPELINETEST_LISTEN (OTLP/gRPC) or PIPELINETEST_LISTEN_HTTP, and sends to
PIPELINETEST_TO_NEXT or PIPELINETEST_TO_NEXT_HTTP, each host:port on loopback.
docs/pipelinetest.md lists all of them, and the keys of a scenario.

In a shell, "source <(pipelinetest completion bash)" completes flags and files;
zsh, fish and PowerShell likewise.`,
		Example: `  # the generator right into the verifier: does it work here?
  pipelinetest

  # an agent of your own between them
  pipelinetest --system 'agent=my-agent --listen ${PIPELINETEST_LISTEN}
    --backend ${PIPELINETEST_TO_NEXT}'

  # two in a row; the second is not reachable from the fifth second to the tenth
  pipelinetest --system 'agent=otelcol --config agent.yaml' \
    --system 'gateway=otelcol --config gateway.yaml' \
    --fault 'at: 5s, for: 5s, link: agent->gateway, down: true'

  # every scenario of a folder, five times each, for a CI server
  pipelinetest --repeat 5 --junit junit.xml --json report.json \
    config/pipeline-test`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files and folders
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			scenarios, err := f.scenarios(cmd, args)
			if err != nil {
				return err
			}
			if f.list {
				return list(cmd.OutOrStdout(), scenarios)
			}
			*code, err = f.run(cmd, scenarios)
			return err
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	f.register(root)
	program.Equip(root)
	return root
}

func list(w io.Writer, scenarios []*scenario.Scenario) error {
	for _, s := range scenarios {
		description, _, _ := strings.Cut(s.Description, "\n")
		if _, err := fmt.Fprintf(w, "%s\n  %s\n  want: %s\n", s.Name, description, s.Want.String()); err != nil {
			return err
		}
	}
	return nil
}

// run runs the scenarios and shows what comes out.
func (f *flags) run(cmd *cobra.Command, scenarios []*scenario.Scenario) (code int, err error) {
	collector, err := f.findCollector(scenarios)
	if err != nil {
		return 0, err
	}
	var tests []report.Test
	several := len(scenarios)*f.repeat > 1
	for _, s := range scenarios {
		for repetition := 1; repetition <= f.repeat && cmd.Context().Err() == nil; repetition++ {
			test := report.Test{Scenario: s, Repetition: repetition, Of: f.repeat}
			if test.Result, err = f.test(cmd, s, repetition, collector, several); err != nil {
				return 0, err
			}
			tests = append(tests, test)
			if err := show(cmd.OutOrStdout(), &test, several); err != nil {
				return 0, err
			}
		}
	}
	if several {
		if err := report.Summary(cmd.OutOrStdout(), tests); err != nil {
			return 0, err
		}
	}
	if f.json != "" {
		err = report.JSON(f.json, tests)
	}
	if f.junit != "" {
		err = errors.Join(err, report.JUnit(f.junit, tests))
	}
	if cmd.Context().Err() != nil {
		return exitBroken, err
	}
	return map[run.Outcome]int{run.Passed: exitPassed, run.Failed: exitFailed, run.Broken: exitBroken}[report.Outcome(tests)], err
}

// show shows a test: on a line if it is one of several and came out as wanted.
func show(w io.Writer, t *report.Test, several bool) error {
	if several && t.Result.Outcome == run.Passed {
		return report.Line(w, t)
	}
	return report.Text(w, t)
}

// test runs a scenario once, in a folder that is removed afterwards unless it is to be kept.
func (f *flags) test(cmd *cobra.Command, s *scenario.Scenario, repetition int, collector string, several bool) (result *run.Result, err error) {
	var dir string
	if f.keep == "" {
		if dir, err = os.MkdirTemp("", "pipelinetest-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else {
		dir = filepath.Join(f.keep, fmt.Sprintf("%s-%d", s.Name, repetition))
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	prefix := ""
	if several {
		prefix = s.Name + ": "
	}
	return run.Run(cmd.Context(), s, run.Options{
		Collector: collector, Dir: dir,
		Say: func(format string, args ...any) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), prefix+format+"\n", args...) // progress is not worth failing for
		},
	}), nil
}
