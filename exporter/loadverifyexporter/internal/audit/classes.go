// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// Rest is what belongs to no class.
const Rest = "rest"

// ClassesExpectation says which classes a pipeline drops. Every other class, and the rest, must arrive whole.
type ClassesExpectation struct {
	// Kept must arrive whole; if there are some, all others are dropped.
	Kept []string
	// Dropped must not arrive at all.
	Dropped []string
	// Either may be dropped, as a whole or in part.
	Either []string
	// Signals that it is about.
	Signals []Signal
}

// fate is what is expected of a class.
type fate uint8

const (
	kept fate = iota
	dropped
	either
)

func (e *ClassesExpectation) of(class string) fate {
	switch {
	case e == nil:
		return kept
	case slices.Contains(e.Either, class):
		return either
	case slices.Contains(e.Dropped, class), len(e.Kept) > 0 && !slices.Contains(e.Kept, class):
		return dropped
	default:
		return kept
	}
}

// named are all classes that the expectation has.
func (e *ClassesExpectation) named() []string { return slices.Concat(e.Kept, e.Dropped, e.Either) }

// classCounts are how many different items of each class have arrived, by the class's number. 0 is the rest.
type classCounts [stamp.MostClasses + 1]uint64

// ClassReport is what became of a class.
type ClassReport struct {
	Class    string `json:"class"`
	Sent     uint64 `json:"sent"`
	Received uint64 `json:"received"`

	number uint32
}

// String is the name of the class as a terminal can bear it: whoever sends end markers chooses it.
func (c *ClassReport) String() string {
	if quoted := strconv.Quote(c.Class); len(quoted) != len(c.Class)+2 {
		return quoted
	}
	return c.Class
}

// classes describes the classes of a signal, the rest last. It is nil if nobody has told of any.
func (r *run) classes(signal Signal, of *SignalReport) (list []ClassReport) {
	if len(r.told.classes) == 0 || !r.told.complete() {
		return nil
	}
	counts := &r.accounts[signal].classes
	rest := ClassReport{Class: Rest, Sent: of.offered(), Received: of.Received - min(of.Received, of.anyway)}
	for i := range r.told.classes {
		c := &r.told.classes[i]
		class := ClassReport{Class: c.Name, Sent: c.Items[signal], Received: counts[i+1], number: uint32(i + 1)}
		rest.Sent -= min(rest.Sent, class.Sent)
		rest.Received -= min(rest.Received, class.Received)
		list = append(list, class)
	}
	return append(list, rest)
}

// judgeClasses finds classes that are not kept or dropped as expected. It reports whether something may be dropped, so that a loss is no fault
// by itself.
func (r *RunReport) judgeClasses(e *Expectations, s *SignalReport) (drops bool) {
	if e.Classes == nil || !s.Final || !slices.Contains(e.Classes.Signals, s.Signal) {
		return false
	}
	if s.Classes == nil {
		if s.Received+s.Lost > 0 {
			r.doubt("classes", s, "no end marker tells what was sent of each class")
		}
		return true
	}
	certain := s.anyway+s.doubtful == 0 && s.OverLimit == 0 && r.Unclean == 0 && (!r.byTrace || s.GivenUp == 0 && r.tracesUnknown == 0 && !r.tracesForgotten)
	if !certain {
		r.doubt("classes", s, "not known: the generator gave up %s, or the audit could not see all", items(s.GivenUp))
		return true
	}
	for i := range s.Classes {
		c := &s.Classes[i]
		fate := e.Classes.of(c.Class)
		drops = drops || fate != kept && c.Sent > 0
		switch {
		case fate == kept && c.Received < c.Sent:
			r.find("classes", s, "%s: %d of %s are lost; want all", c, c.Sent-c.Received, items(c.Sent))
		case fate == dropped && c.Received > 0:
			r.find("classes", s, "%s: %d of %s arrived; want none", c, c.Received, items(c.Sent))
		case c.Received > c.Sent:
			r.find("classes", s, "%s: %d arrived, and %d were sent: its items were changed", c, c.Received, c.Sent)
		}
	}
	return drops
}

// judgeClassNames: that what is expected of a class was seen proves nothing if there is no such class, or nothing of it was sent.
func (r *RunReport) judgeClassNames(e *Expectations) {
	if e.Classes == nil || !r.Final {
		return
	}
	for _, name := range e.Classes.named() {
		known, sent := false, uint64(0)
		for i := range r.Signals {
			for _, c := range r.Signals[i].Classes {
				if c.Class == name && slices.Contains(e.Classes.Signals, r.Signals[i].Signal) {
					known, sent = true, sent+c.Sent
				}
			}
		}
		switch {
		case !known && r.anyClasses():
			r.doubt("classes", nil, "%s: the generator has no such class; want one of those in its setting classes, or %s", name, Rest)
		case known && sent == 0:
			r.doubt("classes", nil, "%s: nothing of it was sent, so nothing is known of its way", name)
		}
	}
}

func (r *RunReport) anyClasses() bool {
	return slices.ContainsFunc(r.Signals, func(s SignalReport) bool { return s.Classes != nil })
}

// unwanted says of an item of a class that it should not have arrived; empty: it should.
func (r *RunReport) unwanted(e *Expectations, signal Signal, class uint32) string {
	for i := range r.Signals {
		for _, c := range r.Signals[i].Classes {
			if r.Signals[i].Signal == signal && c.number == class && e.Classes != nil && slices.Contains(e.Classes.Signals, signal) && e.Classes.of(c.Class) == dropped {
				return "classes: " + c.String() + " arrived"
			}
		}
	}
	return ""
}
