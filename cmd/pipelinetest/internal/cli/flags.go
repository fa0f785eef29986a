package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/shlex"
	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// collectorName is the program that runs configurations, unless --collector says otherwise.
const collectorName = "otelcol-runtimelab"

// Names of flags that make a scenario.
const (
	flagGenerator = "generator"
	flagVerifier  = "verifier"
	flagSystem    = "system"
)

// flags are what the command line says.
type flags struct {
	generator, verifier []string
	systems, faults     []string
	timeout             time.Duration
	collector           string
	json, junit, keep   string
	repeat              int
	list                bool
}

func (f *flags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.SortFlags = false
	set.StringArrayVar(&f.systems, flagSystem, nil, "what is tested, `NAME=COMMAND`, or NAME=FILE.yaml for the Collector; words are split as by a shell, and nothing "+
		"else is done; several in the order in which telemetry passes them")
	set.StringArrayVar(&f.generator, flagGenerator, nil, "configuration of the generator, `FILE` or URI; several are merged, and `builtin` is what runs without the flag")
	set.StringArrayVar(&f.verifier, flagVerifier, nil, "configuration of the verifier, `FILE` or URI, likewise")
	set.StringArrayVar(&f.faults, "fault", nil, "what is disturbed, and when, in `YAML`: 'at: 5s, for: 20s, link: gateway->verifier, down: true'; "+
		"several are possible, and each scenario has them beside its own")
	set.DurationVar(&f.timeout, "timeout", scenario.DefaultTimeout, "`DURATION` after which a test has failed; replaces that of scenarios")
	set.StringVar(&f.collector, "collector", "", "`PATH` of the Collector that runs configurations (default: "+collectorName+
		" beside this program, in ../dist from there, on the PATH, or in ./dist)")
	set.IntVar(&f.repeat, "repeat", 1, "run each scenario `N` times")
	set.StringVar(&f.json, "json", "", "write what came out to a `FILE`")
	set.StringVar(&f.junit, "junit", "", "the same, as JUnit XML, to a `FILE`")
	set.StringVar(&f.keep, "keep", "", "keep the parts' logs, configurations, environments and reports in a `FOLDER`")
	set.BoolVar(&f.list, "list", false, "check the scenarios and list them, and run none")
}

// scenarios are those of the files, or the one that the flags make.
func (f *flags) scenarios(cmd *cobra.Command, args []string) ([]*scenario.Scenario, error) {
	if f.repeat < 1 {
		return nil, fmt.Errorf("--repeat: %d is not allowed; want 1 or more", f.repeat)
	}
	faults, err := f.parseFaults()
	if err != nil {
		return nil, err
	}
	var scenarios []*scenario.Scenario
	if len(args) == 0 {
		s, err := f.scenario()
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, s)
	} else {
		for _, name := range []string{flagGenerator, flagVerifier, flagSystem} {
			if cmd.Flags().Changed(name) {
				return nil, fmt.Errorf("--%s: not beside a scenario, which says it itself", name)
			}
		}
		files, err := scenario.Files(args)
		if err != nil {
			return nil, err
		}
		var errs []error
		for _, file := range files {
			s, err := scenario.Load(file)
			scenarios, errs = append(scenarios, s), append(errs, err)
		}
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	names := map[string]bool{}
	for _, s := range scenarios {
		if names[s.Name] {
			return nil, fmt.Errorf("%s: there are two scenarios of this name; want each once", s.Name)
		}
		names[s.Name] = true
		s.Faults = append(s.Faults, faults...)
		if cmd.Flags().Changed("timeout") {
			s.Timeout = f.timeout
		}
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return scenarios, nil
}

func (f *flags) parseFaults() ([]scenario.Fault, error) {
	var faults []scenario.Fault
	var errs []error
	for _, text := range f.faults {
		fault, err := scenario.ParseFault(text)
		faults, errs = append(faults, fault), append(errs, err)
	}
	return faults, errors.Join(errs...)
}

// scenario is the one that the flags make.
func (f *flags) scenario() (*scenario.Scenario, error) {
	s := scenario.New()
	for _, part := range []struct {
		flag, builtin string
		locations     []string
		config        *[]scenario.Config
	}{
		{flagGenerator, scenario.GeneratorName, f.generator, &s.Generators[0].Config},
		{flagVerifier, scenario.VerifierName, f.verifier, &s.Verifier.Config},
	} {
		if len(part.locations) > 0 {
			*part.config = nil
		}
		for _, location := range part.locations {
			config, err := scenario.ConfigAt(location, part.builtin, ".")
			if err != nil {
				return nil, fmt.Errorf("--%s: %w", part.flag, err)
			}
			*part.config = append(*part.config, config)
		}
	}
	for _, text := range f.systems {
		name, command, found := strings.Cut(text, "=")
		words, err := shlex.Split(command)
		if !found || err != nil || len(words) == 0 {
			return nil, fmt.Errorf("--%s: %q is not allowed; want NAME=COMMAND, such as gateway=otelcol --config gateway.yaml", flagSystem, text)
		}
		system := scenario.Part{Name: name}
		if !isConfig(words[0]) {
			system.Command = words
			words = nil
		}
		for _, location := range words {
			config, err := scenario.ConfigAt(location, "", ".")
			if err != nil {
				return nil, fmt.Errorf("--%s: %s: %w", flagSystem, name, err)
			}
			system.Config = append(system.Config, config)
		}
		s.Systems = append(s.Systems, system)
	}
	return s, nil
}

// isConfig tells a configuration from a program.
func isConfig(word string) bool {
	return strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml") || strings.HasPrefix(word, "yaml:")
}

// findCollector finds the program that runs configurations, if any part has one.
func (f *flags) findCollector(scenarios []*scenario.Scenario) (string, error) {
	if !slices.ContainsFunc(scenarios, func(s *scenario.Scenario) bool {
		return slices.ContainsFunc(s.Parts(), func(p scenario.Part) bool { return len(p.Config) > 0 })
	}) {
		return "", nil
	}
	var candidates []string
	if f.collector != "" {
		candidates = []string{f.collector}
	} else {
		if self, err := os.Executable(); err == nil {
			dir := filepath.Dir(self)
			candidates = append(candidates, filepath.Join(dir, collectorName), filepath.Join(dir, "..", "dist", collectorName))
		}
		candidates = append(candidates, collectorName, filepath.Join("dist", collectorName))
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("--collector: there is no program %s; want the path of %s, which `make build` makes", strings.Join(candidates, ", nor "), collectorName)
}
