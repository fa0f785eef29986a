// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/kubernetes"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

func newKubernetes() *cobra.Command {
	options, folder := kubernetes.Default(), ""
	rendering := &cobra.Command{
		Use:   "kubernetes [flags] SCENARIO.yaml",
		Short: "Render a scenario as manifests for Kubernetes",
		Long: `kubernetes renders a scenario as manifests: generators as an Indexed Job, its
systems as Deployments, verifiers as a StatefulSet, and a judge as a Job, whose
success is the verdict. It asks no cluster. kubectl apply -f - reads what it
prints, and kubectl apply -k the folder of --output.

What only one machine can do is an error: faults, commands, disks, certificates.

docs/kubernetes.md says how to run them, and what the verdicts mean.`,
		Example: `  # three gateways, tested by three generators and three verifiers
  pipelinetest kubernetes -o load config/kubernetes/load.yaml
  kubectl apply -k load
  # a gateway that runs already
  pipelinetest kubernetes --service gateway.observability:4317 \
    --pods app=gateway scenario.yaml | kubectl apply -f -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("kubernetes: %d scenarios are not allowed; want one file", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := manifests(args[0], options)
			if err != nil {
				return err
			}
			if folder == "" {
				_, err = io.WriteString(cmd.OutOrStdout(), kubernetes.Stream(files))
				return err
			}
			return writeFiles(folder, files)
		},
	}
	set := rendering.Flags()
	set.StringVarP(&folder, "output", "o", "", "write files and a kustomization.yaml into a `FOLDER`, not one stream to stdout")
	set.StringVar(&options.Namespace, "namespace", options.Namespace, "`NAME` of the namespace that all of it is in")
	set.IntVar(&options.Generators, "generators", options.Generators, "how many generators share the fleet, `N`")
	set.IntVar(&options.Verifiers, "verifiers", options.Verifiers, "how many verifiers share the audit, `N`")
	set.StringVar(&options.Image, "image", options.Image, "`IMAGE` of generators, verifiers and judge")
	set.StringVar(&options.SystemImage, "system-image", "", "`IMAGE` of the scenario's systems (default: that of --image)")
	set.StringVar(&options.Service, "service", "", "what is tested runs already and takes OTLP/gRPC at `HOST:PORT`, or OTLP/HTTP at http://HOST:PORT")
	set.StringToStringVar(&options.Labels, "pods", nil, "labels of the pods behind --service, which may send to the verifiers: `KEY=VALUE`,...")
	return rendering
}

// manifests renders the only scenario of a file.
func manifests(path string, options kubernetes.Options) ([]kubernetes.File, error) {
	scenarios, err := scenario.Load(path)
	if err != nil {
		return nil, err
	}
	if len(scenarios) != 1 {
		var names []string
		for _, s := range scenarios {
			names = append(names, s.Name)
		}
		return nil, fmt.Errorf("%s: several scenarios are not allowed in a cluster: %s; want a file of one", path, strings.Join(names, ", "))
	}
	files, err := kubernetes.Render(scenarios[0], options)
	if err != nil {
		return nil, prefixed(path, err)
	}
	return files, nil
}

// prefixed puts where they come from before each line of an error.
func prefixed(where string, err error) error {
	var errs []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		errs = append(errs, errors.New(where+": "+line))
	}
	return errors.Join(errs...)
}

func writeFiles(folder string, files []kubernetes.File) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // G301: whoever may read the folder around it may read manifests
		return err
	}
	var errs []error
	for _, f := range files {
		errs = append(errs, report.Write(filepath.Join(folder, f.Name), []byte(f.Text)))
	}
	return errors.Join(errs...)
}
