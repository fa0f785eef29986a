// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/model"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// plays is how often the model plays the requests of a run: each time its threads take other times to wake.
const plays = 4

// fewestThrottled is the CPUs or threads at a time from which on an error of throttled_time or cpu_wait says anything.
const fewestThrottled = 0.02

// Quota judges what was measured under CPU quotas: all runs of a cell, taken together, against all that the model plays.
func Quota(m *matrix.Matrix, of *measure.Measured, costs *cost.Set, heldOut bool, only *regexp.Regexp) ([]Row, error) {
	var rows []Row
	for i := range m.Cells {
		c := &m.Cells[i]
		cell := of.Cells[c.Name()]
		if cell == nil || (c.Workload.HeldOut && !heldOut) || !only.MatchString(c.Name()) {
			continue
		}
		blank := Row{Class: c.Workload.Class, Workload: c.Workload.Name, Runtime: c.Runtime, HeldOut: c.Workload.HeldOut, Plays: c.Workload.Plays()}
		if len(cell.Runs) < measure.Enough {
			for _, blank.Figure = range c.Workload.Figures {
				blank.Open = "disturbed"
				rows = append(rows, blank)
			}
			continue
		}
		predicted, err := predictQuota(m, c, cell, of.CPUs, costs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name(), err)
		}
		for _, blank.Figure = range c.Workload.Figures {
			rows = append(rows, blank.judgeQuota(cell, predicted))
		}
	}
	return rows, nil
}

// predictQuota is what the model says of the requests of all runs.
func predictQuota(m *matrix.Matrix, c *matrix.Cell, cell *measure.Cell, cpus int, costs *cost.Set) (*figure.Quota, error) {
	all := &figure.Quota{}
	for i := range cell.Runs {
		run := &cell.Runs[i]
		quota := c.Quota
		quota.Phase = run.Began % quota.EveryPeriod()
		for n := range uint64(plays) {
			setup := model.Setup{CPUs: cpus, Quota: quota, Costs: costs, Seed: m.Seed + plays*uint64(i) + n}
			result, err := model.Play(c.Service, m.Seed, run.Arrivals, setup)
			if err != nil {
				return nil, err
			}
			all.Add(played(result))
		}
	}
	return all, nil
}

// played is what a model met.
func played(r *model.Result) *figure.Quota {
	stats := r.Host
	q := &figure.Quota{Periods: stats.Periods, Throttled: stats.ThrottledPeriods, Time: stats.Throttled, Ran: stats.Busy, Waited: stats.CPUWait()}
	var requests []figure.Request
	for i := range r.Requests {
		p := &r.Requests[i]
		requests = append(requests, figure.Request{Spawned: p.Spawned, End: p.End})
		q.Wall = max(q.Wall, p.End-r.Requests[0].Spawned)
	}
	for _, request := range figure.Warm(requests) {
		q.Latencies = append(q.Latencies, request.End-request.Spawned)
	}
	return q
}

func (r Row) judgeQuota(cell *measure.Cell, predicted *figure.Quota) Row {
	all := &figure.Quota{}
	for i := range cell.Runs {
		all.Add(cell.Runs[i].Quota)
	}
	r.Predicted, r.Measured = predicted.Of(r.Figure), all.Of(r.Figure)
	r.Low, r.High, r.Noise = halves(cell.Runs, r.Figure)
	switch r.Figure {
	case "throttled_share":
		if max(all.Throttled, predicted.Throttled/plays) < fewest {
			r.Open = "too few to tell"
		}
	case "throttled_time", "cpu_wait":
		if max(r.Measured, r.Predicted) < fewestThrottled {
			r.Open = "too few to tell"
		}
	}
	return r
}

// halves judges one half of the runs by the other, whichever way they are halved: the least and the most that a half says, and the median
// of the errors.
func halves(runs []measure.Run, name string) (low, high, noise float64) {
	low, high = math.Inf(1), math.Inf(-1)
	var errors []float64
	for one := range uint(1) << len(runs) {
		if bits.OnesCount(one) != len(runs)/2 {
			continue
		}
		var half, other figure.Quota
		for i := range runs {
			if one>>i&1 == 1 {
				half.Add(runs[i].Quota)
			} else {
				other.Add(runs[i].Quota)
			}
		}
		predicted, measured := half.Of(name), other.Of(name)
		low, high = min(low, predicted, measured), max(high, predicted, measured)
		if measured > 0 {
			errors = append(errors, math.Abs(predicted/measured-1))
		}
	}
	if len(errors) == 0 {
		return low, high, 0
	}
	slices.Sort(errors)
	return low, high, figure.Quantile(errors, 0.5)
}

// Must is by how much a figure under a quota may be off; 0: as much as it is.
func (r *Row) Must() float64 {
	return map[string]float64{"throttled_share": 0.10, "latency_p99": 0.25}[r.Figure]
}

// QuotaSummary is how good the models are under a quota at some of the rows, and how good one half of the runs is at foretelling the other.
type QuotaSummary struct{ Models, Floor Shares }

// SummarizeQuota counts the rows that are kept and not open.
func SummarizeQuota(rows []Row, keep func(*Row) bool) (s QuotaSummary) {
	for i := range rows {
		if r := &rows[i]; r.Open == "" && keep(r) {
			s.Models.add(r.Error())
			s.Floor.add(r.Noise)
		}
	}
	return s
}
