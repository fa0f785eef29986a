// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// flagOnly selects scenarios.
const flagOnly = "only"

// mostTests is more than any machine runs at once, or anybody waits for.
const mostTests = 1000

// flags are what the command line says.
type flags struct {
	generator, verifier []string
	systems, faults     []string
	timeout             time.Duration
	collector           string
	json, junit, keep   string
	markdown            string
	only                string
	repeat, jobs        int
	list                bool
	load                loadFlags
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
	f.load.register(set)
	set.DurationVar(&f.timeout, "timeout", scenario.DefaultTimeout, "`DURATION` after which a test has failed; replaces that of scenarios")
	set.StringVar(&f.collector, "collector", "", "`PATH` of the Collector that runs configurations (default: "+collectorName+
		" beside this program, in ../dist from there, on the PATH, or in ./dist)")
	set.IntVar(&f.repeat, "repeat", 1, "run each scenario `N` times")
	set.StringVar(&f.only, flagOnly, "", "run only the scenarios whose names match a `REGEXP`")
	set.IntVar(&f.jobs, "jobs", 1, "run up to `N` tests at once; on a machine that is busy, what is tested is slower")
	set.StringVar(&f.json, "json", "", "write what came out to a `FILE`")
	set.StringVar(&f.junit, "junit", "", "the same, as JUnit XML, to a `FILE`")
	set.StringVar(&f.markdown, "markdown", "", "a summary for the page of a CI job, as Markdown, to a `FILE`")
	set.StringVar(&f.keep, "keep", "", "keep the parts' logs, configurations, environments and reports in a `FOLDER`")
	set.BoolVar(&f.list, "list", false, "check the scenarios and list them, and run none")
}

// scenarios are those of the files, or the one that the flags make. Every mistake is told, of the command line and of all files.
func (f *flags) scenarios(cmd *cobra.Command, args []string) ([]*scenario.Scenario, error) {
	errs := []error{f.check(cmd, len(args) > 0), f.load.check(cmd, len(args) > 0)}
	faults, err := f.parseFaults()
	errs = append(errs, err)
	var scenarios []*scenario.Scenario
	if len(args) == 0 {
		s, err := f.scenario()
		scenarios, errs = append(scenarios, s), append(errs, err)
		if err == nil {
			errs = append(errs, f.load.set(cmd, s))
		}
	} else {
		files, err := scenario.Files(args)
		errs = append(errs, err)
		for _, file := range files {
			list, err := scenario.Load(file)
			scenarios, errs = append(scenarios, list...), append(errs, err)
		}
	}
	if pattern, err := regexp.Compile(f.only); err == nil {
		scenarios = scenario.Select(scenarios, pattern)
		if len(scenarios) == 0 && errors.Join(errs...) == nil {
			errs = append(errs, fmt.Errorf("--%s: no scenario is named like %q", flagOnly, f.only))
		}
	} else {
		errs = append(errs, fmt.Errorf("--%s: %q is not allowed; want a regular expression: %w", flagOnly, f.only, err))
	}
	names := map[string]bool{}
	for _, s := range scenarios {
		if names[s.FileName()] {
			errs = append(errs, fmt.Errorf("%s: there are two scenarios of this name; want each once", s.Name))
		}
		names[s.FileName()] = true
		s.Faults = append(s.Faults, faults...)
		timed := cmd.Flags().Changed("timeout")
		if timed {
			s.Timeout = f.timeout
		}
		if s.File == "" {
			errs = append(errs, s.Check())
		} else if timed || len(faults) > 0 { // as it is in the file, it has been checked
			errs = append(errs, s.Prefixed(s.Check()))
		}
	}
	return scenarios, errors.Join(errs...)
}

// check looks at the flags that need nothing else.
func (f *flags) check(cmd *cobra.Command, scenarios bool) error {
	var errs []error
	for _, count := range []struct {
		flag string
		n    int
	}{{"repeat", f.repeat}, {"jobs", f.jobs}} {
		if count.n < 1 || count.n > mostTests {
			errs = append(errs, fmt.Errorf("--%s: %d is not allowed; want 1 to %d", count.flag, count.n, mostTests))
		}
	}
	for _, name := range []string{flagGenerator, flagVerifier, flagSystem} {
		if scenarios && cmd.Flags().Changed(name) {
			errs = append(errs, fmt.Errorf("--%s: not beside a scenario, which says it itself", name))
		}
	}
	return errors.Join(errs...)
}

func (f *flags) parseFaults() ([]scenario.Fault, error) {
	var faults []scenario.Fault
	var errs []error
	for _, text := range f.faults {
		fault, err := scenario.ParseFault(text)
		if errs = append(errs, err); err == nil {
			faults = append(faults, fault)
		}
	}
	return faults, errors.Join(errs...)
}

// scenario is the one that the flags make.
func (f *flags) scenario() (*scenario.Scenario, error) {
	s := scenario.New()
	var errs []error
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
				errs = append(errs, fmt.Errorf("--%s: %w", part.flag, err))
			}
			*part.config = append(*part.config, config)
		}
	}
	for _, text := range f.systems {
		name, command, found := strings.Cut(text, "=")
		words, err := shlex.Split(command)
		if !found || err != nil || len(words) == 0 {
			errs = append(errs, fmt.Errorf("--%s: %q is not allowed; want NAME=COMMAND, such as gateway=otelcol --config gateway.yaml", flagSystem, text))
			continue
		}
		system := scenario.Part{Name: name}
		if !isConfig(words[0]) {
			system.Command = words
			words = nil
		}
		if slices.ContainsFunc(words, isFlag) {
			errs = append(errs, notBehindFiles(name, words))
			words = nil
		}
		for _, location := range words {
			config, err := scenario.ConfigAt(location, "", ".")
			if err != nil {
				errs = append(errs, fmt.Errorf("--%s: %s: %w", flagSystem, name, err))
			}
			system.Config = append(system.Config, config)
		}
		s.Systems = append(s.Systems, system)
	}
	return s, errors.Join(errs...)
}

// isFlag tells a flag from a file.
func isFlag(word string) bool { return strings.HasPrefix(word, "-") }

// notBehindFiles is the error of flags behind the configurations of a system. Most people who write them mean --config.
func notBehindFiles(name string, words []string) error {
	var files []string
	flag := words[slices.IndexFunc(words, isFlag)]
	want := "a command, which may have flags: " + name + "=otelcol --config " + words[0] + " ..."
	for _, word := range words {
		if word = strings.TrimPrefix(word, "--config="); word != "--config" {
			files = append(files, word)
		}
	}
	if !slices.ContainsFunc(files, isFlag) {
		want = "files alone, which --collector runs: --" + flagSystem + " '" + name + "=" + strings.Join(files, " ") + "'"
	}
	return fmt.Errorf("--%s: %s: %q is not allowed behind a YAML file; want %s", flagSystem, name, flag, want)
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
