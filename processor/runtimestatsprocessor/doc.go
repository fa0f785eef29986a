// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package runtimestatsprocessor explains latency: it writes on every span where its time went (running, queued, waiting)
// and how slow that is for its operation. It cannot tell a simulated service from a real one; all it knows are the
// attributes that package semconv names.
//
// The processor is a thin shell. Each span passes through these steps, each in its own place:
//
//	span attributes ──► observation (observation.go)    one pass: which of our names does it carry, with which values?
//	observation     ──► internal/runtimes               which runtime, where did the time go?
//	duration        ──► internal/latency                how slow is that for the span's key?
//	times           ──► internal/findings (find.go)     what do they hint at, compared with those of the key?
//	all             ──► annotate (annotate.go)          one write, never over what is there unless told to
//
// In a pipeline of metrics it watches what passes for the metrics of runtimes (metrics.go) and keeps them per service instance
// (internal/instances). Pipelines of one processor id share them (join.go), so that spans can be seen in their light.
//
// What all spans of a resource share is worked out once per resource (resource.go). A ticker, started in Start and ended in
// Shutdown, moves the windows of internal/latency on once a second, and stores them once a minute (storage.go).
package runtimestatsprocessor
