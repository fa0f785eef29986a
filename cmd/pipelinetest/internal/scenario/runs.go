// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
)

// generates is the kind of the receiver that generates.
const generates = "synthetic_load"

// ownRun stands for the name of a run that is made for each start of a generator.
const ownRun = "own.invalid"

// Runs are what is known of the runs that a generator sends, before it is started.
type Runs struct {
	// Known: it sends no other runs than those.
	Known bool
	// Unnamed are its receivers that name no run: each is given a name.
	Unnamed []string
	// Names of runs that the configuration gives.
	Names []string
	// Given: it takes the name in EnvRun.
	Given bool
}

// Runs says which runs a generator sends.
func (s *Scenario) Runs(p *Part) (runs Runs) {
	for _, argument := range p.Command {
		Expand(argument, func(name string) string {
			runs.Given = runs.Given || name == EnvRun
			return ""
		})
	}
	if runs.Given {
		runs.Known = true
		return runs
	}
	r := s.look(p)
	if r == nil {
		return Runs{}
	}
	var config struct {
		Receivers map[string]struct {
			RunID string `mapstructure:"run_id"`
		} `mapstructure:"receivers"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return Runs{}
	}
	for _, id := range slices.Sorted(maps.Keys(config.Receivers)) {
		if kind, _, _ := strings.Cut(id, "/"); kind != generates {
			continue
		}
		switch name := config.Receivers[id].RunID; name {
		case "":
			runs.Unnamed = append(runs.Unnamed, id)
		case ownRun:
			runs.Given = true
		default:
			runs.Names = append(runs.Names, name)
		}
	}
	// What a command reads is not changed here, and what a reload adds may name another run.
	runs.Known = (len(runs.Unnamed) == 0 || len(p.Config) > 0) && (runs.Given || len(runs.Unnamed)+len(runs.Names) > 0) &&
		!slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Reload == p.Name && strings.Contains(f.With, "run_id") })
	return runs
}

// Naming is a configuration by which receivers send runs of these names, in the order of Unnamed.
func (r *Runs) Naming(names []string) string {
	var b strings.Builder
	b.WriteString("receivers:\n")
	for i, id := range r.Unnamed {
		fmt.Fprintf(&b, "  %q: {run_id: %q}\n", id, names[i])
	}
	return b.String()
}
