// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package runtimestatsconnector turns spans into metrics: for each operation exponential histograms of how long its spans
// took, how long their tasks were running, and how long these waited for a worker.
//
//	spans ──► series.go     per key up to three histograms, in the buckets of package histogram
//	tick  ──► metrics.go    all series as cumulative OTLP exponential histograms of scale 6, without loss
//
// The histograms count from when their key was first seen, as OpenTelemetry's cumulative temporality wants it; they do not fade
// as the windows of the runtime_stats processor do. Both use the same buckets.
//
// The package stands at the surface of the project. The Collector makes a connector of it for each pipeline of spans that ends
// in runtime_stats, through [NewFactory]. Beneath it are package histogram, the names of package semconv, and package untrusted for
// what arrives. It imports nothing of the processor: attributes alone tie the two, those that the processor writes or, where none
// stands before, those of the tracing layer.
package runtimestatsconnector
