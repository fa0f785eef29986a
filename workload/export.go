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
}

// The processors of opentelemetry-rust (opentelemetry-sdk/src/trace/span_processor.rs; OTEL_BSP_* in the specification).
var (
	batchExport = Export{
		MaxQueue: 2048, MaxBatch: 512, Delay: sim.Time(5 * time.Second), Duration: sim.Time(2 * time.Millisecond),
	}
	simpleExport = Export{Simple: true}

	exportKeys       = []string{"processor", "max_queue_size", "max_export_batch_size", "schedule_delay", "export_duration"}
	exportProcessors = []string{"batch", "simple"}
)

const mostQueued = 1_000_000

// parseExport reads a service's export; what it leaves out stays as it is.
func (s *Service) parseExport(v value) {
	t, ok := v.table(exportKeys)
	if !ok {
		return
	}
	if t.has("processor") {
		switch t.child("processor").choice(exportProcessors) {
		case 0:
			s.Export = batchExport
		case 1:
			s.Export = simpleExport
		}
	}
	if s.Export.Simple {
		for _, key := range exportKeys[1:] {
			if t.has(key) {
				t.child(key).fail("the simple processor has no such setting; want processor: batch with it")
			}
		}
		return
	}
	e := &s.Export
	if t.has("max_queue_size") {
		e.MaxQueue = t.child("max_queue_size").whole(mostQueued)
	}
	if t.has("max_export_batch_size") {
		e.MaxBatch = t.child("max_export_batch_size").whole(mostQueued)
	}
	if e.MaxBatch > e.MaxQueue {
		if t.has("max_export_batch_size") || !t.has("max_queue_size") {
			t.child("max_export_batch_size").refuse("at most max_queue_size")
		} else {
			e.MaxBatch = e.MaxQueue
		}
	}
	if t.has("schedule_delay") {
		e.Delay = t.child("schedule_delay").duration(sim.Time(time.Millisecond))
	}
	if t.has("export_duration") {
		e.Duration = t.child("export_duration").duration(0)
	}
}
