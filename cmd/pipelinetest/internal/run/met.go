// SPDX-License-Identifier: Apache-2.0

package run

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// encounter is what a fault has met: a test whose fault met nothing has not tested what it says.
type encounter struct {
	ways []*proxy.Disturbance // of a fault of a link, one for each proxy
	disk *part.Process        // whose disk is full
	of   proxy.Met            // of another fault

	began time.Time
	// loading: a generator had not ended its run when the fault began.
	loading bool
	// before is how much had arrived by the last report before the fault began; soon is the same a while later, when a report of before
	// that has been replaced. Nil: the test was over, or the verifier has not reported since.
	before uint64
	soon   *uint64
	// fresh: that report had just been written. Of a verifier that seldom reports, more had arrived than it says.
	fresh bool
	// heard: whoever sends on the link has been asked for its telemetry while the fault was in force. held: it then had something to send, or failed to
	// send it; so had a part that was killed, stopped or full.
	heard, held bool
	sender      *member // on the link; nil: the fault is of a part
	subject     *member // the sender, or the part
	// reloads: the part was told to read its configuration again, when it had begun anew so many times.
	reloads bool
	times   int
	// other: it was given another configuration, and taken is how much it took with that; nil: it still has it.
	other    bool
	taken    *uint64
	unlisted *unlisting // nil: the fault is another one
	failed   uint64     // what the sender had failed to send when the fault began
}

// reportDelay is how old a report may be, and then some: what it says had arrived by then.
const reportDelay = time.Second

// encounter notes what there was when a fault began.
func (c *course) encounter(f *scenario.Fault) *encounter {
	e := &encounter{began: time.Now(), before: c.arrived()}
	e.fresh = c.reportedAt.IsZero() || e.began.Sub(c.reportedAt) < 2*reportDelay
	for _, m := range c.members {
		if m.generates && !m.hasEnded() {
			e.loading = true
			e.held = e.held || m.Name == f.Part()
		}
	}
	e.subject = c.member(cmp.Or(f.Part(), f.Link.From))
	if f.Part() == "" {
		e.sender = c.member(f.Link.From)
		e.failed = e.sender.failed()
	}
	return e
}

// arrived is how much the verifier has reported.
func (c *course) arrived() uint64 {
	if c.report == nil {
		return 0
	}
	return c.report.Arrived()
}

// observe notes what a look, or a reading of telemetry, tells of the faults that have begun.
func (c *course) observe() {
	for i, e := range c.met {
		if e.unlisted != nil && c.result.Faults[i].Ended == nil {
			e.unlisted.look(e, c.arrived())
		}
		if e.soon == nil && c.report != nil && c.reportedAt.After(e.began.Add(reportDelay)) {
			e.soon = new(c.report.Arrived())
		}
		r, f := &c.result.Faults[i], &c.Faults[i]
		if r.Ended != nil || f.Kill+f.Stop+f.Reload+f.Unlisted != "" {
			continue
		}
		m := c.member(cmp.Or(f.Part(), f.Link.From))
		if m.readAt.After(e.began) {
			e.heard = true
			e.held = e.held || m.holds() || m.failed() > e.failed
		}
	}
}

// process notes whether a part was there to be killed or stopped.
func (e *encounter) process(up bool) {
	e.of = proxy.Met{Unit: "processes", Came: 1}
	if up {
		e.of.Suffered = 1
	}
}

// settle looks at a disk before it is emptied. A disk suffers if there is something of the part's on it: a part that writes nothing
// does not notice that it cannot.
func (e *encounter) settle() {
	if e.disk == nil {
		return
	}
	e.of = proxy.Met{Unit: "disks", Came: 1}
	if e.disk.UsesDisk() {
		e.of.Suffered = 1
	}
	e.disk = nil
}

// reloaded tells whether a part has read its configuration again; unsure: its telemetry does not tell.
func (e *encounter) reloaded() (reloaded, unsure bool) {
	a := &e.subject.account
	return a.Times > e.times, !a.Read || !a.Counts || e.subject.readAt.Before(e.began)
}

// met sums up.
func (e *encounter) met() proxy.Met {
	e.settle()
	if e.unlisted != nil && e.of.Suffered > 0 && !e.unlisted.avoided {
		e.of.Suffered = 0
		if !e.subject.account.Counts {
			e.of.Unsure = 1
		}
	}
	if e.reloads && e.other && e.of.Suffered > 0 && e.subject.account.Counts {
		taken := e.taken
		if taken == nil {
			taken = new(e.subject.account.Taken())
		}
		if *taken == 0 {
			e.of.Suffered = 0
			return e.of
		}
	}
	if e.reloads && e.of.Suffered > 0 {
		if reloaded, unsure := e.reloaded(); !reloaded {
			e.of.Suffered = 0
			if unsure {
				e.of.Unsure = 1
			}
		}
	}
	if len(e.ways) == 0 {
		return e.of
	}
	sum := e.ways[0].Met()
	for _, way := range e.ways[1:] {
		sum = sum.Plus(way.Met())
	}
	return sum
}

// effect is whether a fault has disturbed telemetry.
type effect uint8

const (
	something effect = iota
	nothing
	unknown
)

