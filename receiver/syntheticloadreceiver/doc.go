// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
//go:generate go test . -run "TestSchemaIsFresh|TestOddDocs" -update

// Package syntheticloadreceiver plays a fleet of Rust services on models of their async runtimes and emits the spans that
// such services would send.
//
//	config --spec.Decode--> services --fleet.New--> fleet (virtual time) --spans--> next consumer
//	                                                     ^ paced by this package: wall clock, back-pressure, shutdown
//
// The fleet is a simulation: what it emits is a function of the configuration and the seed alone. This package decides
// only when the next slice of virtual time is played and what becomes of a batch that the pipeline refuses. Arrivals never
// wait for the pipeline: if it pushes back, spans come late, with the times they were scheduled for, and the lateness is
// measured.
//
// The files, from the top down; none refers to one that stands above it: factory makes one receiver for all signals; receiver starts, paces
// and stops the run; deliver hands requests to the pipelines; sink is the pipeline of one signal; services reads what the configuration says
// of the fleet; config is the configuration, classes and odd parts of it.
//
// The package stands above packages fleet, runtimemetrics and spec. The Collector's distribution, the command otlpload, and
// tests of whole pipelines use it, by its factory and its [Config].
package syntheticloadreceiver
