// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// offered is what all generators say of a signal.
func (c *course) offered(signal string) (sum verdict.Offered) {
	sum.Open, sum.Whole = c.unaccounted(signal), true
	for i, m := range c.members {
		if !m.generates {
			continue
		}
		sum.Least = sum.Least || !m.account.Offers || !m.account.Exact()
		sum.Whole = sum.Whole && m.readToEnd && m.ended // one that is stopped before hands on more as it stops
		if !m.account.Read {
			continue
		}
		counts := telemetry.Sum(c.result.Parts[i].Components, signal)
		sum.Read = true
		sum.Items += counts.Offered
		sum.GivenUp += counts.GivenUp
		sum.Open = sum.Open || counts.Queued+counts.InFlight > 0
	}
	if c.result.Report == nil {
		return sum
	}
	return c.result.Report.Ordinary(signal, sum)
}

// isAccounted tells whether everything has either arrived or was given up by the generators, as all parts said after the last arrival. An end
// marker that was given up never comes, so the run is never over for load_verify.
func (c *course) isAccounted() bool {
	report := c.report
	if report == nil {
		report = &verdict.Report{} // nothing has arrived
	}
	for _, m := range c.members[:len(c.members)-1] {
		if !m.up || !m.account.Read || !m.readAt.After(c.quiet) || m.generates && (!m.account.Offers || !m.account.Exact()) {
			return false
		}
	}
	var givenUp uint64
	for _, signal := range scenario.Signals {
		var sum telemetry.Counts
		for _, m := range c.members {
			if m.generates {
				counts := telemetry.Sum(m.account.Components(), signal)
				sum.Offered, sum.GivenUp = sum.Offered+counts.Offered, sum.GivenUp+counts.GivenUp
			}
		}
		if sum.Offered != report.Sum(signal, "received")+report.Sum(signal, "ended")+report.Sum(signal, "odd_received")+sum.GivenUp {
			return false
		}
		givenUp += sum.GivenUp
	}
	return givenUp > 0
}

// unaccounted tells whether load_verify may have been given items of a signal that it does not count, such as those without a number.
func (c *course) unaccounted(signal string) bool {
	v := c.verifier()
	if !v.readToEnd || !v.account.Exact() {
		return true
	}
	counts := telemetry.Sum(v.account.Components(), signal)
	return max(counts.Received, counts.Sent) > c.result.Report.Heard(signal)+c.result.Report.Others().Heard(signal)+c.result.Report.Sum(signal, "beyond")
}

// count is one that a scenario can want something of: load_verify's, unless the generators know better.
func (r *Result) count(signal, name string) uint64 {
	for i := range r.Figures {
		f := &r.Figures[i]
		switch {
		case f.Signal != signal:
		case name == "sent" && f.From != verdict.Exact:
			return f.Sent
		case name == "lost" && f.LostFrom == verdict.Least:
			return max(f.Lost, r.Report.Sum(signal, name))
		case name == "lost" && f.From != verdict.Exact:
			return f.Lost
		case name == verdict.GivenUp:
			return f.GivenUp
		}
	}
	return r.Report.Sum(signal, name)
}

// losses are the places where items got no further, of the signals that have any trouble.
func (r *Result) losses(generators int) map[string][]string {
	losses := map[string][]string{}
	for i := range r.Figures {
		f := &r.Figures[i]
		if !r.troubled(f) {
			continue
		}
		said := append(telemetry.Held(r.Parts, generators, f.Signal, r.Report.Sum(f.Signal, "duplicate") > 0), telemetry.Losses(r.Parts, generators, f.Signal)...)
		said = append(said, r.rejections(f.Signal)...)
		if len(said) > 0 {
			losses[f.Signal] = said
		}
	}
	return losses
}

// rejections are the items of a signal that partial successes of faults rejected. Their sender counts them as sent.
func (r *Result) rejections(signal string) (said []string) {
	for i := range r.Links {
		if n := r.Links[i].RejectedItems[signal]; n > 0 {
			said = append(said, fmt.Sprintf("%s: rejected by a partial success: %s; who sent them was told, and must not send them again", r.Links[i].Link, format.Grouped(n)))
		}
	}
	return said
}

// wasKilled tells whether a fault has killed a part.
func (c *course) wasKilled(m *member) bool {
	for i := range c.result.Faults {
		if c.Faults[i].Kill == m.Name && c.result.Faults[i].Began != nil {
			return true
		}
	}
	return false
}

// disturbsRequests tells whether a fault may keep requests from getting from a part to the next, although the part thinks that they did.
func (c *course) disturbsRequests(m *member) bool {
	return slices.ContainsFunc(c.Faults, func(f scenario.Fault) bool {
		return f.Link == (scenario.Link{From: m.Name, To: c.Next(m.Name)}) && f.Disturbance.OfRequests()
	})
}

// troubled tells whether something of a signal is missing, or came too often, or nobody knows.
func (r *Result) troubled(f *verdict.Figures) bool {
	sum := func(count string) uint64 { return r.Report.Sum(f.Signal, count) }
	return f.From != verdict.Exact || f.Lost > 0 || sum("received") < f.Sent || sum("duplicate") > 0 || sum("beyond") > 0 ||
		slices.ContainsFunc(r.Findings, func(own verdict.Finding) bool { return own.Signal == f.Signal })
}

// note notes what does not change the outcome.
func (c *course) note() {
	if len(c.unfinished) > 0 {
		c.result.Notes = append(c.result.Notes, fmt.Sprintf("the test was ended because nothing had arrived for %v (settle), although %s",
			c.Settle, strings.Join(c.unfinished, ", and ")))
	}
	c.result.Notes = append(c.result.Notes, c.tooShort()...)
	c.result.Notes = append(c.result.Notes, c.tooLate()...)
	c.result.Notes = append(c.result.Notes, c.misunderstood()...)
	if len(c.members) > 0 && c.verifier().account.Anew {
		c.result.Notes = append(c.result.Notes, c.verifier().Name+": it has begun anew in the middle of the test; unless it keeps its state (storage), "+
			"load_verify's account is of the time since then only")
	}
	for i, m := range c.members {
		r := &c.result.Parts[i]
		for _, way := range m.elsewhere {
			c.result.Notes = append(c.result.Notes, m.Name+": it has sent what it got elsewhere, too: "+way)
		}
		for _, signal := range scenario.Signals {
			if n := telemetry.Sum(r.Components, signal).SDKDropped; n > 0 {
				c.result.Notes = append(c.result.Notes, fmt.Sprintf("%s: the SDKs of the services it plays dropped %s %s before they were sent, because their queues "+
					"were full; the pipeline has not seen them, and is not judged by them", m.Name, format.Grouped(n), items[signal]))
			}
		}
		if m.generates && !m.account.Read && c.result.Report != nil {
			c.result.Notes = append(c.result.Notes, m.Name+": no telemetry of it could be read, so load_verify's counts could not be held against its own")
		}
		switch {
		case r.Least && !m.account.Anew:
			c.result.Notes = append(c.result.Notes, m.Name+": what it counted between the last reading and its end is not known; its counts are the least")
		case r.Least:
			c.result.Notes = append(c.result.Notes, m.Name+": it has begun to count anew, and what it had counted since the reading before is not known; its counts are the least")
		}
		if len(r.Odd) > 0 {
			c.result.Notes = append(c.result.Notes, m.Name+": some of its telemetry cannot be true and was left out: "+strings.Join(r.Odd, "; "))
		}
	}
}

// items are what a signal's items are called.
var items = map[string]string{"traces": "spans", "metrics": "data points", "logs": "log records"}
