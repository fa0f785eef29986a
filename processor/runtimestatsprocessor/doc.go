// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package runtimestatsprocessor explains latency: it writes on every span where its time went (running, queued, waiting)
// and how slow that is for its operation. It cannot tell a simulated service from a real one; all it knows are the
// attributes that package semconv names.
//
// The package stands at the surface of the project. The Collector builds a processor of it for each pipeline that names
// runtime_stats, through [NewFactory]; beneath it are its own internal packages, package semconv for names and package
// internal/untrusted for what arrives. The connector of the same name makes metrics of the attributes that are written here.
//
// The processor is a thin shell. Each span passes through these steps, each in its own place:
//
//	span attributes ──► observation (observation.go)         one pass: which of our names does it carry, with which values?
//	observation     ──► internal/runtimes                    which runtime, where did the time go?
//	duration        ──► internal/latency                     how slow is that for the span's key?
//	times           ──► internal/findings (find.go)          what do they hint at, compared with those of the key?
//	span and times  ──► internal/instances (join_spans.go)  what did the metrics of the runtime say at that time?
//	all             ──► annotate (annotate.go)               one write, never over what is there unless told to
//
// In a pipeline of metrics it watches what passes for the metrics of runtimes (metrics.go) and keeps them per service instance
// (internal/instances). Pipelines of one processor id share them (join.go), so that spans can be seen in their light.
//
// What all spans of a resource share is worked out once per resource (resource.go), among it their part of the key (key.go). A
// ticker, started in Start and ended in Shutdown, moves the windows of internal/latency on once a second, and stores them once a
// minute (storage.go); storage_generation.go opens the place, and leaves one alone that ended the process before.
//
// The files stand in this order, and none calls one above it:
//
//	factory.go
//	processor.go              metrics.go
//	storage.go, find.go, join_spans.go
//	resource.go
//	key.go, children.go, join.go, annotate.go, telemetry.go, config*.go
//	observation.go, attributes.go, storage_generation.go
package runtimestatsprocessor
