// SPDX-License-Identifier: Apache-2.0

package live

import (
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// PartCount is the number of parts that the time of a span has.
const PartCount = 6

// The parts of a span's time, in the order in which they are drawn.
const (
	Running   = iota // polled, and on a CPU as far as anybody knows
	CPUWait          // polled, but without a CPU
	QueueWait        // runnable, without a worker
	HeldUp           // idle because others' long polls had the workers
	Waiting          // for I/O, timers, locks, other tasks
	Unknown          // nobody measured it
)

// Parts says where the time of spans went, in ns. The parts add up to the duration: what is not known is a part as well.
type Parts [PartCount]float64

// heldUp is the finding that long polls of others kept a span from going on.
var heldUp = aggregate.FindingNamed(semconv.FindingHeldUp)

// split says where the time of a span went. A value that exceeds what is left of the duration is cut to it. usual is what spans of the operation
// take: of a held-up span whose queue wait nobody measured, the time beyond that counts as held up, if it was idle.
func split(s *aggregate.Span, usual int64) Parts {
	var parts Parts
	left := float64(s.Latency.Number)
	take := func(part int, ns float64) {
		if ns > 0 { // NaN is not
			parts[part] = min(ns, left)
			left -= parts[part]
		}
	}
	polled := 0.0
	if isShare(s.BusyRatio) {
		polled = s.BusyRatio.Number * float64(s.Latency.Number)
		if isShare(s.CPUWait) {
			take(CPUWait, polled*s.CPUWait.Number)
		}
		take(Running, polled-parts[CPUWait])
	}
	held := s.Findings&heldUp != 0
	switch {
	case s.QueueWait.Known && held:
		take(HeldUp, float64(s.QueueWait.Number))
	case s.QueueWait.Known:
		take(QueueWait, float64(s.QueueWait.Number))
	case held && isShare(s.BusyRatio):
		take(HeldUp, float64(s.Latency.Number-usual))
	}
	if s.IOWait.Known {
		take(Waiting, float64(s.IOWait.Number))
	}
	parts[Unknown] = left
	return parts
}

func isShare(v aggregate.Value[float64]) bool { return v.Known && v.Number >= 0 && v.Number <= 1 }
