// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// A form is a map of the tree: which keys it has, and what each takes. Forms are data, stated once: the decoder reads by them, and the
// JSON Schema and the tables of the documentation are made of them.
type form struct {
	name  string
	means string // one line
	keys  []key
}

// key is one key of a form.
type key struct {
	name  string
	means string // one line, for people
	takes kind
	// missing is what the message asks for if the key is not there; empty: the key may be left out.
	missing string
	// initial is what holds if it is left out, in words; empty: nothing.
	initial string
}

// kind is what a value may be.
type kind any

// The kinds of values.
type (
	// text is a string that is not empty; optionally one of some.
	text struct{ oneOf []string }
	// whole is a whole number from 1 to most.
	whole struct{ most int }
	// unsigned is a whole number of 64 bits from 0.
	unsigned struct{}
	// integer is a whole number of 64 bits with a sign.
	integer struct{}
	// number is a number from least to most; above: more than least.
	number struct {
		least, most float64
		above       bool
	}
	// duration is text with a unit, such as 80us.
	duration struct{ least, most sim.Time }
	// boolean is true or false.
	boolean struct{}
	// size is a number of bytes with a unit.
	size struct{ most int }
	// nothing is no value.
	nothing struct{}
	// listOf is a list of at least one value of a kind.
	listOf struct {
		item kind
		most int // 0: no bound of its own
	}
	// ref is a kind or form that has a name, because several keys take it.
	ref struct{ to string }
	// either is one of some kinds.
	either []kind
	// percentiles is a map of percentiles to durations.
	percentiles struct{}
	// named is a map from names of the user's choice.
	named struct{ item kind }
)

// names of the keys, in the order in which messages and tables show them.
func (f *form) names() []string {
	names := make([]string, len(f.keys))
	for i := range f.keys {
		names[i] = f.keys[i].name
	}
	return names
}

// key finds a key. That it is there is up to the program, not to the user.
func (f *form) key(name string) *key {
	i := slices.IndexFunc(f.keys, func(k key) bool { return k.name == name })
	if i < 0 {
		panic("form " + f.name + " has no key " + name)
	}
	return &f.keys[i]
}

// runtimeForm is a runtime as a form of YAML.
type runtimeForm struct {
	form

	model *models.Model
}
