// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Source is where a figure comes from.
type Source string

// The sources. Exact: load_verify knows. Own: load_verify does not, and the generators' own count says it. Least: nobody knows more than
// that there were so many, or more.
const (
	Exact Source = "load_verify"
	Own   Source = "generators"
	Least Source = "least"
)

// Figures are how much of a signal was sent, and how much of that was lost.
type Figures struct {
	Signal string `json:"signal"`
	From   Source `json:"from"` // of what was sent and given up
	Sent   uint64 `json:"sent"`
	Lost   uint64 `json:"lost"`
	// LostFrom is Least where the generators know what was sent, and yet nobody knows what of it was lost.
	LostFrom Source `json:"lost_from"`
	// GivenUp is what the generators gave up: it is not among what is lost.
	GivenUp uint64 `json:"given_up"`
}

// Show writes a figure from a source: one that is not exact never looks as if it were.
func (from Source) Show(n uint64) string {
	switch {
	case from == Exact:
		return format.Grouped(n)
	case from == Own:
		return format.Grouped(n) + "*"
	case n == 0:
		return "?"
	}
	return ">=" + format.Grouped(n)
}

// Offered is what the generators say that they have handed on, of one signal: end markers included, one for each process. Read: at least
// one of them has said so. Least: they may have counted more. Open: some of it may be neither lost nor among what load_verify counts as
// received, because the generators still hold it, or it came without a number.
type Offered struct {
	Read, Least, Open bool
	// Whole: all of them have said so when they had sent all, so that there is no more.
	Whole          bool
	Items, GivenUp uint64
}

// Figures are those of a signal. What load_verify does not know, because too little has arrived, the generators may.
func (r *Report) Figures(signal string, offered Offered) Figures {
	f := Figures{Signal: signal, From: Exact, LostFrom: Exact, Sent: r.Sum(signal, "sent"), Lost: r.Sum(signal, "lost"), GivenUp: r.Sum(signal, GivenUp)}
	if !r.knows(signal) || f.GivenUp == 0 {
		f.GivenUp = max(f.GivenUp, offered.GivenUp)
	}
	if r.exceeds(signal, offered) {
		f.From, f.LostFrom, f.Sent = Own, Least, minus(offered.Items, r.Sum(signal, announced))
		f.Lost = minus(f.Sent, r.Sum(signal, "received")+f.GivenUp)
		return f
	}
	if r.knows(signal) {
		return f
	}
	f.From, f.LostFrom = Least, Least
	own := minus(offered.Items, r.Sum(signal, announced))
	if !offered.Read || own < f.Sent {
		return f
	}
	f.Sent = own
	if offered.Least {
		return f
	}
	f.From = Own
	if offered.Open {
		return f
	}
	f.LostFrom = Own
	// Where an end marker is missing, load_verify takes for lost what the generators gave up: then their count alone says what is lost.
	lost := minus(own, r.Sum(signal, "received")+f.GivenUp)
	if f.GivenUp == 0 {
		lost = max(lost, f.Lost)
	}
	f.Lost = lost
	if own == 0 {
		f.From, f.LostFrom = Exact, Exact // the generators have sent nothing of it
	}
	return f
}

// exceeds tells whether load_verify takes more for sent than the generators have handed on, who know it: then items came under sources, or with numbers, that
// no generator has given them.
func (r *Report) exceeds(signal string, offered Offered) bool {
	return offered.Read && offered.Whole && !offered.Least && r.Sum(signal, "sent") > offered.Items
}

// Exceeding says that load_verify takes more for sent than the generators have handed on; none: it does not.
func (r *Report) Exceeding(signal string, offered Offered) string {
	if !r.exceeds(signal, offered) {
		return ""
	}
	return fmt.Sprintf("%s were sent by load_verify's account, and the generators have handed on no more than %s, end markers included: some came as of a source, "+
		"or with a number, that no generator has given them; what load_verify says of sent and lost has these twice",
		format.Grouped(r.Sum(signal, "sent")), format.Grouped(offered.Items))
}

// minus is a difference; 0 if it would be less.
func minus(a, b uint64) uint64 { return a - min(a, b) }

// knows tells whether load_verify knows exactly how much of a signal was sent.
func (r *Report) knows(signal string) bool { return r.has(signal) && !r.guesses(signal) }

// Refused finds what the generators gave up because it was refused for good. load_verify does not count that as lost.
func (r *Report) Refused(signal string, offered Offered) *Finding {
	n := max(r.Sum(signal, GivenUp), offered.GivenUp)
	if n == 0 {
		return nil
	}
	return &Finding{Expectation: GivenUp, Signal: signal, Message: fmt.Sprintf(
		"%s given up by the generators, because they were refused for good or until the end; want none; a scenario file can expect it, as want.%s.given_up", format.Grouped(n), signal)}
}

// has tells whether load_verify has heard of a signal, in any run.
func (r *Report) has(signal string) bool {
	return slices.ContainsFunc(r.Runs, func(run Run) bool { return run.signal(signal) != nil })
}

// guesses tells whether there is a run of which load_verify knows only the least that was sent.
func (r *Report) guesses(signal string) bool {
	return slices.ContainsFunc(r.Runs, func(run Run) bool {
		s := run.signal(signal)
		return s != nil && !s.SentKnown
	})
}

func (run *Run) signal(name string) *Signal {
	for i := range run.Signals {
		if run.Signals[i].Signal == name {
			return &run.Signals[i]
		}
	}
	return nil
}

// Unseen finds what the generators have handed on and load_verify has never heard of, in a report that is about to pass: a source of which
// nothing has arrived, not even an end marker, is missed by nobody else.
func (r *Report) Unseen(signal string, offered Offered) *Finding {
	if r.Verdict != pass || !offered.Read || r.guesses(signal) {
		return nil
	}
	known := r.Sum(signal, "sent") + r.Sum(signal, announced)
	if offered.Items <= known {
		return nil
	}
	return &Finding{Expectation: Generator, Signal: signal, Message: fmt.Sprintf(
		"%s handed on by the generators' own count, %s known to load_verify: %s went unseen; want none",
		format.Grouped(offered.Items), format.Grouped(known), format.Grouped(offered.Items-known))}
}
