// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// OTLP's buckets of a histogram in seconds end at powers of 2 of a second, those of package histogram at powers of 2 of its unit.
// Both are the same if that unit is 2^-30 s, 0.93 ns: then OTLP's index differs by 30 octaves.
const unitOctaves = 30

// mostBuckets is the default of OpenTelemetry's SDKs.
const mostBuckets = 160

// zeroThreshold in seconds: package histogram's underflow bucket ends at 2^10 units.
const zeroThreshold = 1.0 / (1 << (unitOctaves - 10))

// mostBinary is 2^32 s, beyond which units of 2^-30 s do not fit into 63 bits: 136 years.
const mostBinary = sim.Time(1<<32) * sim.Time(time.Second)

// binary is a duration in units of 2^-30 s, rounded up: buckets include their upper bound.
func binary(d sim.Time) int64 {
	const second = uint64(time.Second)
	n := uint64(min(max(0, d), mostBinary))
	if n < 1<<34 { // 17 s: a division by a constant
		return int64((n<<unitOctaves + second - 1) / second)
	}
	return int64((n/second)<<unitOctaves + (n%second<<unitOctaves+second-1)/second)
}

// duration is the spread of a duration of polls.
type duration struct {
	counts   histogram.Histogram
	sum      sim.Time
	min, max sim.Time // if there are any
}

func (d *duration) add(t sim.Time) {
	if d.counts.Count() == 0 {
		d.min, d.max = t, t
	}
	d.counts.Record(binary(t))
	d.sum += t
	d.min, d.max = min(d.min, t), max(d.max, t)
}

// durations of a process's polls.
type durations struct {
	poll, schedule duration
}

func (d *durations) add(p *scheduler.Poll) {
	d.poll.add(p.End - p.Start)
	d.schedule.add(p.Start - p.Queued)
}

// spread is a snapshot of a duration.
type spread struct {
	histogram.Exponential
	count         uint64
	sum, min, max sim.Time
}

func (d *durations) spread(q semconv.Quantity) spread {
	of := &d.poll
	if q == semconv.ScheduleDuration {
		of = &d.schedule
	}
	return spread{of.counts.Exponential(mostBuckets), of.counts.Count(), of.sum, of.min, of.max}
}

func (d *durations) reset() { *d = durations{} }
