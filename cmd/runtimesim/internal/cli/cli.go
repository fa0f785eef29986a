// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line of runtimesim: it reads flags, has the work done by the packages beside it, and shows
// what they return.
//
//	flags --scenario--> service --simulate--> result --report--> text or JSON on stdout
//	                                |
//	                      progress on stderr, Ctrl-C
//
// Results go to stdout, everything else to stderr.
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

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/runtimelab/otelcol-runtimelab/internal/program"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1   // the work could not be done, for instance a file not written
	exitUsage       = 2   // the command line, or a file it names, is wrong
	exitNothingFits = 3   // the answer of advise is that no runtime fits
	exitInterrupted = 130 // Ctrl-C: what was measured so far has been printed
)

// failure is an error that is not about the command line.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// What ends a command on Ctrl-C: without a result, or with one of what was measured so far.
var (
	errInterrupted = errors.New("interrupted")
	errPartial     = fmt.Errorf("%w: the result is partial", errInterrupted)
	errNoAdvice    = fmt.Errorf("%w: there is no advice without all runs", errInterrupted)
)

// Main runs the command line and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	// The first Ctrl-C ends the run; a second one kills the process.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, _ = fmt.Fprintln(stderr, "runtimesim: "+line) // there is nobody left to tell
	}
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errNothingFits):
		return exitNothingFits
	}
	if _, failed := errors.AsType[failure](err); failed {
		return exitFailed
	}
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "runtimesim",
		Short: "What would Tokio, async-std or smol do with this load?",
		Long: `runtimesim plays requests on models of Rust's async runtimes, in virtual time,
and says how long they waited for a worker and how long they took. The same seed
gives the same result on every machine.

In a shell, "source <(runtimesim completion bash)" completes commands and flags;
zsh, fish and PowerShell likewise.`,
		Example: `  # a queue with four workers, 70 % utilized: Tokio's scheduling without costs
  runtimesim run --workers 4 --arrivals poisson:2800 --service exp:1ms \
    --cost zero

  # the same HTTP gateway on each runtime
  runtimesim compare --workload api_gateway --arrivals poisson:20000 --workers 4

  # the rate at which its 99th percentile reaches 20 ms
  runtimesim knee --workload api_gateway --arrivals poisson --workers 4 \
    --slo p99=20ms

  # which runtime to take for it, and why
  runtimesim advise --workload api_gateway --arrivals poisson:20000 \
    --workers 4 --slo p99=20ms --needs sqlx

  # what every thread does when, and who wakes whom, for ui.perfetto.dev
  runtimesim trace --workload api_gateway --arrivals poisson:20000 \
    --out trace.json`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newRun(), newCompare(), newKnee(), newAdvise(), newTrace(), newBench())
	program.Equip(root)
	return root
}

// flagError says what is wrong with a flag, without the words that the flag library wraps around it.
func flagError(cmd *cobra.Command, err error) error {
	if refused, ok := errors.AsType[refusal](err); ok {
		return refused
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok && invalid.GetFlag().Value.Type() == "bool" {
		return fmt.Errorf("--%s: %q is not allowed; want no value, true or false", invalid.GetFlag().Name, invalid.GetValue())
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// noArguments refuses arguments that are no flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if err := swallowed(cmd); err != nil {
			return err
		}
		return fmt.Errorf("unexpected argument %q; want flags only: see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}

// swallowed tells of a flag whose value was left out, so that it took the next flag for it.
func swallowed(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if word := f.Value.String(); err == nil && strings.HasPrefix(word, "--") {
			err = fmt.Errorf("--%s: missing; the next word is %s: see %s --help", f.Name, word, cmd.CommandPath())
		}
	})
	return err
}

// ended is the error of a command that has printed its result.
func ended(partial bool, writing error) error {
	switch {
	case writing != nil:
		return failure{writing}
	case partial:
		return errPartial
	}
	return nil
}
