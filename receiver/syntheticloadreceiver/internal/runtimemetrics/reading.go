// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// reading is the counters of a runtime and of its machine at a moment.
type reading struct {
	scheduler.Counters
	host.Stats
	searching []sim.Time // of each worker
}

// quantity is what a quantity is: of a worker, if each has its own. A worker that is not there yet has counted nothing.
func (r *reading) quantity(q semconv.Quantity, worker int) int64 {
	if !q.OfWorkers() {
		return r.ofRuntime(q)
	}
	if worker >= len(r.Workers) {
		return 0
	}
	w := &r.Workers[worker]
	switch q {
	case semconv.BusyTime:
		return int64(w.Busy)
	case semconv.ParkedTime:
		return int64(w.Parked)
	case semconv.SearchingTime:
		return int64(r.searching[worker])
	case semconv.Parks:
		return count(w.Parks)
	case semconv.Noops:
		return count(w.Noops)
	case semconv.Polls:
		return count(w.Polls)
	case semconv.Steals:
		return count(w.Steals)
	case semconv.StealOperations:
		return count(w.StealOperations)
	case semconv.LocalSchedules:
		return count(w.LocalSchedules)
	case semconv.Overflows:
		return count(w.Overflows)
	default: // LocalQueue
		return int64(w.LocalQueue)
	}
}

func (r *reading) ofRuntime(q semconv.Quantity) int64 {
	switch q {
	case semconv.SpawnedTasks:
		return count(r.Spawned)
	case semconv.RemoteSchedules:
		return count(r.RemoteSchedules)
	case semconv.ForcedYields:
		return count(r.ForcedYields)
	case semconv.CPUTime:
		return int64(r.Busy)
	case semconv.CPUWaitTime:
		return int64(r.CPUWait())
	case semconv.ThrottledTime:
		return int64(r.Throttled)
	case semconv.QuotaPeriods:
		return count(r.Periods)
	case semconv.ThrottledPeriods:
		return count(r.ThrottledPeriods)
	case semconv.Workers:
		return int64(len(r.Workers))
	case semconv.LiveTasks:
		return count(r.Spawned - r.Finished)
	case semconv.GlobalQueue:
		return int64(r.GlobalQueue)
	case semconv.BlockingQueue:
		return int64(r.BlockingQueue)
	case semconv.BlockingThreads:
		return int64(r.BlockingThreads)
	case semconv.BusyBlockingThreads:
		return int64(r.BlockingThreads - r.BlockingIdle)
	default: // IdleBlockingThreads
		return int64(r.BlockingIdle)
	}
}

func count(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
