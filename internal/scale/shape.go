// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// role is a part of the chain, in the order in which telemetry passes them.
type role int

const (
	generator role = iota
	gateway
	verifier
	roles // how many there are
)

var roleNames = [roles]string{"generator", "gateway", "verifier"}

func (r role) String() string { return roleNames[r] }

// shape is how many processes each role has.
type shape [roles]int

func (s shape) String() string { return fmt.Sprintf("%d x %d x %d", s[generator], s[gateway], s[verifier]) }

func (s shape) processes() (n int) {
	for _, count := range s {
		n += count
	}
	return n
}

// load is what the generators play.
type load struct {
	Unpaced    bool // as fast as the chain takes it; otherwise at a rate that all shapes can take
	Compressed bool // on both ways, with gzip, as it is shipped
}

func (l load) String() string {
	text := "fixed rate"
	if l.Unpaced {
		text = "full speed"
	}
	if !l.Compressed {
		text += ", uncompressed"
	}
	return text
}

// plan is a trial that is to be made.
type plan struct {
	Shape shape
	Load  load
}

func (p plan) String() string { return fmt.Sprintf("%s, %s", p.Shape, p.Load) }

// base is what other shapes are compared with.
var base = shape{1, 1, 1}

// shapes grow one role at a time, and then all. The shipped fleet has 12 instances, so that shards of 2 and 4 generators are of equal size.
var shapes = []shape{base, {2, 1, 1}, {1, 2, 1}, {1, 1, 2}, {2, 2, 2}, {4, 2, 2}, {4, 4, 4}}

// matrix is all that is measured: the shapes as they are shipped, and what compression costs.
func matrix() (plans []plan) {
	for _, unpaced := range []bool{false, true} {
		for _, s := range shapes {
			plans = append(plans, plan{s, load{Unpaced: unpaced, Compressed: true}})
		}
	}
	for _, s := range []shape{base, {2, 2, 2}} {
		plans = append(plans, plan{s, load{Unpaced: true}})
	}
	return plans
}
