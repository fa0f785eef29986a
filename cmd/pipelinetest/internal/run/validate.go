// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/authority"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// validatePatience is how long a Collector may look at a configuration. One that takes longer, or does not know how, has said nothing.
const validatePatience = time.Minute

// validation is a configuration that a Collector is to look at.
type validation struct {
	scenario *scenario.Scenario
	of       scenario.Part
	args     []string
	env      []string
	by       string // what the configuration has beside the part's own
}

// Validate asks the Collector what it thinks of the configurations of all parts, before any test starts. Each is looked at once, in
// the environment that it will have, but for ports and folders. A folder of its own, which is empty, is what they share.
func Validate(ctx context.Context, scenarios []*scenario.Scenario, collector string) (err error) {
	dir, err := os.MkdirTemp("", "pipelinetest-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	own := filepath.Join(dir, "dir")
	if err := os.Mkdir(own, 0o700); err != nil {
		return err
	}
	trust, err := authority.New()
	if err != nil {
		return err
	}
	if err := trust.Write(dir, "part", loopback); err != nil {
		return err
	}
	validations, err := validations(scenarios, collector, own, dir) //nolint:contextcheck // what it resolves are texts, files and the environment, which nobody waits for
	if err != nil {
		return err
	}
	errs := make([]error, len(validations))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.NumCPU(), len(validations)) {
		workers.Go(func() {
			for i := range next {
				errs[i] = validations[i].run(ctx, filepath.Join(dir, fmt.Sprintf("log-%d", i)))
			}
		})
	}
	for i := range validations {
		next <- i
	}
	close(next)
	workers.Wait()
	if ctx.Err() != nil {
		return errInterrupted
	}
	return errors.Join(errs...)
}

// validations are those of all parts that are Collectors, without repetitions.
func validations(scenarios []*scenario.Scenario, collector, dir, certificates string) (list []*validation, err error) {
	seen := map[string]bool{}
	for _, s := range scenarios {
		c := &course{Scenario: s, Options: Options{Collector: collector}}
		for i, p := range s.Parts() {
			// Nothing listens, so any ports will do that tell the parts apart: a Collector refuses to send to itself.
			at := func(port int) string { return fmt.Sprintf("%s:%d", loopback, port+10*i) }
			m := &member{Part: p, unplayed: s.Unplayed(&p), grpc: at(4317), http: at(4318), metrics: loopback + ":8888"}
			if i < len(s.Generators) {
				m.naming = &naming{base: m.Name}
			}
			c.members = append(c.members, m)
		}
		for _, m := range c.members {
			if len(m.Config) == 0 {
				continue
			}
			args, err := c.withConfigs(m, func(_ int, text string) (string, error) { return "yaml:" + text, nil })
			if err != nil {
				return nil, err
			}
			v := &validation{scenario: s, of: m.Part, env: c.environment(m, dir, certificates)}
			v.args = append([]string{args[0], "validate"}, args[1:]...)
			if m.Name == scenario.VerifierName {
				v.env = append(v.env, scenario.EnvReport+"="+filepath.Join(dir, "report.json"))
			}
			v.env = append(v.env, "TMPDIR="+dir)
			for _, v := range append(v.reloaded(), v) {
				key := strings.Join(append(append([]string{s.Dir}, v.args...), v.env...), "\x00")
				if !seen[key] {
					list = append(list, v)
				}
				seen[key] = true
			}
		}
	}
	return list, nil
}

// reloaded are the configurations that faults make of one.
func (v *validation) reloaded() (list []*validation) {
	for i := range v.scenario.Faults {
		if f := &v.scenario.Faults[i]; f.Reload == v.of.Name && f.With != "" {
			other := *v
			other.args = append(slices.Clone(v.args), "--config", "yaml:"+f.With)
			other.by = " with what " + f.Key + ".config adds"
			list = append(list, &other)
		}
	}
	return list
}

// isSystem tells whether the configuration is of what is tested.
func (v *validation) isSystem() bool {
	return slices.ContainsFunc(v.scenario.Systems, func(p scenario.Part) bool { return p.Name == v.of.Name })
}

// run lets the Collector look at the configuration. An error is what the Collector says against it.
func (v *validation) run(ctx context.Context, log string) error {
	ctx, cancel := context.WithTimeout(ctx, validatePatience)
	defer cancel()
	if ctx.Err() != nil {
		return nil // who has been interrupted will tell
	}
	process, err := part.Start(part.Spec{Name: v.of.Name, Args: v.args, Env: append(foreign(os.Environ()), v.env...), Dir: v.scenario.Dir, Log: log})
	if err != nil {
		return fmt.Errorf("%s cannot be started: %w", v.of.Name, err)
	}
	select {
	case <-process.Exited():
	case <-ctx.Done():
		process.Kill()
		return nil
	}
	words := process.Tail(lastLines)
	if process.Ending() == part.EndedWell || strings.Contains(strings.Join(words, "\n"), "unknown command") {
		return nil
	}
	said := []string{fmt.Sprintf("%s: the Collector refuses %s%s:", v.of.Name, v.scenario.Sources(&v.of, ""), v.by)}
	for _, line := range words {
		if strings.TrimSpace(line) != "" {
			said = append(said, "  "+strings.ReplaceAll(line, "\t", "    "))
		}
	}
	if text := strings.Join(words, " "); strings.Contains(text, "unknown type") && v.isSystem() {
		said = append(said, fmt.Sprintf("  this is the Collector of pipelinetest (--collector); to test with one that has these components: "+
			"--system '%s=otelcol-contrib --config %s'; or test a copy of the file without them",
			v.of.Name, strings.ReplaceAll(v.scenario.Sources(&v.of, ""), " with ", " --config ")))
	}
	err = errors.New(strings.Join(said, "\n"))
	if v.scenario.File != "" {
		err = v.scenario.Prefixed(err)
	}
	return err
}
