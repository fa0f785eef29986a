// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// register adds the flags that make a plan.
func register(cmd *cobra.Command, r *plan.Request) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&r.Endpoint, "endpoint", r.Endpoint, "where the backend is, `HOST:PORT` or a URL (default localhost:4317, with --protocol http localhost:4318)")
	f.StringVar(&r.Protocol, "protocol", r.Protocol, "how OTLP is sent, the `NAME` grpc or http")
	f.BoolVar(&r.Insecure, "insecure", r.Insecure, "plaintext: no TLS")
	f.StringArrayVar(&r.Header, "header", r.Header, "a header, `NAME=VALUE`, of every request; may be repeated")
	f.StringVar(&r.CACert, "ca-cert", r.CACert, "`FILE` of the certificates, in PEM, that the backend's is checked against (default the system's)")
	f.StringVar(&r.ClientCert, "client-cert", r.ClientCert, "`FILE` of this client's certificate, for a backend that asks for one (mTLS)")
	f.StringVar(&r.ClientKey, "client-key", r.ClientKey, "`FILE` of its key")
	f.Float64Var(&r.Rate, "rate", r.Rate, "requests a second, `N`, that arrive at the service; each has one span or more")
	f.DurationVar(&r.Duration, "duration", r.Duration, "how long requests arrive, such as `30s` (default 0s: until Ctrl-C)")
	f.StringVar(&r.Preset, "preset", r.Preset, "what a request does: the `NAME` of a workload, one of "+strings.Join(spec.Presets(), ", "))
	f.StringVar(&r.Runtime, "runtime", r.Runtime, "what the service runs on, the `NAME` "+orOf(plan.Runtimes()))
	f.StringSliceVar(&r.SignalNames, "signals", r.SignalNames, "what is sent, a `LIST` of "+strings.Join(plan.Signals(), ", "))
	f.Lookup("signals").DefValue = strings.Join(r.SignalNames, ",")
	f.StringVar(&r.Service, "service", r.Service, "the service's `NAME`, service.name (default that of the preset)")
	f.IntVar(&r.Instances, "instances", r.Instances, "processes of the service, `N`; each gets the full rate")
	f.Uint64Var(&r.Seed, "seed", r.Seed, "seed of everything random, `N`: the same seed, the same requests")
	f.BoolVar(&r.Verify, "verify", r.Verify, "number the items, so that the exporter load_verify can tell what got lost")
	f.StringVar(&r.RunID, "run-id", r.RunID, "the `NAME` that all ids belong to: the same one repeats the ids (default a new one)")
	for flag, values := range map[string][]string{
		"protocol": plan.Protocols(), "preset": spec.Presets(), "runtime": plan.Runtimes(), "signals": plan.Signals(),
	} {
		complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag is one of those above
		}
	}
}

// wanted is what flags take whose values the flag library reads.
var wanted = map[string]string{
	"rate":      "a number more than 0, such as 500",
	"duration":  "a duration such as 30s or 5m, or 0s: until Ctrl-C",
	"instances": "a whole number from 1 to 1000",
	"seed":      "a whole number from 0 to 18446744073709551615",
	"signals":   "one or more of traces, metrics, logs, with commas between them",
}

// elsewhere are the flags of telemetrygen and k6 that have another name here.
var elsewhere = map[string]string{
	"otlp-endpoint": "--endpoint",
	"otlp-insecure": "--insecure",
	"otlp-header":   "--header",
	"otlp-http":     "--protocol http",
	"workers":       "--instances",
	"vus":           "--instances",
	"rps":           "--rate",
	"mtls":          "--client-cert and --client-key",
}

// flagError says what is wrong with a flag, without the words that the flag library wraps around it.
func flagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag := invalid.GetFlag()
		want := wanted[flag.Name]
		if flag.Value.Type() == "bool" {
			want = "true, false, or the flag alone"
		}
		if want != "" {
			return fmt.Errorf("--%s: %q is not allowed; want %s", flag.Name, invalid.GetValue(), want)
		}
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if own := elsewhere[unknown.GetSpecifiedName()]; own != "" {
			return fmt.Errorf("--%s: unknown flag; here it is %s", unknown.GetSpecifiedName(), own)
		}
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// orOf lists names of which one is to be chosen.
func orOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
