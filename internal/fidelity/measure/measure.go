// SPDX-License-Identifier: Apache-2.0

// Package measure plays the cells of the matrix on the real runtimes, several times each, and keeps what was seen: a model can be held
// against it any number of times.
//
// The rounds go through all cells, so that what disturbs the machine for a while disturbs one run of each and not all of one. A run
// that was disturbed is played again.
package measure

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/rig"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Measured is what a machine's real runtimes did.
type Measured struct {
	Machine  string
	CPUs     int
	When     time.Time
	Took     time.Duration
	Versions map[string]string // of the crates
	Runs     int               // all
	Anyway   bool              // disturbed runs were kept: nothing of it counts
	Cells    map[string]*Cell  // by name
}

// Cell is what was seen of a workload on a runtime.
type Cell struct {
	Runs      []Run    // undisturbed, unless they were kept anyway
	Disturbed []string // why runs were, or should have been, thrown away
}

// Run is one run.
type Run struct {
	Arrivals []sim.Time // when the requests really came
	Figures  map[string]float64
	// Under a quota, instead of figures:
	Quota *figure.Quota `json:",omitempty"`
	Began sim.Time      `json:",omitempty"` // a period
}

// Enough is how many undisturbed runs a cell must have to be judged.
const Enough = 3

// Setup is how to measure.
type Setup struct {
	Rig     string // binary
	Repeats int
	Retries int  // of disturbed runs, for each cell
	Anyway  bool // keep disturbed runs
	Only    *regexp.Regexp
	Log     func(format string, args ...any)
}

// Measure measures the cells.
func Measure(ctx context.Context, m *matrix.Matrix, setup Setup) (*Measured, error) {
	began := time.Now()
	result := &Measured{
		Machine: cpu(), CPUs: runtime.NumCPU(), When: began.UTC().Truncate(time.Second), Anyway: setup.Anyway, Cells: map[string]*Cell{},
	}
	for round := range setup.Repeats + setup.Retries {
		played, disturbed := 0, 0
		for i := range m.Cells {
			c := &m.Cells[i]
			if !setup.Only.MatchString(c.Name()) {
				continue
			}
			of := result.Cells[c.Name()]
			if of == nil {
				of = &Cell{}
				result.Cells[c.Name()] = of
			}
			if len(of.Runs) >= min(setup.Repeats, round+1) && round < setup.Repeats || len(of.Runs) >= setup.Repeats {
				continue
			}
			why, err := of.play(ctx, m, c, setup, result)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name(), err)
			}
			played++
			if why != "" {
				disturbed++
			}
		}
		if played > 0 {
			setup.Log("Round %d: %d runs, %d of them disturbed; %v so far", round+1, played, disturbed, time.Since(began).Round(time.Second))
		}
	}
	result.Took = time.Since(began).Round(time.Second)
	return result, nil
}

// play plays a cell once, and says what disturbed it.
func (of *Cell) play(ctx context.Context, m *matrix.Matrix, c *matrix.Cell, setup Setup, all *Measured) (disturbed string, err error) {
	record := !c.Workload.Bare
	p, err := plan.Make(c.Service, m.Seed, c.Requests(), plan.Options{Record: record, Bind: c.Bound})
	if err != nil {
		return "", err
	}
	result, err := run(ctx, c, setup.Rig, p)
	if err != nil {
		return "", err
	}
	all.Runs++
	all.Versions = result.Versions
	why := result.Disturbed()
	if why != "" {
		of.Disturbed = append(of.Disturbed, why)
		if !setup.Anyway {
			return why, nil
		}
	}
	run := Run{Figures: map[string]float64{}}
	seen := figure.Seen{Polls: result.RecordedPolls, Counters: result.Counters, Per: c.Workload.Per}
	for i := range result.Requests {
		r := &result.Requests[i]
		seen.Requests = append(seen.Requests, figure.Request{Spawned: r.Spawned, End: r.End, Wait: r.Wait})
		run.Arrivals = append(run.Arrivals, r.Spawned)
	}
	if q := result.Quota; q != nil {
		run.Quota, run.Began = underQuota(result, seen.Requests), q.Began
		of.Runs = append(of.Runs, run)
		return why, nil
	}
	for _, name := range c.Workload.Figures {
		if value, ok := seen.Of(name); ok {
			run.Figures[name] = value
		}
	}
	of.Runs = append(of.Runs, run)
	return why, nil
}

// run plays a plan under the quota of the cell, if it has one.
func run(ctx context.Context, c *matrix.Cell, binary string, p *plan.Plan) (*rig.Result, error) {
	if c.Quota.CPUs == 0 {
		return rig.Run(ctx, binary, p)
	}
	group, err := cpuquota.Open(c.Quota.CPUs, time.Duration(c.Quota.EveryPeriod()))
	if err != nil {
		return nil, err
	}
	result, err := rig.RunUnder(ctx, group, binary, p)
	return result, errors.Join(err, group.Close())
}

func underQuota(r *rig.Result, requests []figure.Request) *figure.Quota {
	q := &figure.Quota{Periods: r.Quota.Periods, Throttled: r.Quota.Throttled, Time: r.Quota.Time, Wall: r.Wall}
	for _, request := range figure.Warm(requests) {
		q.Latencies = append(q.Latencies, request.End-request.Spawned)
	}
	for _, t := range r.Threads {
		q.Ran += t.Ran
		q.Waited += t.Waited
	}
	return q
}

// Write keeps it in a file, gzipped JSON.
func (m *Measured) Write(path string) error {
	file, err := os.Create(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(file)
	return errors.Join(json.NewEncoder(zipped).Encode(m), zipped.Close(), file.Close())
}

// Read reads what Write has written.
func Read(path string) (*Measured, error) {
	file, err := os.Open(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m := &Measured{}
	if err := json.NewDecoder(unzipped).Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// cpu is the name that the machine's CPU gives itself, and the kernel.
func cpu() string {
	name := "unknown CPU"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name\t: "); ok {
			name, _, _ = strings.Cut(rest, "\n")
		}
	}
	if release, err := exec.Command("uname", "-sr").Output(); err == nil {
		name += ", " + strings.TrimSpace(string(release))
	}
	return name
}
