// SPDX-License-Identifier: Apache-2.0

// Package workload says what services do: which runtime each runs on, when requests arrive at it, what a request does there, and how
// its spans look. It is plain data, to be written in Go or read from YAML; it does nothing by itself.
//
//	         spec: from YAML
//	              |
//	              v
//	Service -- Arrivals (arrive) -- Operations -- program.Program: steps, whose durations are drawn (dist)
//	   |                                |
//	   |                              Label: index into Spans, Events, Calls
//	   +--> play: on a runtime, in virtual time
//
// A fleet is a list of services that may call each other. [Check] says whether it can be played; who writes a fleet in Go calls it
// first. What package spec has read needs no check.
//
// A [Service] owns tables: Spans, Events and Calls. The steps of its programs point into them by their Label, so that a step is a few
// words, and a scheduler that knows nothing of spans hands the label back with all that happens. The label of a program is its span, or
// [Untraced].
//
// Times are nanoseconds of virtual time (sim.Time), rates are per second, sizes bytes. A service must not change once it is played; apart
// from that all of this may be read by any number of goroutines. Nothing blocks.
//
// Attributes of spans are the same in each span, or drawn for each ([Texts], [Integers]). What is drawn comes from the span's [Draws],
// which follow from the work of its request alone.
//
// The package stands above packages scheduler, semconv, arrive and dist; packages spec and play stand above it. The fields may still
// change, and fields are added: write literals with the names of the fields.
//
// What makes runs comparable: the times of arrivals come from one random stream per instance, and all that arrival n does
// from a stream derived from the seed, the instance and n alone. Neither depends on the runtime or on other requests, so
// two services with the same seed differ in nothing but what their runtimes make of the load. The one exception is a closed
// loop: when requests arrive depends there on when others end, and only the users' times to think are given. What is
// drawn for a span ([Draws]) follows from its work too, and changes nothing of it.
package workload
