// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line of otlpload: flags become a plan, the plan is played, what came of it is shown.
//
//	flags --plan--> load --tally--> report --> summary on stdout
//	                  |
//	        progress on stderr, Ctrl-C
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/load"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/internal/program"
)

const name = "otlpload"

// Exit codes.
const (
	exitAccepted = 0 // the backend accepted all that was emitted, and something was
	exitMissing  = 1 // it did not
	exitBroken   = 2 // the load could not run: the command line, a file, or a backend that does not speak what the flags say
)

// errMissing ends a run whose summary says what is missing.
var errMissing = errors.New("not all of it was accepted")

// Main runs the command line and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	// The first Ctrl-C ends the load; a second one kills the process.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitAccepted
	case errors.Is(err, errMissing):
		return exitMissing
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, _ = fmt.Fprintln(stderr, name+": "+line) // there is nobody left to tell
	}
	return exitBroken
}

func newRoot() *cobra.Command {
	request := plan.Default()
	printConfig := false
	root := &cobra.Command{
		Use:   name + " [flags]",
		Short: "Send the telemetry of a simulated Rust service to any OTLP backend",
		Long: `otlpload plays a Rust service on a model of its async runtime, and sends the
traces, metrics and logs of that service over OTLP. It needs no configuration
file; --print-config prints the one that does the same in a Collector.

The connection is encrypted unless --insecure says otherwise.
Exit code: 0 if the backend accepted all, 1 if not, 2 if the load could not run.

In a shell, "source <(otlpload completion bash)" completes flags and the names
that they take; zsh, fish and PowerShell likewise.`,
		Example: `  # a Collector or Jaeger on this machine
  otlpload --endpoint localhost:4317 --insecure --rate 500 --duration 30s

  # a vendor's backend
  otlpload --endpoint https://otlp.example.com --protocol http \
    --header "authorization=Bearer $TOKEN" --signals traces,metrics,logs

  # the same in a Collector, where every setting can be changed
  otlpload --rate 500 --insecure --print-config > load.yaml
  otelcol-runtimelab --config load.yaml`,
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := request.Check()
			if err != nil {
				return err
			}
			if printConfig {
				return printCollector(cmd.OutOrStdout(), p)
			}
			return play(cmd, p)
		},
	}
	root.SetFlagErrorFunc(flagError)
	program.Equip(root)
	register(root, &request)
	root.Flags().BoolVar(&printConfig, "print-config", false, "print the Collector's configuration that does the same, and send nothing")
	return root
}

func printCollector(w io.Writer, p *plan.Plan) error {
	text, err := p.Collector()
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// stopTime is how long the exporters may take to stop when nothing waits for them any more.
const stopTime = 2 * time.Second

// play plays a plan and shows what came of it.
func play(cmd *cobra.Command, p *plan.Plan) error {
	c := newConsole(cmd.ErrOrStderr())
	version, _, _ := strings.Cut(cmd.Root().Version, ",")
	l, err := load.New(cmd.Context(), p, version, c.say)
	if err != nil {
		return err
	}
	if err := l.Start(cmd.Context()); err != nil {
		return err
	}
	c.say(report.Plan(p) + until(p))
	unfollow := c.follow(l, p.Request.Duration)
	interrupted := context.AfterFunc(cmd.Context(), func() { c.say("ending: what is on the way is delivered; Ctrl-C again ends at once") })
	ending, err := l.Run(cmd.Context())
	interrupted()
	unfollow()

	stop, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), stopTime)
	defer cancel()
	if ending.Hopeless != nil {
		l.Stop(stop)
		return errors.New(ending.Hopeless.String())
	}
	if err != nil {
		c.say(err.Error())
	}
	if ending.Silent {
		c.say("the duration is over, and the backend still takes nothing: ending")
	}
	result, err := l.Snapshot(stop, true)
	l.Stop(stop)
	if err != nil {
		return err
	}
	if err := report.Summary(cmd.OutOrStdout(), p, &result); err != nil {
		return err
	}
	if !result.Complete() {
		return errMissing
	}
	return nil
}

func until(p *plan.Plan) string {
	if p.Request.Duration > 0 {
		return fmt.Sprintf(", for %v", p.Request.Duration)
	}
	return ", until Ctrl-C"
}

// noArguments refuses arguments that are no flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q; want flags only: see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}
