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
	Class string `json:"class"`
	Sent  uint64 `json:"sent"`
	// Received is not known if copies came to several verifiers, whose class is not known. Then it is Least to Most.
	Received Count   `json:"received"`
	Least    *uint64 `json:"received_least,omitempty"`
	Most     *uint64 `json:"received_most,omitempty"`

	number  uint32
	counted uint64 // received, some of it twice
}

// String is the name of the class as a terminal can bear it: whoever sends end markers chooses it.
func (c *ClassReport) String() string {
	if quoted := strconv.Quote(c.Class); len(quoted) != len(c.Class)+2 {
		return quoted
	}
	return c.Class
}
