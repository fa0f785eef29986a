// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/judge"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// The loops run warm, with tasks of a few words. The requests of a service find a CPU that has slept, and their tasks are larger: the same
// primitive takes longer then. So the costs are fitted again, from those of the loops on, to requests: to the workloads of
// internal/fidelity/matrix that are marked for it, which the rig plays. They do not count when the models are judged.

// requests are the workloads that costs are fitted to, and what real runtimes did with them.
type requests struct {
	matrix   *matrix.Matrix
	measured *measure.Measured
}

// playRequests lets the rig play them.
func playRequests(ctx context.Context, rig string, rounds int) (*requests, error) {
	r := &requests{}
	var err error
	if r.matrix, err = matrix.Read(); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for i := range r.matrix.Cells {
		if w := r.matrix.Cells[i].Workload; w.Fitted != "" {
			names[w.Name] = true
		}
	}
	var all []string
	for name := range names {
		all = append(all, regexp.QuoteMeta(name))
	}
	only := regexp.MustCompile("^(?:" + strings.Join(all, "|") + ")/")
	r.measured, err = measure.Measure(ctx, r.matrix, measure.Setup{
		Rig: rig, Repeats: rounds, Retries: 3, Only: only, Log: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	})
	return r, err
}

// readRequests reads what was measured before, by this command or by make fidelity.
func readRequests(path string) (r *requests, err error) {
	r = &requests{}
	if r.matrix, err = matrix.Read(); err != nil {
		return nil, err
	}
	r.measured, err = measure.Read(path)
	return r, err
}

// played is how many runs of a workload the models play for an equation.
const played = 2

// equations are the workloads on some of the matrix's runtimes, as far as they were measured often enough.
func (r *requests) equations(runtimes []string) (list []equation) {
	if r == nil {
		return nil
	}
	for i := range r.matrix.Cells {
		c := &r.matrix.Cells[i]
		cell := r.measured.Cells[c.Name()]
		if c.Workload.Fitted == "" || !slices.Contains(runtimes, c.Runtime) || cell == nil || len(cell.Runs) < measure.Enough {
			continue
		}
		var values []float64
		for i := range cell.Runs {
			values = append(values, cell.Runs[i].Figures[c.Workload.Fitted])
		}
		m := measurement{Name: "requests/" + c.Name(), Unit: "ns", How: "requests", Kept: len(values)}
		m.Median, m.Low, m.High = figure.Median(values)
		some := &measure.Cell{Runs: cell.Runs[:played]}
		list = append(list, equation{name: m.Name, measured: m, time: func(p *cost.Parameters) (float64, error) {
			set := p.Set()
			figures, err := judge.Predict(r.matrix, c, some, r.measured.CPUs, &set)
			if err != nil {
				return 0, err
			}
			return mean(figures[c.Workload.Fitted]), nil
		}})
	}
	return list
}
