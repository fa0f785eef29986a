// SPDX-License-Identifier: Apache-2.0

package run

import (
	"errors"
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// readFinal reads the last report of load_verify.
func (c *course) readFinal() error {
	report, text, err := verdict.Read(c.verifier().report)
	if err != nil {
		return broken{fmt.Errorf("no report of load_verify: %w", err)}
	}
	c.result.Report, c.result.RawJSON = report, text
	c.lookForStale(report)
	err = c.distrust(report)
	report.Separate(c.isOwn)
	if !report.Final {
		return errors.Join(broken{errors.New("load_verify has not written its last report")}, err)
	}
	return err
}

// distrust says why load_verify's report is not to be believed: then nobody knows how the test came out. Nil: nothing speaks against it.
func (c *course) distrust(report *verdict.Report) error {
	v := c.verifier()
	if v.forced {
		return broken{fmt.Errorf("%s did not stop within %v and was killed, so load_verify's report is not its last word; want a verifier that stops",
			v.Name, stopPatience)}
	}
	components := v.account.Components()
	var audits []string
	for i := range components {
		if e := &components[i]; e.Kind == telemetry.Exporter && scenario.IsAuditor(e.ID) && !slices.Contains(audits, e.ID) {
			audits = append(audits, e.ID)
		}
	}
	if len(audits) > 1 {
		return broken{scenario.TwoAudits(audits)}
	}
	if !v.readToEnd || !v.account.Exact() || len(components) == 0 {
		return nil
	}
	for _, signal := range scenario.Signals {
		if audited, came := report.Heard(signal), telemetry.Came(components, signal); audited > came {
			return broken{fmt.Errorf("load_verify's report has %s %s, and by its own telemetry no more than %s came to %s: the report is not of this test alone",
				format.Grouped(audited), items[signal], format.Grouped(came), v.Name)}
		}
	}
	return nil
}

// mute finds the generators that did not say how much they sent, in a report that is about to pass: if nothing of one arrived, nobody would
// miss it. Enough runs are a proof that all came, if the scenario wants them.
func (c *course) mute() []verdict.Finding {
	starts := uint64(len(c.Generators)) // each may begin a run of its own
	for i := range c.Faults {
		if f := &c.Faults[i]; f.For > 0 && (f.Kill != "" && c.member(f.Kill).generates || f.Stop != "" && c.member(f.Stop).generates) {
			starts++
		}
	}
	if c.result.Report.Verdict != scenario.Pass || c.Want.Runs != nil && c.Want.Runs.Min >= starts {
		return nil
	}
	var found []verdict.Finding
	for _, m := range c.members {
		if m.generates && !m.account.Offers {
			found = append(found, verdict.Finding{Expectation: verdict.Generator, Unknown: true, Message: fmt.Sprintf(
				"%s did not say how much it sent, so nobody would have missed it if nothing of it had arrived; "+
					"want synthetic_load's telemetry at %s, or a scenario file with want.runs: %d", m.Name, scenario.EnvMetricsPort, starts)})
		}
	}
	return found
}
