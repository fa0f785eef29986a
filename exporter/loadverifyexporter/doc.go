// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package loadverifyexporter proves what became of every item that synthetic_load has stamped: it arrived, once, and with the identity,
// times, values and, where it is stamped, content it was sent with, or not. It stands at the far end of a pipeline, for all signals at once.
//
//	pdata --(read.go, internal/content)--> audit.Item --(internal/audit)--> audit.Report --> table, JSON file, metrics, component status
//
// Consuming goroutines read a batch's stamps and compute its checksums without a lock, and hold it for the audit alone
// (ledger.go). One goroutine (report.go) wakes at each interval, takes a report and publishes it: that is also when state is saved.
//
// The package stands at the surface of the project, at the other end of a pipeline than the synthetic_load receiver; the two share
// nothing but package internal/stamp. The Collector makes one verifier for all signals of an exporter id, through [NewFactory].
// The commands of the project read the JSON report, not this package.
//
// The files stand in this order, and none calls one above it:
//
//	factory.go
//	exporter.go
//	report.go, read.go, evidence.go
//	stateserver.go, subject.go, ledger.go, telemetry.go, table.go, store.go, origin.go, reportfile.go, config.go, stateconfig.go, clock_linux.go
package loadverifyexporter
