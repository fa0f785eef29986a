// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/advise"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// Advice is the JSON object of an advice. Its keys and their meanings are a contract: docs/runtimesim.md.
type Advice struct {
	Runtime *string `json:"runtime"`
	Because string  `json:"because"`

	Seed           uint64   `json:"seed"`
	Cost           string   `json:"cost"`
	SLO            knee.SLO `json:"slo"`
	OfferedPerS    float64  `json:"offered_per_s"`
	Needs          []string `json:"needs"`
	MaxBinaryBytes int64    `json:"max_binary_bytes"`
	Prefer         string   `json:"prefer"`

	Candidates []Candidate `json:"candidates"`
}

// Candidate is a runtime of an advice.
type Candidate struct {
	Runtime    string          `json:"runtime"`
	Version    string          `json:"version"`
	Workers    int             `json:"workers"`
	CPUs       int             `json:"cpus,omitempty"`
	Quota      float64         `json:"quota_cpus,omitempty"`
	RuledOut   bool            `json:"ruled_out"`
	Reasons    []advise.Reason `json:"reasons"`
	Offered    *knee.Point     `json:"at_offered"`
	Knee       *float64        `json:"knee_rate_per_s"`
	Capacity   *float64        `json:"capacity_per_s"`
	CapacityOf knee.Scarce     `json:"capacity_of,omitempty"`
	Fewer      *FewerWorkers   `json:"with_fewer_workers,omitempty"`

	mostServed float64
}

// FewerWorkers is a runtime of an advice with fewer workers, where a quota stops those that it has.
type FewerWorkers struct {
	Workers int         `json:"workers"`
	Offered *knee.Point `json:"at_offered"`
	Knee    *float64    `json:"knee_rate_per_s"`
}

// NewAdvice describes an advice; scenarios are those of its candidates.
func NewAdvice(r *advise.Request, scenarios []*simulate.Scenario, cost string, a *advise.Advice) *Advice {
	out := &Advice{
		Because: a.Because, Seed: scenarios[0].Seed(), Cost: cost, SLO: r.SLO, OfferedPerS: r.Offered,
		Needs: append([]string{}, r.Needs...), MaxBinaryBytes: r.MaxBinary, Prefer: r.Goal,
	}
	if a.Runtime != "" {
		out.Runtime = &a.Runtime
	}
	for i, c := range a.Candidates {
		spec := &scenarios[i].Service.Runtime
		candidate := Candidate{
			Runtime: c.Runtime, Version: spec.Version, Workers: spec.Workers, CPUs: spec.CPUs, Quota: spec.Quota.CPUs, RuledOut: c.RuledOut,
			Reasons: c.Reasons, Offered: c.AtOffered, mostServed: c.MostServed,
		}
		if c.Knee > 0 {
			candidate.Knee = &c.Knee
		}
		if c.Capacity > 0 {
			candidate.Capacity, candidate.CapacityOf = &c.Capacity, c.CapacityOf
		}
		if f := c.Fewer; f != nil {
			candidate.Fewer = &FewerWorkers{Workers: f.Workers, Offered: f.AtOffered}
			if f.Knee > 0 {
				candidate.Fewer.Knee = &f.Knee
			}
		}
		out.Candidates = append(out.Candidates, candidate)
	}
	return out
}

// Write shows the advice: the answer, what the runs showed, and what speaks for and against each runtime.
func (a *Advice) Write(w io.Writer, heading string) error {
	out := &printer{w: w}
	verdict := "nothing fits"
	if a.Runtime != nil {
		verdict = "take " + *a.Runtime
	}
	out.line(verdict + ": " + a.Because)
	out.line("")
	out.line(fmt.Sprintf("%s, seed %d, prefer %s", heading, a.Seed, a.Prefer))
	out.line("")
	rows := [][]string{{"", "workers", "served /s", "latency p50", "latency p99"}}
	limited := strings.ReplaceAll(a.SLO.Metric+" "+a.SLO.Statistic, "_", " ")
	shown := slices.Contains(rows[0], limited)
	if !shown {
		rows[0] = append(rows[0], limited)
	}
	rows[0] = append(rows[0], "utilization")
	quota := slices.ContainsFunc(a.Candidates, func(c Candidate) bool { return c.Quota > 0 })
	if quota {
		rows[0] = append(rows[0], "of the quota", "throttled")
	}
	rows[0] = append(rows[0], "meets "+a.SLO.String(), "capacity")
	for i := range a.Candidates {
		c := &a.Candidates[i]
		row := []string{
			c.Runtime, format.Grouped(c.Workers),
			interval(c.Offered.Achieved, format.Rate), interval(c.Offered.P50, formatNS), interval(c.Offered.P99, formatNS),
		}
		if !shown {
			row = append(row, interval(c.Offered.Limited, formatNS))
		}
		row = append(row, interval(c.Offered.Utilization, format.Share))
		if quota {
			row = append(row, c.ofQuota()...)
		}
		rows = append(rows, append(row, c.upTo(), c.capacity()))
	}
	out.table(texttable.Right, rows...)
	for i := range a.Candidates {
		c := &a.Candidates[i]
		out.line("")
		name := c.Runtime
		if c.RuledOut {
			name += ", ruled out"
		}
		out.line(name)
		for _, r := range c.Reasons {
			sign := "+"
			if !r.For {
				sign = "-"
			}
			out.line(fmt.Sprintf("  %s %s (%s)", sign, r.Text, strings.ReplaceAll(r.Source, "_", " ")))
		}
	}
	out.line("")
	for _, line := range []string{
		fmt.Sprintf("meets up to: the highest simulated rate that met the SLO; a rate at most %.0f %% higher missed it", 100*advise.Precision),
		"capacity: " + a.served(quota),
		"± are half-widths of 95 % confidence intervals over the seeds; how close the models are to the real runtimes they do not cover",
		"simulated: by these runs on the models, not measured",
	} {
		out.line(line)
	}
	return out.err
}

// upTo says up to which rate the SLO was met.
func (c *Candidate) upTo() string {
	switch {
	case c.Knee == nil:
		return "at no rate"
	case *c.Knee >= knee.HighestRate:
		return "at all rates tried"
	}
	return "up to " + format.Rate(*c.Knee) + "/s"
}

// capacity says what is known of it.
func (c *Candidate) capacity() string {
	if c.Capacity != nil {
		of := ""
		if c.CPUs > 0 {
			of = " (" + strings.ReplaceAll(string(c.CapacityOf), "cpus", "CPUs") + ")"
		}
		return format.Rate(*c.Capacity) + "/s" + of
	}
	return "at least " + format.Rate(c.mostServed) + "/s"
}

// ofQuota are the shares of the quota that is used, and of its periods that are throttled.
func (c *Candidate) ofQuota() []string {
	m := c.Offered.Machine
	if m == nil {
		return []string{"", ""}
	}
	return []string{interval(m.CPUUtilization, format.Share), interval(m.ThrottledPeriods, format.Share)}
}

// served explains the capacity.
func (a *Advice) served(quota bool) string {
	limited := slices.ContainsFunc(a.Candidates, func(c Candidate) bool { return c.CPUs > 0 })
	switch {
	case quota:
		return "what the workers serve when more comes, or as much as the quota or the CPUs allow; at least: no run clearly used that up, and this is the most that was served"
	case limited:
		return "what the workers or the CPUs serve when more comes; at least: no run clearly overloaded them, and this is the most that was served"
	}
	return "what the workers serve when more comes; at least: no run clearly overloaded them, and this is the most that was served"
}
