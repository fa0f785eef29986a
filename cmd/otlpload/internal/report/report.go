// SPDX-License-Identifier: Apache-2.0

// Package report words what otlpload shows: what it is about to do, how far it is, and what came of it.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// tooLate is from when on a load that is late is said to be; the receiver's log has the same bound.
const tooLate = time.Second

// Plan is what is about to be sent, and where to.
func Plan(p *plan.Plan) string {
	r := &p.Request
	names := make([]string, len(p.Signals))
	for i, s := range p.Signals {
		names[i] = s.String()
	}
	rate := p.Rate() + " requests/s"
	if r.Instances > 1 {
		rate = fmt.Sprintf("%d instances of %s", r.Instances, rate)
	}
	return fmt.Sprintf("%s on %s, %s: %s to %s", r.Preset, r.Runtime, rate, strings.Join(names, ", "), p.Target)
}

// Line is how far a run is: what the backend has accepted since the reading before, and in all.
func Line(before, now *tally.Snapshot, duration time.Duration) string {
	var line strings.Builder
	line.WriteString(format.Window(now.After))
	switch {
	case duration == 0:
	case now.After < duration+tooLate: // the last spans leave when it is over
		line.WriteString(" of " + format.Window(duration))
	default:
		line.WriteString(", " + format.Window(now.After-duration) + " past the end")
	}
	line.WriteString(": ")
	for i := range now.Signals {
		s := &now.Signals[i]
		was := int64(0)
		if i < len(before.Signals) {
			was = before.Signals[i].Accepted
		}
		fmt.Fprintf(&line, "%s %s/s, ", perSecond(s.Accepted-was, now.After-before.After), s.Name)
	}
	total := now.Total()
	line.WriteString(format.Grouped(total.Accepted) + " accepted")
	if n := now.Failures(); n > 0 {
		line.WriteString(", " + plural(n, "failed attempt"))
	}
	if total.Dropped > 0 {
		line.WriteString(", " + format.Grouped(total.Dropped) + " dropped")
	}
	if behind := now.Behind(); behind >= tooLate {
		line.WriteString(", behind by " + format.Window(behind))
	}
	return line.String()
}

// Summary writes what came of a run.
func Summary(w io.Writer, p *plan.Plan, s *tally.Snapshot) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, seed %d\n\n", Plan(p), p.Request.Seed)
	rows := [][]string{{"", "emitted", "accepted", "dropped", "unconfirmed", "accepted/s"}}
	for i := range s.Signals {
		items := &s.Signals[i]
		rows = append(rows, []string{
			"  " + items.Name, format.Grouped(items.Emitted()), format.Grouped(items.Accepted),
			format.Grouped(items.Dropped), format.Grouped(items.Unconfirmed), perSecond(items.Accepted, s.After),
		})
	}
	_ = texttable.Write(&text, texttable.Right, rows...) // a Builder takes everything
	fmt.Fprintf(&text, "\n%s arrived in %s", plural(s.Arrived, "request"), format.Window(s.After))
	if s.Shed > 0 {
		fmt.Fprintf(&text, "; the service turned %s away", format.Grouped(s.Shed))
	}
	text.WriteString(".\n")
	if s.SDKDropped > 0 {
		fmt.Fprintf(&text, "The service's SDK dropped %s before they were emitted: they ended faster than it exports.\n", plural(s.SDKDropped, "item"))
	}
	text.WriteString(schedule(s))
	text.WriteString(verdict(s) + "\n")
	_, err := io.WriteString(w, text.String())
	return err
}

// schedule says whether the load came in time, if any came.
func schedule(s *tally.Snapshot) string {
	var text string
	late, failures := max(s.WorstLag, s.Lag), s.Failures()
	switch {
	case s.Total().Accepted == 0:
	case late < tooLate:
		text = fmt.Sprintf("On schedule: at most %v late.\n", late.Round(time.Millisecond))
	case failures > 0:
		text = fmt.Sprintf("LATE: up to %s behind schedule. Attempts to send failed, or the backend is slow.\n", format.Window(late))
	default:
		text = fmt.Sprintf("LATE: up to %s behind schedule. The backend, or this machine, is slower than the load.\n", format.Window(late))
	}
	if failures > 0 {
		text += fmt.Sprintf("%s to send failed and %s repeated.\n", plural(failures, "attempt"), map[bool]string{true: "was", false: "were"}[failures == 1])
	}
	return text
}

func verdict(s *tally.Snapshot) string {
	total := s.Total()
	emitted := total.Emitted()
	switch {
	case emitted == 0:
		return "NOTHING was emitted: raise --rate or --duration."
	case s.Complete():
		return "The backend accepted all of it."
	}
	var why []string
	if total.Dropped > 0 {
		why = append(why, format.Grouped(total.Dropped)+" dropped (refused for good)")
	}
	if total.Unconfirmed > 0 {
		how := "no answer before the end; some may have arrived"
		if s.Unreached {
			how = "never sent"
		}
		why = append(why, fmt.Sprintf("%s unconfirmed (%s)", format.Grouped(total.Unconfirmed), how))
	}
	counts := fmt.Sprintf("Of %s: %s.", plural(emitted, "item"), strings.Join(why, ", "))
	switch {
	case s.Trouble == "":
		return "NOT ALL of it was accepted. " + counts
	case total.Accepted == 0:
		return fmt.Sprintf("NOTHING was accepted, because %s.\n%s", s.Trouble, counts)
	}
	return fmt.Sprintf("NOT ALL of it was accepted. %s\nThe last failure: %s.", counts, s.Trouble)
}

func perSecond(n int64, in time.Duration) string {
	if in <= 0 {
		return "0"
	}
	return format.Rate(float64(n) / in.Seconds())
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return format.Grouped(n) + " " + noun + "s"
}
