// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// A replica stands for the others of its group: if one of them has worked, their configuration has been tested, and an idle one is worth a note.

// idle finds the systems that nothing has passed through, by their own telemetry, in a report that is about to pass: nobody knows what they would have
// done. A scenario that says what it wants of such a part knows of it.
func (c *course) idle() (found []verdict.Finding) {
	if c.result.Report.Verdict != scenario.Pass {
		return nil
	}
	for _, m := range c.members {
		if _, wanted := c.Want.Parts[m.Name]; wanted || !m.tested || !m.tells() || m.worked() {
			continue
		}
		if c.groupWorked(m) {
			c.result.Notes = append(c.result.Notes, fmt.Sprintf("nothing has passed through %s, by its own telemetry; others of %s have worked", m.Name, m.Group))
			continue
		}
		found = append(found, verdict.Finding{Expectation: verdict.Unused, Unknown: true, Message: fmt.Sprintf(
			"nothing has passed through %s, by its own telemetry, so it has not been tested; a scenario file can expect it, as want.parts.%s.traces: {received: 0}", m.Name, m.Name)})
	}
	return found
}

// groupWorked tells whether another replica of a part has had to do with any item.
func (c *course) groupWorked(m *member) bool {
	return m.Group != "" && slices.ContainsFunc(c.members, func(other *member) bool { return other.Group == m.Group && other.worked() })
}

// tells tells whether the part would say that something has come to it.
func (m *member) tells() bool { return m.account.Read && (m.account.Counts || m.account.Collector) }

// worked tells whether the part says that it has had to do with any item.
func (m *member) worked() bool {
	for _, signal := range scenario.Signals {
		if telemetry.Sum(m.account.Components(), signal) != (telemetry.Counts{}) {
			return true
		}
	}
	return false
}

// sayUnwatched says of which systems it is not known whether anything has passed through them. What the built-in generator sends to is sure to get
// something, or it is missing.
func (c *course) sayUnwatched() {
	for i, m := range c.members {
		if c.result.Report.Verdict != scenario.Pass || !m.tested || m.tells() || i == len(c.Generators) && c.Generators[0].Follows() {
			continue
		}
		c.result.Unchecked = append(c.result.Unchecked, fmt.Sprintf("whether anything has passed through %s: it shows no telemetry that would tell", m.Name))
	}
}

// endedEarly finds that the test was over before the generators were, in a report that is about to pass: what they had still to send has not been tested.
func (c *course) endedEarly() []verdict.Finding {
	if !c.early || c.result.Report.Verdict != scenario.Pass {
		return nil
	}
	return []verdict.Finding{{Expectation: verdict.Generator, Unknown: true, Message: fmt.Sprintf(
		"nothing had arrived for %v (settle), so that the test ended before the generators had: what they had still to send has not been tested; want a longer settle", c.Settle)}}
}
