// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// interrupts notes that a part is about to lose what it has in memory, if that is the verifier.
func (c *course) interrupts(m *member) {
	if m.Name == scenario.VerifierName && c.interrupted.IsZero() {
		c.interrupted = time.Now()
	}
}

// forgotten finds, in a report that is about to pass, that load_verify no longer knows what came to it before it began anew: what has come again since
// looks like the first. A run that load_verify remembers has arrived first before that time.
func (c *course) forgotten() []verdict.Finding {
	report := c.result.Report
	if !c.verifier().account.Anew && c.interrupted.IsZero() || report.Verdict != scenario.Pass {
		return nil
	}
	for i := range report.Runs {
		run := &report.Runs[i]
		if !c.interrupted.IsZero() && run.First.Before(c.interrupted) || c.begunSince(run.Name) {
			continue
		}
		return []verdict.Finding{{Expectation: verdict.Storage, Unknown: true, Message: fmt.Sprintf(
			"%s has begun anew, and load_verify does not remember what it had of run %s: what came before that and again since was not seen to be a copy; "+
				"want a storage that load_verify keeps its state in, and a verifier that is stopped, not killed", c.verifier().Name, printable.Name(run.Name))}}
	}
	return nil
}

// begunSince tells whether a run was begun after the verifier was interrupted: nothing of it can have come before.
func (c *course) begunSince(run string) bool {
	for _, m := range c.members {
		if m.naming == nil {
			continue
		}
		if since, is := m.naming.has(run); is && !c.interrupted.IsZero() && since.After(c.interrupted) {
			return true
		}
	}
	return false
}