// sayMet puts what each fault has met into the result. It is called while the proxies' counts are there, and the last report.
func (c *course) sayMet() {
	for i := range c.result.Faults {
		if e := c.met[i]; e != nil {
			r := &c.result.Faults[i]
			met := e.met()
			r.effect = c.effect(e, &met)
			r.late = c.late(e, &met)
			affected := met.Suffered + met.Idle + met.Unsure
			switch r.effect {
			case something:
			case nothing:
				met.Suffered, met.Idle, met.Unsure = 0, affected, 0
			case unknown:
				met.Suffered, met.Idle, met.Unsure = 0, 0, affected
			}
			r.Met = &met
		}
	}
}

// effect judges what a fault did. A process that was killed, and a connection that was refused, does not tell whether anything was to be sent.
func (c *course) effect(e *encounter, met *proxy.Met) effect {
	link, report := len(e.ways) > 0, c.result.Report
	if met.Suffered > 0 && link {
		return something
	}
	if met.Suffered+met.Idle+met.Unsure == 0 {
		return nothing
	}
	if e.reloads && met.Unsure > 0 || e.unlisted != nil && met.Unsure > 0 {
		return unknown
	}
	if e.unlisted != nil {
		return something
	}
	if e.held || report == nil {
		return something
	}
	switch {
	case report.Arrived() == e.before && c.complete():
		return nothing
	case link && met.Unsure == 0 && e.heard && c.complete():
		return nothing
	case link && met.Unsure == 0 && e.heard && c.overSince(e) && e.failedNothing():
		return nothing
	case report.Verdict != scenario.Pass: // what is missing may be missing because of it, and the verdict is no pass
		return something
	case link && met.Unsure == 0 && e.heard && c.overSince(e):
		return nothing
	case link && met.Unsure == 0:
		return unknown
	case e.unused() && e.before > 0 && e.before < report.Arrived(): // by other ways
		return nothing
	case e.soon != nil && *e.soon != report.Arrived(), e.before != report.Arrived() && e.loading && e.fresh:
		return something
	}
	return unknown
}

// unused tells whether nothing has ever come to the part that was disturbed, or whose link was, by a reading of after the fault began.
func (e *encounter) unused() bool {
	if e.subject == nil || e.subject.generates || !e.subject.account.Counts || e.subject.readAt.Before(e.began) {
		return false
	}
	for _, signal := range scenario.Signals {
		if sum := telemetry.Sum(e.subject.account.Components(), signal); sum != (telemetry.Counts{}) {
			return false
		}
	}
	return true
}

// failedNothing tells whether the sender has failed to send nothing since the fault began, and that is known: its exporters count what they do.
func (e *encounter) failedNothing() bool {
	if e.sender == nil || !e.sender.account.Exact() || e.sender.holds() || e.sender.failed() > e.failed {
		return false
	}
	return slices.ContainsFunc(e.sender.account.Components(), func(c telemetry.Component) bool { return c.Kind == telemetry.Exporter && c.Sent > 0 })
}

// late tells whether a fault may have come too late although something is wrong: nobody is known to have had anything to send any more.
func (c *course) late(e *encounter, met *proxy.Met) bool {
	return c.result.Report != nil && !e.held && !e.loading && c.result.Report.Arrived() == e.before && (len(e.ways) == 0 || met.Suffered == 0)
}

// tooLate is what is to be known of faults that may have done nothing in a test that has failed for whatever reason.
func (c *course) tooLate() (notes []string) {
	for i := range c.result.Faults {
		if r := &c.result.Faults[i]; r.Met != nil && r.effect == something && r.late {
			notes = append(notes, fmt.Sprintf("%s%s: it may have come too late: nothing has arrived since it began, and nobody is known to have had anything to send; "+
				"what is wrong may be so for another reason", r.Fault, r.When()))
		}
	}
	return notes
}

// overSince tells whether a fault had ended before the test did: who had something to send could then send it.
func (c *course) overSince(e *encounter) bool {
	for i := range c.result.Faults {
		if c.met[i] == e {
			return c.result.Faults[i].Ended != nil
		}
	}
	return false
}

// complete tells whether all that was sent has arrived, and that is known.
func (c *course) complete() bool {
	for _, signal := range scenario.Signals {
		f := c.result.Report.Figures(signal, c.offered(signal))
		if f.From != verdict.Exact || f.LostFrom != verdict.Exact || f.Lost+f.GivenUp > 0 || c.result.Report.Sum(signal, "received") < f.Sent {
			return false
		}
	}
	return true
}

// metNothing finds the faults that were in force and did nothing, or of which that is not known.
func (c *course) metNothing() (findings []verdict.Finding) {
	for i := range c.result.Faults {
		r := &c.result.Faults[i]
		switch {
		case r.Met == nil || r.effect == something:
		case r.effect == nothing:
			findings = append(findings, verdict.Finding{
				Expectation: verdict.Faults,
				Message:     fmt.Sprintf("%s%s, did nothing: %s", r.Fault, r.When(), c.why(i, r.Met)),
			})
		default:
			findings = append(findings, verdict.Finding{
				Expectation: verdict.Faults, Unknown: true,
				Message: fmt.Sprintf("%s%s: whether it disturbed any telemetry is not known: %s", r.Fault, r.When(), c.whyUnknown(i, r.Met)),
			})
		}
	}
	return findings
}

// When is the time in which the fault was in force: `, from 1.0s to 3.0s`. Nothing: it was not.
func (r *FaultResult) When() string {
	switch {
	case r.Began == nil:
		return ""
	case r.Ended == nil:
		return fmt.Sprintf(", from %.1fs on", *r.Began)
	}
	return fmt.Sprintf(", from %.1fs to %.1fs", *r.Began, *r.Ended)
}
