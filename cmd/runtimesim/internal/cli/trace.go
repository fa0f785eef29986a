// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/chrometrace"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// mostPolls bounds the trace: viewers are slow beyond it, about 170 MB.
const mostPolls = 1_000_000

func newTrace() *cobra.Command {
	var flags scenarioFlags
	var path string
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Write every poll on every worker, for ui.perfetto.dev",
		Long: `trace plays a few requests and writes what each worker polled when, as
Chrome-trace JSON: a lane for each worker, a slice for each poll, named by its
span. Open the file in ui.perfetto.dev or chrome://tracing. A click on a slice
shows the task, its request, the queue it came from and how long it had waited
there.`,
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
	trace := chrometrace.Trace{Most: mostPolls}
	var rt scheduler.Runtime
	var arrived atomic.Uint64
	stop := showProgress(cmd.ErrOrStderr(), func() string { return arrivedOf(arrived.Load(), s.Requests) })
	result := simulate.Run(cmd.Context(), s, simulate.Watch{
		Observer: trace.Observer(), Started: func(started scheduler.Runtime) { rt = started }, Arrived: arrived.Store,
	})
	stop()
	spec := &s.Service.Runtime
	name := fmt.Sprintf("%s, %s", report.RuntimeName(spec), workers(spec.Workers))
	if err := writeFile(path, cmd.OutOrStdout(), func(w io.Writer) error { return trace.Write(w, name, rt) }); err != nil {
		return failure{err}
	}
	stderr := cmd.ErrOrStderr()
	if trace.Dropped > 0 {
		_, _ = fmt.Fprintf(stderr, "runtimesim: the trace ends after %d polls; %d more are left out: lower --tasks to see all\n",
			trace.Polls(), trace.Dropped)
	}
	if path != "-" {
		_, _ = fmt.Fprintf(stderr, "runtimesim: %d polls of %d requests in %s; open it in https://ui.perfetto.dev\n",
			trace.Polls(), result.Arrived, path)
	}
	return ended(result.Partial, nil)
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
