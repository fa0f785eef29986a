// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Evidence is an item that arrived and that shows by itself that something is wrong: the first of its kind.
type Evidence struct {
	// Shows says what, each with the key of the expectation.
	Shows  []string `json:"shows"`
	Signal string   `json:"signal"`
	Source string   `json:"source"`
	// Sequence is the item's number.
	Sequence uint64 `json:"sequence"`
	// OTLP is the item as it arrived, with its resource and scope, as one request in OTLP's JSON.
	OTLP json.RawMessage `json:"otlp,omitempty"`
	// Left out, and why, if the item is larger than is kept.
	Left string `json:"left_out,omitempty"`
}

// What is kept of evidence, for each run: a handful of items shows all that is wrong.
const (
	mostEvidence = 16
	// LongestEvidence bounds the JSON of an item.
	LongestEvidence = 16 << 10
)

// exhibit is evidence as the audit keeps it. What it shows has names that may be known later.
type exhibit struct {
	Expectation string          `json:"expectation"`
	Faults      []Fault         `json:"faults,omitempty"`
	Signal      uint8           `json:"signal"` // its number
	Source      string          `json:"source"`
	Sequence    uint64          `json:"sequence"`
	Class       uint32          `json:"class,omitempty"` // if it is about classes
	Odd         string          `json:"odd,omitempty"`   // the kind of an item that is odd on purpose
	OTLP        json.RawMessage `json:"otlp,omitempty"`
	Left        string          `json:"left,omitempty"`
}

// What findings about content and classes are called. Their evidence is told apart further than by that.
const (
	contentExpectation = "content"
	classesExpectation = "classes"
)

// kind is what one of is enough for a run's signal.
func (x *exhibit) kind() string {
	if x.Expectation != classesExpectation {
		return x.Expectation + x.Odd
	}
	return x.Expectation + strconv.FormatUint(uint64(x.Class), 10)
}

// Wanted is an item of a call of Audit that is evidence, by its place there. Whoever has the item hands it in.
type Wanted struct {
	Item int
	of   *exhibit
}

// evidence are the exhibits of a run.
type evidence struct {
	exhibits []*exhibit
	seen     [Signals]map[string]bool // expectations but content, of which every first fault is wanted
}

// wants notes an item, unless the run has enough evidence or one of this kind.
func (e *evidence) wants(expectation string, signal Signal, it *Item) *exhibit {
	if len(e.exhibits) >= mostEvidence {
		return nil
	}
	x := &exhibit{Expectation: expectation, Signal: uint8(signal), Source: shown(it.Source), Sequence: it.Sequence, Odd: shown(it.Odd)}
	if expectation == contentExpectation {
		x.Faults = slices.Clone(it.Content.Faults[:min(len(it.Content.Faults), mostEvidence)])
		for i := range x.Faults {
			x.Faults[i].Name = shown(x.Faults[i].Name)
		}
	} else {
		if expectation == classesExpectation {
			x.Class = max(it.Class, it.TraceClass)
		}
		kind := x.kind()
		if e.seen[signal][kind] {
			return nil
		}
		e.note(kind, signal)
	}
	e.exhibits = append(e.exhibits, x)
	return x
}

func (e *evidence) note(expectation string, signal Signal) {
	if e.seen[signal] == nil {
		e.seen[signal] = map[string]bool{}
	}
	e.seen[signal][expectation] = true
}

// report tells of the exhibits that were handed in. One of a class shows something if nothing of the class was to arrive.
func (e *evidence) report(names *names, unwanted func(Signal, uint32) string) (list []Evidence) {
	for _, x := range e.exhibits {
		shows := x.Expectation
		if shows == classesExpectation {
			shows = unwanted(Signal(x.Signal), x.Class)
		}
		if x.OTLP == nil && x.Left == "" || shows == "" {
			continue
		}
		signal := Signal(x.Signal)
		of := Evidence{Signal: signal.String(), Source: x.Source, Sequence: x.Sequence, OTLP: x.OTLP, Left: x.Left}
		switch {
		case x.Odd != "":
			of.Shows = []string{shows + ": " + x.Odd}
		case len(x.Faults) == 0:
			of.Shows = []string{shows}
		}
		for i := range x.Faults {
			f := &x.Faults[i]
			of.Shows = append(of.Shows, fmt.Sprintf("%s: %s %s", x.Expectation, names.path(signal, f.Part, f.Name), f.Kind))
		}
		list = append(list, of)
	}
	return list
}
