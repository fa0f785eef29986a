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
package runtimestatsconnector
