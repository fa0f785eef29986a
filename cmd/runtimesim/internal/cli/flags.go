// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// Names of flags.
const (
	flagRuntimes = "runtimes"
	flagSeed     = "seed"
)

// refusal is the error of a flag's value.
type refusal string

func (r refusal) Error() string { return string(r) }

// number is the value of a flag that takes a number from least to most.
type number[T uint64 | float64] struct {
	flag        string
	value       T
	least, most T
	want        string
}

// String implements pflag.Value.
func (n *number[T]) String() string { return fmt.Sprint(n.value) }

// Type implements pflag.Value: how the help calls the value.
func (n *number[T]) Type() string { return "N" }

// Set implements pflag.Value. It reads whole numbers as 1000000, 1_000_000 and 1e6.
func (n *number[T]) Set(text string) error {
	value, ok := parseNumber[T](strings.ReplaceAll(text, "_", ""))
	if !ok || value < n.least || value > n.most {
		return refusal(fmt.Sprintf("--%s: %q is not allowed; want %s", n.flag, text, n.want))
	}
	n.value = value
	return nil
}

func parseNumber[T uint64 | float64](text string) (T, bool) {
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return T(u), true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f >= math.MaxUint64 {
		return 0, false
	}
	return T(f), float64(T(f)) == f
}

// scenarioFlags are the flags of every command: what to play.
type scenarioFlags struct {
	request scenario.Request
	variant scenario.Variant
	seed    number[uint64]
	tasks   number[uint64]
	warmup  number[float64]
}

func (f *scenarioFlags) register(cmd *cobra.Command, tasks uint64, tasksMeaning string) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.variant.Workers, "workers", "", "worker threads, `N` of 1 to 1024 (default: the file's; if it says none, 1 for smol, and for the others 4 or what --cpu-limit leaves)")
	flags.StringVar(&f.variant.CPUs, "cpus", "", "CPUs that the process's threads share, `N` of 1 to 4096 (default: one for each thread)")
	flags.StringVar(&f.variant.CPULimit, "cpu-limit", "", fmt.Sprintf("CPU time that the process may use, `N` CPUs such as 1.5 or 1500m: limits.cpu of Kubernetes (default: all of --cpus, which is %d with a limit)", scenario.DefaultCPUs))
	flags.StringVar(&f.request.Arrivals, "arrivals", "",
		"when requests arrive: `PROCESS:VALUES`, one of "+strings.Join(scenario.ArrivalsNotations(), ", ")+"; rates in requests a second, THINK as --service")
	flags.StringVar(&f.request.Service, "service", "",
		"how long a request computes: `DISTRIBUTION:VALUES`, one of "+strings.Join(scenario.ServiceNotations(), ", ")+"; durations such as 80us")
	flags.StringVar(&f.request.Workload, "workload", "",
		"in place of --service: `PRESET|FILE`, a preset ("+strings.Join(spec.Presets(), ", ")+") or a YAML file of services (docs/workloads.md)")
	flags.StringVar(&f.request.Name, "name", "", "the `NAME` of the service to play, if the file has several")
	flags.StringVar(&f.request.Cost, "cost", costfile.Default, "what scheduling costs: `default|seed|zero|FILE`; a file names what differs from the default")

	f.seed = number[uint64]{flag: flagSeed, value: scenario.DefaultSeed, most: math.MaxUint64, want: "a whole number from 0 to 18446744073709551615"}
	flags.Var(&f.seed, f.seed.flag, "seed of everything random; replaces the seeds of a file")
	f.tasks = number[uint64]{flag: "tasks", value: tasks, least: 1, most: 1e9, want: "a whole number from 1 to 1000000000"}
	flags.Var(&f.tasks, f.tasks.flag, tasksMeaning)
	f.warmup = number[float64]{flag: "warmup", value: 0.05, most: 0.9, want: "a number from 0 to 0.9"}
	flags.Var(&f.warmup, f.warmup.flag, "share of the requests, at the start, that queue wait and latency leave out, at most 100000 of them")
}

// registerRuntime adds the flags of commands that play one runtime.
func (f *scenarioFlags) registerRuntime(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.variant.Runtime, "runtime", "", "`RUNTIME`: "+strings.Join(semconv.RuntimeNames(), ", ")+", or a flavor of Tokio: "+strings.Join(models.Flavors(), ", ")+" (default: the file's; without one tokio)")
	cmd.Flags().StringVar(&f.variant.Version, "version", "", "`VERSION` of the runtime's model, such as 1.53, or --runtime RUNTIME:VERSION (default: the newest that is modelled)")
}

func (f *scenarioFlags) open(cmd *cobra.Command) (*scenario.Source, error) {
	if err := emptyFlag(cmd); err != nil {
		return nil, err
	}
	if cmd.Flags().Changed(flagSeed) {
		f.request.Seed = &f.seed.value
	}
	if f.variant.Runtime != "" { // as in compare
		runtime, version, err := runtimeOf("--runtime", f.variant.Runtime)
		if err != nil {
			return nil, err
		}
		if version != "" && f.variant.Version != "" {
			return nil, fmt.Errorf("--runtime and --version: %q says a version already; want one of them", f.variant.Runtime)
		}
		f.variant.Runtime, f.variant.Version = runtime, cmp.Or(version, f.variant.Version)
	}
	return scenario.Open(f.request)
}

// emptyFlag refuses a flag whose value is empty, as that of a variable that is not set: it would count as no flag at all.
func emptyFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && strings.TrimSpace(f.Value.String()) == "" {
			err = fmt.Errorf("--%s: %q is not allowed; want a value, or the flag left out", f.Name, f.Value.String())
		}
	})
	return err
}

// scenario is what a variant of the source plays.
func (f *scenarioFlags) scenario(source *scenario.Source, v scenario.Variant) (*simulate.Scenario, error) {
	service, err := source.Service(v)
	if err != nil {
		return nil, err
	}
	return &simulate.Scenario{
		Service: service, FleetSeed: source.FleetSeed(), Requests: f.tasks.value, Warmup: f.warmup.value,
	}, nil
}
