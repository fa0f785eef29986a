// SPDX-License-Identifier: Apache-2.0

package play

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Requests are what the arrivals at an instance ask for, whatever the runtime makes of them.
type Requests struct {
	seed       uint64    // of the requests' streams
	cumulative []float64 // weights of the operations, summed
}

// RequestsOf are the requests that [Network.Play] lets arrive, from the same seed.
func RequestsOf(s *workload.Service, fleetSeed uint64, instance int) Requests {
	return startRequests(s, seedOf(s, fleetSeed), numberOf(instance))
}

func startRequests(s *workload.Service, seed, instance uint64) Requests {
	stream := sim.Stream(seed, streamRequests, instance)
	r := Requests{seed: stream.Uint64(), cumulative: make([]float64, len(s.Operations))}
	sum := 0.0
	for i, o := range s.Operations {
		sum += o.Weight
		r.cumulative[i] = sum
	}
	return r
}

// Number is what the arrival of a number, from 0, asks for: an operation by weight, and the stream that its durations are drawn from.
// The operation takes one draw always, so that the work does not depend on how many there are.
func (r *Requests) Number(n uint64) (operation int, work sim.Rand) {
	work = sim.Stream(r.seed, n)
	last := len(r.cumulative) - 1
	u := work.Float64() * r.cumulative[last]
	for i := range last {
		if u < r.cumulative[i] {
			return i, work
		}
	}
	return last, work
}
