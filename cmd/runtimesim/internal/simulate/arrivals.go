package simulate

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// firstArrivals are the first n arrivals of a process. One instance can be started on it.
type firstArrivals struct {
	workload.Arrivals

	n        uint64
	sequence workload.Sequence
	last     sim.Time // the latest arrival handed out
	ended    bool     // all arrivals have been handed out, and the latest has arrived
}

// Start implements workload.Arrivals.
func (f *firstArrivals) Start(r sim.Rand) workload.Sequence {
	f.sequence = f.Arrivals.Start(r)
	return f
}

// Next implements workload.Sequence. It is asked for an arrival when the one before arrives.
func (f *firstArrivals) Next() sim.Time {
	if f.n == 0 {
		f.ended = true
		return sim.Never
	}
	f.n--
	at := f.sequence.Next()
	if at == sim.Never {
		f.n, f.ended = 0, true
		return at
	}
	f.last = at
	return at
}
