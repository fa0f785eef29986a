// SPDX-License-Identifier: Apache-2.0

// Package judge holds the models against what real runtimes did: a row for each figure of the matrix, with what the model predicts for the
// same requests at the same times.
package judge

import (
	"fmt"
	"math"
	"regexp"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/model"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// Row is a figure of a workload on a runtime.
type Row struct {
	Class, Workload, Runtime, Figure string
	HeldOut, Fitted                  bool
	Plays                            string // of the workload

	Predicted float64
	Measured  float64 // median
	Low, High float64 // interval of Measured
	// Noise is how far a half of the measured runs is from the other half, under a quota: no model can be nearer for sure.
	Noise float64
	// Open says why there is nothing to judge; empty: there is.
	Open string
	// Reason says why the prediction is far off, as far as it is known.
	Reason string
}

// Error is the prediction's, as a share of what was measured.
func (r *Row) Error() float64 { return r.Predicted/r.Measured - 1 }

// Counts reports whether the row counts as a test of the model.
func (r *Row) Counts() bool { return r.Open == "" && !r.Fitted }

// Counter tells rows of counts from those of times.
func (r *Row) Counter() bool { return figure.IsCounter(r.Figure) }

// fewest is the count from which on a difference of one is not an error of percents.
const fewest = 30

// Rows judges all that was measured. Without heldOut, it does not look at what is kept for the end.
func Rows(m *matrix.Matrix, of *measure.Measured, costs *cost.Set, heldOut bool, only *regexp.Regexp) ([]Row, error) {
	var rows []Row
	for i := range m.Cells {
		c := &m.Cells[i]
		cell := of.Cells[c.Name()]
		if cell == nil || (c.Workload.HeldOut && !heldOut) || !only.MatchString(c.Name()) {
			continue
		}
		predicted, err := Predict(m, c, cell, of.CPUs, costs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name(), err)
		}
		for _, name := range c.Workload.Figures {
			row := Row{
				Class: c.Workload.Class, Workload: c.Workload.Name, Runtime: c.Runtime, Figure: name,
				HeldOut: c.Workload.HeldOut, Fitted: c.Workload.Fitted != "", Plays: c.Workload.Plays(),
			}
			if row.judge(cell, predicted[name]) {
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

// judge reports whether the runtime has the figure at all.
func (r *Row) judge(cell *measure.Cell, predicted []float64) bool {
	if len(cell.Runs) < measure.Enough {
		r.Open = "disturbed"
		return true
	}
	var values []float64
	for i := range cell.Runs {
		if value, ok := cell.Runs[i].Figures[r.Figure]; ok {
			values = append(values, value)
		}
	}
	if len(values) < len(cell.Runs) || len(predicted) < len(cell.Runs) {
		return false
	}
	r.Predicted, _, _ = figure.Median(predicted)
	r.Measured, r.Low, r.High = figure.Median(values)
	if r.Counter() && math.Max(r.Measured, r.Predicted) < fewest {
		r.Open = "too few to tell"
	}
	return true
}

// Predict plays the requests of each run on the model, and returns the figures of each.
func Predict(m *matrix.Matrix, c *matrix.Cell, cell *measure.Cell, cpus int, costs *cost.Set) (map[string][]float64, error) {
	predicted := map[string][]float64{}
	for i := range cell.Runs {
		setup := model.Setup{CPUs: cpus, Costs: costs, Seed: m.Seed + uint64(i)}
		result, err := model.Play(c.Service, m.Seed, cell.Runs[i].Arrivals, setup)
		if err != nil {
			return nil, err
		}
		seen := figure.Seen{Counters: result.Counters, Per: c.Workload.Per}
		if c.Service.Runtime.Model != "tokio" {
			seen.Counters = nil
		}
		if !c.Workload.Bare {
			seen.Polls = result.Polls
		}
		for _, r := range result.Requests {
			wait := r.Wait
			if c.Workload.Bare {
				wait = r.FirstPoll - r.Spawned
			}
			seen.Requests = append(seen.Requests, figure.Request{Spawned: r.Spawned, End: r.End, Wait: wait})
		}
		for _, name := range c.Workload.Figures {
			if value, ok := seen.Of(name); ok {
				predicted[name] = append(predicted[name], value)
			}
		}
	}
	return predicted, nil
}
