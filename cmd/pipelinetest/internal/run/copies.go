// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// All that was sent may have arrived, and a sender may still have to send some of it again: it was not told that it arrived. Many agents time out, wait
// for five seconds or so, and try again. A test that ends before that sees no copy. So it goes on for copyPatience after the last time that
// a fault kept an answer from a sender, unless
//
//   - all such requests have come again, or
//   - the telemetry of all who may send them again shows that they hold nothing, to be read after that time.
const copyPatience = 15 * time.Second

// endOfPatience is how long before the timeout the test waits no more for copies.
const endOfPatience = 3 * time.Second

// awaitsCopies tells whether something may still come again that has arrived.
func (c *course) awaitsCopies(now time.Time) bool {
	if now.After(c.result.Began.Add(c.Timeout - endOfPatience)) {
		return false
	}
	last := c.unansweredAt()
	awaits := now.Before(last.Add(copyPatience)) && !c.nothingHeldSince(last)
	if awaits && !c.saidCopies && c.report != nil && c.report.Over() {
		c.saidCopies = true
		c.Say("waiting up to %v: a fault has kept answers from senders, which may send again what has arrived", time.Until(last.Add(copyPatience)).Round(time.Second))
	}
	return awaits
}

// unansweredAt is the last time that an answer may have been kept from a sender whose request has not come again; zero: never.
func (c *course) unansweredAt() (last time.Time) {
	for _, l := range c.links {
		if u := l.unanswered(); u.Last.After(last) {
			last = u.Last
		}
	}
	for i := range c.result.Faults {
		f, r := &c.Faults[i], &c.result.Faults[i]
		if f.Kill+f.Stop+f.Reload == "" || r.Began == nil {
			continue
		}
		at := *r.Began
		if r.Ended != nil {
			at = *r.Ended // before that, nobody could send again
		}
		if when := c.began.Add(time.Duration(at * float64(time.Second))); when.After(last) {
			last = when
		}
	}
	return last
}

// nothingHeldSince tells whether everybody who sends has said, after some time, that nothing is held.
func (c *course) nothingHeldSince(at time.Time) bool {
	for _, m := range c.members {
		if m.Name == scenario.VerifierName || !m.up {
			continue
		}
		if !m.readAt.After(at) || !m.sends() || m.holds() {
			return false
		}
	}
	return true
}

// sends tells whether the part's telemetry says what its exporters do, or that nothing has come to it.
func (m *member) sends() bool {
	if m.tells() && !m.worked() {
		return true
	}
	for _, component := range m.account.Components() {
		if component.Kind == telemetry.Exporter {
			return true
		}
	}
	return false
}

// unanswered is what senders were not told of, on either way.
func (l *link) unanswered() proxy.Unanswered { return l.grpc.Unanswered().Plus(l.http.Unanswered()) }

// sayUnanswered notes what had not come again at the end of a test that has lost nothing.
func (c *course) sayUnanswered() (notes []string) {
	if c.result.Report == nil || c.result.Report.Verdict != scenario.Pass {
		return nil
	}
	for _, l := range c.links {
		u := l.unanswered()
		if u.Last.IsZero() || c.nothingHeldSince(u.Last) {
			continue
		}
		var what []string
		if u.Requests > 0 {
			what = append(what, fmt.Sprintf("%d requests had got to the target, and their sender was not told so", u.Requests))
		}
		if u.Cut {
			what = append(what, "connections were cut that had carried requests")
		}
		notes = append(notes, fmt.Sprintf("%s: %s; a sender that sends again later than %v after that makes copies that this test has not seen",
			l, strings.Join(what, ", and "), c.ended.Sub(u.Last).Round(time.Second)))
	}
	return notes
}

// seenFor is for how long after the last arrival the test went on: a copy that comes later is not seen.
func (c *course) seenFor() time.Duration {
	var last time.Time
	for i := range c.result.Report.Runs {
		if run := &c.result.Report.Runs[i]; run.Last.After(last) {
			last = run.Last
		}
	}
	if last.IsZero() || c.ended.IsZero() {
		return 0
	}
	return max(0, c.ended.Sub(last))
}

// sayDeadline says what load_verify's deadline does not count.
func (c *course) sayDeadline() (notes []string) {
	if c.Deadline() == 0 {
		return nil
	}
	for i := range c.result.Report.Runs {
		if run := &c.result.Report.Runs[i]; run.First.After(c.sending) {
			notes = append(notes, fmt.Sprintf("expect.deadline counts from the first arrival of a run: that of run %s was %v after the generators were started",
				run.Name, run.First.Sub(c.sending).Round(100*time.Millisecond)))
		}
	}
	return notes
}
