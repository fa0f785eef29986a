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

func (s shape) String() string {
	return fmt.Sprintf("%d x %d x %d", s[generator], s[gateway], s[verifier])
}

// load is what the generators play.
type load struct {
	Unpaced    bool // as fast as the chain takes it; otherwise at a rate that all shapes can take
	Compressed bool // on both ways, with gzip, as it is shipped
	// Short: slices of a millisecond, as a fleet of 8 M spans a second or more has. Then a request has one export of one service, and no more.
	Short bool
	// Queued generators do not wait for the answer to a request before they make the next one, as those of a load test.
	Queued bool
}

func (l load) String() string {
	text := "fixed rate"
	if l.Unpaced {
		text = "full speed"
	}
	if !l.Compressed {
		text += ", uncompressed"
	}
	if l.Short {
		text += ", short slices"
	}
	if l.Queued {
		text += ", queued"
	}
	return text
}

// shipped is the load that sizes are reckoned with.
var shipped = load{Unpaced: true, Compressed: true}

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

// matrix is all that is measured: the shapes as they are shipped, and what compression, slices and waiting cost.
func matrix() (plans []plan) {
	for _, l := range []load{{Compressed: true}, shipped} {
		for _, s := range shapes {
			plans = append(plans, plan{s, l})
		}
	}
	uncompressed, short, queued := shipped, shipped, shipped
	uncompressed.Compressed = false
	short.Short = true
	queued.Short, queued.Queued = true, true
	cheapest := queued
	cheapest.Compressed = false
	for _, l := range []load{uncompressed, short, queued, cheapest} {
		for _, s := range []shape{base, {2, 2, 2}} {
			plans = append(plans, plan{s, l})
		}
	}
	return plans
}
