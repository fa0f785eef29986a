// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/chrometrace"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// mostEvents bounds the trace: viewers are slow beyond it.
const mostEvents = 1_000_000

func newTrace() *cobra.Command {
	var flags scenarioFlags
	var path string
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Write what every thread did when, for ui.perfetto.dev",
		Long: `trace plays a few requests and writes what each thread did when, as Chrome-trace
JSON. Open the file in ui.perfetto.dev or chrome://tracing. It shows

  lanes     the workers, threads of the blocking pool, and a lane "outside"
  slices    polls, named by their spans; parks; turns of the driver, which wake
            tasks that waited for timers and sockets; jobs of the blocking pool;
            with a quota, when a CPU with a thread was throttled
  arrows    from who woke a task to its poll, and from the worker that lost
            tasks to a thief to the thief's next poll
  counters  how many tasks wait in each queue, how many threads the pool has,
            how many threads wait for a CPU

A click on a poll shows the task, its request, the queue it came from and how
long it had waited there. A trace holds up to a million events, about 120 MB,
and ends when it is full. A request of api_gateway takes about 15 of them.`,
		Example: `  runtimesim trace --workload api_gateway --arrivals poisson:20000 \
    --out trace.json
  runtimesim trace --runtime smol --workers 4 --workload spawn_benchmark \
    --arrivals constant:100 --tasks 3 --out spawn.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return writeTrace(cmd, &flags, path) },
	}
	flags.registerRuntime(cmd)
	flags.register(cmd, 2000, "requests that arrive; the trace ends when all have finished")
	if err := cmd.Flags().MarkHidden("warmup"); err != nil {
		panic(err) // it was registered just now
	}
	cmd.Flags().StringVar(&path, "out", "", "`FILE` to write, or - for standard output")
	return cmd
}

func writeTrace(cmd *cobra.Command, flags *scenarioFlags, path string) error {
	if path == "" {
		return errors.New("--out: missing; want a file to write, or - for standard output")
	}
	source, err := flags.open(cmd)
	if err != nil {
		return err
	}
	s, err := flags.scenario(source, flags.variant)
	if err != nil {
		return err
	}
	var trace *chrometrace.Trace
	var result *simulate.Result
	if err := writeFile(path, cmd.OutOrStdout(), func(w io.Writer) error {
		trace, result, err = traced(cmd, s, w)
		return err
	}); err != nil {
		return failure{err}
	}
	stderr := cmd.ErrOrStderr()
	if trace.Full() {
		_, _ = fmt.Fprintf(stderr, "runtimesim: the trace is full: it ends after %s events at %s, when %s of %s requests had arrived; lower --tasks to see all\n",
			format.Count(mostEvents), format.Duration(int64(trace.Until())), format.Count(result.Arrived), format.Count(s.Requests))
	}
	if path != "-" {
		shown := trace.Totals()
		_, _ = fmt.Fprintf(stderr, "runtimesim: %s polls, %s parks, %s wakes and %s steals of %s requests in %s; open it in https://ui.perfetto.dev\n",
			format.Count(shown.Polls), format.Count(shown.Parks), format.Count(shown.Wakes), format.Count(shown.Steals), format.Count(result.Arrived), path)
	}
	return ended(result.Partial && !trace.Full(), nil)
}

// traced plays a scenario, until the trace is full.
func traced(cmd *cobra.Command, s *simulate.Scenario, w io.Writer) (*chrometrace.Trace, *simulate.Result, error) {
	spec := &s.Service.Runtime
	trace := chrometrace.New(w, fmt.Sprintf("%s, %s%s", report.RuntimeName(spec), workers(spec.Workers), report.Machine(spec)), mostEvents)
	ctx, full := context.WithCancel(cmd.Context())
	defer full()
	var arrived atomic.Uint64
	stop := showProgress(cmd.ErrOrStderr(), func() string { return arrivedOf(arrived.Load(), s.Requests) })
	result := simulate.Run(ctx, s, simulate.Watch{
		Observer: trace.Observer(), Started: trace.Started, Machine: trace.Machine, Arrived: arrived.Store,
		Instant: func(now sim.Time) {
			if trace.Instant(now); trace.Full() {
				full()
			}
		},
	})
	stop()
	return trace, result, trace.Close()
}

// writeFile writes a file, or to stdout for the path -.
func writeFile(path string, stdout io.Writer, write func(io.Writer) error) error {
	if path == "-" {
		return write(stdout)
	}
	f, err := os.Create(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
