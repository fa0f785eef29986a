// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// sparedBy says of what had to be sent again, in a test that lost nothing, that another sender would have lost it: the generator that is built in is
// more patient than most.
func (c *course) sparedBy() (notes []string) {
	if c.result.Report.Verdict != scenario.Pass {
		return nil
	}
	for i := len(c.Generators); i < len(c.result.Parts); i++ {
		var refused []string
		for _, signal := range scenario.Signals {
			n := telemetry.Sum(c.result.Parts[i].Components, signal).Refused
			if n > 0 && c.result.Report.Sum(signal, "lost")+c.result.Report.Sum(signal, "given_up") == 0 {
				refused = append(refused, format.Grouped(n)+" "+items[signal])
			}
		}
		if len(refused) > 0 {
			notes = append(notes, fmt.Sprintf("%s refused %s, each time counted, and %s sent them again: %s",
				c.result.Parts[i].Name, listed(refused), c.sender(i), c.others(i)))
		}
	}
	if len(notes) > 0 {
		return notes
	}
	for i, m := range c.members[:len(c.Generators)] {
		var again []string
		for _, signal := range scenario.Signals {
			for _, r := range m.refusals.All() {
				if r.Retried && r.Signal == signal {
					again = append(again, items[signal])
					break
				}
			}
		}
		if len(again) > 0 {
			notes = append(notes, fmt.Sprintf("%s had to send %s again: %s", m.Name, listed(again), c.others(i+1)))
		}
	}
	return notes
}

// listed is a list in words.
func listed(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// sender is who sends to a part.
func (c *course) sender(i int) string {
	if i == len(c.Generators) && i > 1 {
		return "the generators"
	}
	return c.result.Parts[i-1].Name
}

// others says what that means for senders that are not in the test, and how to find out, of those that send to a part.
func (c *course) others(i int) string {
	const lose = "a sender that does not, or not for as long, loses them"
	if i <= len(c.Generators) && len(c.Generators) == 1 && !c.Generators[0].MayDrop() {
		return lose + "; try one with the generator's on_backpressure: drop"
	}
	return lose
}
