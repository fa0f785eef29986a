// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
//go:generate go test . -run TestSchemaIsFresh -update

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
package syntheticloadreceiver
