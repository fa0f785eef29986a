// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/advise"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
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
	Runtime  string          `json:"runtime"`
	Version  string          `json:"version"`
	Workers  int             `json:"workers"`
	RuledOut bool            `json:"ruled_out"`
	Reasons  []advise.Reason `json:"reasons"`
	Offered  *knee.Point     `json:"at_offered"`
	Knee     *float64        `json:"knee_rate_per_s"`
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
			Runtime: c.Runtime, Version: spec.Version, Workers: spec.Workers, RuledOut: c.RuledOut,
			Reasons: c.Reasons, Offered: c.AtOffered,
		}
		if c.Knee > 0 {
			candidate.Knee = &c.Knee
		}
		out.Candidates = append(out.Candidates, candidate)
	}
	return out
}

// Write shows the advice: the answer, what was measured, and what speaks for and against each runtime.
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
	rows := [][]string{{"", "workers", "served /s", "latency p50", "latency p99", "utilization", a.SLO.String() + " holds up to"}}
	for i := range a.Candidates {
		c := &a.Candidates[i]
		limit := "no rate"
		if c.Knee != nil {
			limit = formatRate(*c.Knee) + "/s"
		}
		rows = append(rows, []string{
			c.Runtime, formatCount(uint64(max(0, c.Workers))),
			interval(c.Offered.Achieved, formatRate), interval(c.Offered.P50, formatNS), interval(c.Offered.P99, formatNS),
			interval(c.Offered.Utilization, formatShare), limit,
		})
	}
	out.table(rightAligned, rows...)
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
			out.line(fmt.Sprintf("  %s %s (%s)", sign, r.Text, r.Source))
		}
	}
	out.line("")
	out.line("± are half-widths of 95 % confidence intervals; measured: of these runs on the models")
	return out.err
}
