// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/refusals"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// mostReasons are shown of one part.
const mostReasons = 4

// Reason is why a part got rid of telemetry, or had to send it again, as its own log says.
type Reason struct {
	Part string `json:"part"`
	refusals.Refusal
}

// reasons are what the parts' logs say of the signals that are not well. They say it of every pipeline, whoever stands on its links.
func (c *course) reasons() (list []Reason) {
	troubled := map[string]bool{}
	for i := range c.result.Figures {
		if f := &c.result.Figures[i]; c.result.troubled(f) {
			troubled[f.Signal] = true
		}
	}
	for _, m := range c.members {
		var own []Reason
		all := m.refusals.All()
		for _, r := range all {
			if m.Name == scenario.VerifierName && r.Component == "" {
				continue // load_verify says there what it has found
			}
			if about := troubled[r.Signal] || r.Signal == "" && len(troubled) > 0; !about {
				continue
			}
			gone := slices.ContainsFunc(all, func(other refusals.Refusal) bool {
				return !other.Retried && other.Component == r.Component && other.Signal == r.Signal
			})
			if r.Retried && gone {
				continue // what was given up in the end tells more
			}
			own = append(own, Reason{m.Name, r})
		}
		list = append(list, own[:min(len(own), mostReasons)]...)
	}
	return append(list, c.withoutReason(list, troubled)...)
}

// withoutReason are the exporters that failed for good, and whose part's log says nothing of them.
func (c *course) withoutReason(known []Reason, troubled map[string]bool) (list []Reason) {
	for i := range c.result.Parts {
		part := &c.result.Parts[i]
		for j := range part.Components {
			component := &part.Components[j]
			if !troubled[component.Signal] || component.Kind != telemetry.Exporter || component.SendFailed+component.EnqueueFailed == 0 {
				continue
			}
			if !slices.ContainsFunc(known, func(r Reason) bool { return r.Part == part.Name && (r.Signal == component.Signal || r.Signal == "") }) {
				list = append(list, Reason{part.Name, refusals.Refusal{Component: component.Kind + " " + component.ID, Signal: component.Signal}})
			}
		}
	}
	return list
}

// String says it on one line: gateway: exporter otlp_grpc got ResourceExhausted, and dropped 25,721 spans or more: "...".
func (r Reason) String() string {
	what := "telemetry"
	if slices.Contains(scenario.Signals, r.Signal) {
		what = items[r.Signal]
	}
	if r.Lines == 0 {
		return fmt.Sprintf("%s: the log does not say why %s failed to send %s", r.Part, r.Component, what)
	}
	who := r.Component
	if who == "" {
		who = "its log says: it"
	}
	if r.Answer != "" {
		who += " got " + r.Answer + ", and"
	}
	lines := fmt.Sprintf("%s times or more", format.Grouped(r.Lines))
	if r.Lines == 1 {
		lines = "once or more"
	}
	did, quoted := "", `"`+r.Last+`"`
	switch {
	case r.Retried:
		did = fmt.Sprintf("tried %s again, %s", what, lines)
	case r.Items > 0:
		did = fmt.Sprintf("gave up %s %s or more", format.Grouped(r.Items), what)
	case r.Component == "":
		word := "dropping"
		if r.Refused {
			word = "refusing"
		}
		return r.Part + ": its log speaks of " + word + ", " + lines + "; the last time: " + quoted
	case r.Refused:
		did = fmt.Sprintf("speaks of refusing %s, %s", what, lines)
	default:
		did = fmt.Sprintf("gave up %s, %s", what, lines)
	}
	return r.Part + ": " + who + " " + did + ": " + quoted
}
