// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Export is what the service's OpenTelemetry SDK does with a span or log record that has ended.
type Export struct {
	// Simple: it is exported at once and by itself, with the SDK's simple processor. Otherwise by the batch processor:
	Simple bool
	// MaxQueue bounds what waits to be exported; what ends while that many wait is dropped.
	MaxQueue int
	// MaxBatch is the most that one export carries. As soon as that many wait, they are exported.
	MaxBatch int
	// Delay is how long fewer wait.
	Delay sim.Time
	// Duration of an export. One is under way at a time.
	Duration sim.Time
	// Late are the exports that arrive late, with either processor and of metrics, too; nil: none.
	Late *Late
}

// BatchExport is what the batch processor of opentelemetry-rust does by default (opentelemetry-sdk/src/trace/span_processor.rs; OTEL_BSP_*
// in the specification), with 2 ms for an export.
func BatchExport() Export {
	return Export{MaxQueue: 2048, MaxBatch: 512, Delay: sim.Time(5 * time.Second), Duration: sim.Time(2 * time.Millisecond)}
}

// SimpleExport is what the simple processor of opentelemetry-rust does.
func SimpleExport() Export { return Export{Simple: true} }

// Bounds of an [Export].
const (
	MostQueued    = 1_000_000
	ShortestDelay = sim.Time(time.Millisecond)
)
