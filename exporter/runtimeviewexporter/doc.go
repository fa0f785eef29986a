// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package runtimeviewexporter aggregates the spans that reach the far end of a pipeline, and prints a table to stdout every interval and
// once more at shutdown: the async runtimes side by side, one column for each, or a row for each operation of each service.
//
// Each part has a file or package of its own:
//
//	pdata span --(span.go)--> aggregate.Span --(internal/aggregate)--> aggregate.Snapshot --(table.go, operations.go)--> text
//	                                         --(internal/live)-------> live.View ---------(internal/page)------------> a page for a browser
//
// Consuming goroutines count under one lock, a batch at a time; a single reporting goroutine (exporter.go) takes a
// snapshot at each tick and writes it without holding the lock, so that a slow terminal does not slow the pipeline.
// Everything is read from the received spans, which are not trusted: the state is bounded, a value of the wrong
// type or out of range is counted and left out, and of a name only what a terminal may show is printed.
//
// The package stands at the surface of the project, at the end of what the runtime_stats processor has written. The Collector
// makes an exporter of it for each pipeline of spans that names runtime_view, through [NewFactory]. Beneath it are its own
// internal/aggregate, internal/live and internal/page, package semconv for names, and internal/operation, untrusted, format and stdout of the project.
package runtimeviewexporter
