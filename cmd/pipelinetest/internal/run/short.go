// SPDX-License-Identifier: Apache-2.0

package run

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// tooShort says which faults went on, or began, when the generators had ended: the pipeline had little or nothing to do then.
func (c *course) tooShort() (notes []string) {
	var ended time.Time
	for _, m := range c.members {
		if !m.generates {
			continue
		}
		if m.endedAt.IsZero() {
			return nil
		}
		if m.endedAt.After(ended) {
			ended = m.endedAt
		}
	}
	load := ended.Sub(c.began)
	for i := range c.Faults {
		f := &c.Faults[i]
		end := f.At + f.For
		if c.met[i] == nil || load >= end || slices.ContainsFunc(c.Generators, func(p scenario.Part) bool { return p.Name == f.Part() }) {
			continue
		}
		what := "did"
		if f.For == 0 {
			what = "began"
		}
		notes = append(notes, fmt.Sprintf("%s: the load ended %v before the fault %s; make it longer%s",
			f, cmp.Or((end-load).Round(time.Second), time.Second), what, c.longer(end)))
	}
	return notes
}

// longer says how the load of the generator that is built in is made to outlast a fault.
func (c *course) longer(end time.Duration) string {
	if len(c.Generators) != 1 || !c.Generators[0].Builtin() {
		return ""
	}
	setting := fmt.Sprintf("'yaml:receivers::synthetic_load::duration: %ds'", int(math.Ceil((end + 2*time.Second).Seconds())))
	if c.File == "" {
		return " with --generator builtin --generator " + setting
	}
	return ", such as with " + setting + " at the end of generator.config"
}

// sentAgain says how copies are allowed, if a fault was in force and they are all that is wrong: a sender whose connection is cut before
// the answer cannot know whether its request arrived.
func (c *course) sentAgain() (notes []string) {
	found := c.result.Report.AllFindings()
	if len(c.Faults) == 0 || slices.ContainsFunc(c.Faults, doubles) || len(found) == 0 || slices.ContainsFunc(found, func(f verdict.Finding) bool { return f.Expectation != "max_duplicates" }) {
		return nil
	}
	return []string{"nothing was lost; a sender that a fault keeps from getting an answer has to send again, so copies are to be expected; allow them, such as with " +
		"--verifier builtin --verifier 'yaml:exporters::load_verify::expect::max_duplicates: 0.2'"}
}

// doubles tells whether a fault delivers requests twice.
func doubles(f scenario.Fault) bool { return f.Disturbance.OTLP == "duplicate" }
