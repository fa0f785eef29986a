// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// Knee is the JSON object of a search. Its keys and their meanings are a contract: docs/runtimesim.md.
type Knee struct {
	Runtime string  `json:"runtime"`
	Version string  `json:"version"`
	Workers int     `json:"workers"`
	CPUs    int     `json:"cpus,omitempty"`
	Quota   float64 `json:"quota_cpus,omitempty"`
	Seed    uint64  `json:"seed"`
	Cost    string  `json:"cost"`

	SLO          knee.SLO `json:"slo"`
	Replications int      `json:"replications"`
	Confidence   float64  `json:"confidence"`
	Partial      bool     `json:"partial"`
	// Rates; null if no rate met the SLO, or none missed it.
	LastRate  *float64 `json:"knee_rate_per_s"`
	FirstRate *float64 `json:"first_missed_rate_per_s"`
	SureMeets *float64 `json:"surely_met_rate_per_s"`
	SureMiss  *float64 `json:"surely_missed_rate_per_s"`
	// Capacity per second; null: unknown.
	Capacity   *float64      `json:"capacity_per_s"`
	CapacityOf knee.Scarce   `json:"capacity_of,omitempty"`
	Points     []*knee.Point `json:"points"`

	mostServed float64
}

// NewKnee describes the result of a search.
func NewKnee(s *simulate.Scenario, cost string, search *knee.Search, r *knee.Result) *Knee {
	k := &Knee{
		Runtime: s.Service.Runtime.Model,
		Version: s.Service.Runtime.Version,
		Workers: s.Service.Runtime.Workers,
		CPUs:    s.Service.Runtime.CPUs,
		Quota:   s.Service.Runtime.Quota.CPUs,
		Seed:    s.Seed(),
		Cost:    cost,

		SLO:          search.SLO,
		Replications: search.Replications,
		Confidence:   knee.Confidence,
		Partial:      r.Partial,
		Points:       append([]*knee.Point{}, r.Points...), // an empty list rather than null
		mostServed:   r.MostServed,
	}
	if r.Capacity > 0 {
		k.Capacity, k.CapacityOf = &r.Capacity, r.CapacityOf
	}
	for _, rate := range []struct {
		to   **float64
		from *knee.Point
	}{{&k.LastRate, r.Last}, {&k.FirstRate, r.First}, {&k.SureMeets, r.SurelyMeets}, {&k.SureMiss, r.SurelyMisses}} {
		if rate.from != nil {
			*rate.to = &rate.from.Rate
		}
	}
	return k
}

// Write shows the points and what they say.
func (k *Knee) Write(w io.Writer, heading string) error {
	out := &printer{w: w}
	out.line(heading)
	out.line("")
	if len(k.Points) == 0 {
		out.line("partial, the search was interrupted: no rate was simulated")
		return out.err
	}
	rows := [][]string{{"rate /s", "achieved /s", "utilization", "latency p50", "latency p99"}}
	limited := k.SLO.Metric + " " + k.SLO.Statistic
	shown := slices.Contains(rows[0], limited)
	if !shown {
		rows[0] = append(rows[0], strings.ReplaceAll(limited, "_", " "))
	}
	rows[0] = append(append(rows[0], k.machineColumns()...), "SLO")
	for _, p := range k.Points {
		verdict := "misses"
		if p.Meets {
			verdict = "meets"
		} else if p.Shed.Mean > 0 {
			verdict += ", turned away: " + format.Share(p.Shed.Mean)
		}
		if k.LastRate != nil && p.Rate == *k.LastRate {
			verdict += " <"
		}
		row := []string{
			format.Rate(p.Rate), interval(p.Achieved, format.Rate), interval(p.Utilization, format.Share),
			interval(p.P50, formatNS), interval(p.P99, formatNS),
		}
		if !shown {
			row = append(row, interval(p.Limited, formatNS))
		}
		rows = append(rows, append(append(row, k.machineCells(p)...), verdict))
	}
	out.table(texttable.Left, rows...)
	out.line("")
	out.line(k.conclusion())
	if short := k.short(); short != "" {
		out.line(short)
	}
	out.line(k.capacity())
	if sure := k.sure(); sure != "" {
		out.line(sure)
	}
	out.line(fmt.Sprintf("± are half-widths of %.0f %% confidence intervals over %d replications", 100*k.Confidence, k.Replications))
	return out.err
}

func (k *Knee) limited() string { return k.SLO.Metric + "." + k.SLO.Statistic }

func (k *Knee) conclusion() string {
	limit := k.limited() + " of " + format.Duration(int64(k.SLO.Limit))
	partial := ""
	if k.Partial {
		partial = "partial, the search was interrupted: "
	}
	switch {
	case k.LastRate == nil:
		lowest := k.Points[0]
		advice := ""
		switch {
		case lowest.Load() > knee.Idle:
		case lowest.Throttled():
			advice = fmt.Sprintf(": so it is without load too, when the quota of %s stops single requests; raise --cpu-limit, allow a higher --slo, or shorten the requests",
				CPUs(k.Quota))
		default:
			advice = ": so it is without load too; allow a higher --slo, or shorten the requests"
		}
		return fmt.Sprintf("%sno rate met %s: at %s/s, the lowest tried, it is %s, with the workers %s busy%s%s", partial, limit,
			format.Rate(lowest.Rate), formatNS(lowest.Limited.Mean), format.Share(lowest.Utilization.Mean), k.inUse(lowest), advice)
	case k.FirstRate == nil:
		return fmt.Sprintf("%severy rate met %s: %s/s was the highest tried", partial, limit, format.Rate(*k.LastRate))
	}
	return fmt.Sprintf("%sthe knee is at %s/s: up to there each simulated rate met %s; the next one, %s/s, is %s higher and missed it", partial,
		format.Rate(*k.LastRate), limit, format.Rate(*k.FirstRate), format.Share(*k.FirstRate / *k.LastRate - 1))
}

// capacity says what is known of it.
func (k *Knee) capacity() string {
	if k.Capacity != nil {
		return fmt.Sprintf("the capacity is %s/s: what %s served when more came", format.Rate(*k.Capacity), k.scarce(k.CapacityOf))
	}
	overloaded := "the workers"
	switch {
	case k.Quota > 0:
		overloaded += " or used up the quota"
	case k.CPUs > 0:
		overloaded += " or the CPUs"
	}
	return fmt.Sprintf("the capacity is at least %s/s: the most that was served; no run clearly overloaded %s", format.Rate(k.mostServed), overloaded)
}

// sure says what the intervals leave no doubt of, as far as there is such a rate; else it is empty.
func (k *Knee) sure() string {
	var sure []string
	if k.SureMeets != nil {
		sure = append(sure, "that the SLO is met up to "+format.Rate(*k.SureMeets)+"/s")
	}
	if k.SureMiss != nil {
		sure = append(sure, "that it is missed from "+format.Rate(*k.SureMiss)+"/s on")
	}
	if sure == nil {
		return ""
	}
	return "the intervals leave no doubt " + strings.Join(sure, ", and ")
}

// PointLine says in a line what the runs of a rate showed.
func PointLine(p *knee.Point, slo knee.SLO) string {
	return fmt.Sprintf("%s/s: %s.%s is %s", format.Rate(p.Rate), slo.Metric, slo.Statistic, interval(p.Limited, formatNS))
}

func formatNS(ns float64) string { return format.Duration(int64(ns + 0.5)) }

func interval(e knee.Estimate, format func(float64) string) string {
	return format(e.Mean) + " ± " + format(e.HalfWidth)
}
