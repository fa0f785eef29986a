// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line of pipelinetest: flags and files become scenarios, each is run, what came out is shown.
//
//	flags, files --scenario--> run --result--> report --> text on stdout, JSON, JUnit XML
//	                       several at once
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

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/internal/program"
)

// Exit codes.
const (
	exitPassed = 0
	exitFailed = 1 // a verdict is not as wanted
	exitBroken = 2 // nobody knows: a verdict is unknown, or a test could not run: the command line, a file, a part that does not start, Ctrl-C
)

// Main runs the command line and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	// The first Ctrl-C ends the parts; a second one ends this process at once, and on Linux the parts with it. A terminal that is closed is
	// like Ctrl-C. One that does not listen any more is not: the tests go on, and the exit code tells.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE) // who writes gets an error instead
	defer signal.Stop(broken)

	code := exitPassed
	root := newRoot(&code)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			_, _ = fmt.Fprintln(stderr, "pipelinetest: "+printable.Text(line)) // there is nobody left to tell
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
wanted, with 1 if it is not, with 2 if nobody knows, because something could not
be seen or the test itself could not run.

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

  # a load test; and the highest rate that the gateway stands
  pipelinetest --rate 5000 --duration 30s --system gateway=gateway.yaml
  pipelinetest --find-limit --slo p99=200ms --system gateway=gateway.yaml

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
			if f.list && err == nil {
				return list(cmd.OutOrStdout(), scenarios)
			}
			collector, collectorErr := f.findCollector(scenarios)
			outputsErr := f.checkOutputs()
			err = errors.Join(err, collectorErr, outputsErr)
			if err == nil {
				err = run.Validate(cmd.Context(), scenarios, collector)
			}
			if err != nil {
				if outputsErr == nil && !f.list {
					err = errors.Join(err, report.Unstarted(f.json, f.junit, f.markdown, err))
				}
				return err
			}
			if f.load.findLimit {
				*code, err = f.find(cmd, collector)
			} else {
				*code, err = f.run(cmd, scenarios, collector)
			}
			return err
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	f.register(root)
	root.AddCommand(newMerge(code), newKubernetes())
	program.Equip(root)
	return root
}

func list(w io.Writer, scenarios []*scenario.Scenario) error {
	var b strings.Builder
	about := func(indent, description string) {
		for line := range strings.Lines(description) {
			b.WriteString(indent + strings.TrimSpace(line) + "\n")
		}
	}
	file := ""
	for _, s := range scenarios {
		if s.File != file && s.About != "" {
			b.WriteString(filepath.Base(s.File) + "\n")
			about("  ", s.About)
		}
		file = s.File
		b.WriteString(s.Name + "\n")
		about("  ", s.Description)
		b.WriteString("  want: " + s.Want.String() + "\n")
	}
	_, err := io.WriteString(w, printable.Text(b.String()))
	return err
}
