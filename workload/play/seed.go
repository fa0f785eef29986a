// SPDX-License-Identifier: Apache-2.0

package play

import (
	"hash/fnv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// What makes runs comparable: the times of arrivals come from one random stream per instance, and all that arrival n does from a stream
// derived from the seed, the instance and n alone.

// Labels of the random streams that are derived from a service's seed.
const (
	streamArrivals    uint64 = iota + 1 // instance: gaps between arrivals
	streamRequests                      // instance, arrival: operation and work
	streamRuntime                       // instance: the runtime's own choices, such as whom to steal from
	streamThinking                      // instance, user: times to think
	streamConnections                   // instance, arrival or work: connection
	streamQuota                         // instance: when the periods of its quota begin
)

// seedOf is the seed of the service's streams. The FNV hash keeps services apart that share the fleet's seed.
func seedOf(s *workload.Service, fleetSeed uint64) uint64 {
	if s.Seed != nil {
		return *s.Seed
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.FullName())) // never fails
	r := sim.Stream(fleetSeed, h.Sum64())
	return r.Uint64()
}

// numberOf is the number of an instance in the labels of its streams. Instances count from 0.
func numberOf(instance int) uint64 {
	if instance < 0 {
		panic("play: the number of an instance is negative; instances count from 0")
	}
	return uint64(instance)
}

func startArrivals(a arrive.Open, seed, instance uint64) arrive.Sequence {
	return a.Start(sim.Stream(seed, streamArrivals, instance))
}

// Schedule is when requests are to arrive at an instance, whatever becomes of them: the times that [Network.Play] keeps to, from the same
// seed. It is nil for a closed loop and for a service that only others call, which have no schedule.
func Schedule(s *workload.Service, fleetSeed uint64, instance int) arrive.Sequence {
	if a, open := s.Arrivals.(arrive.Open); open {
		return startArrivals(a, seedOf(s, fleetSeed), numberOf(instance))
	}
	return nil
}

// loop is a closed loop that is being played. The times that a user thinks come from a stream of the user's own, so they do not depend on
// the order in which requests end.
type loop struct {
	arrive.Closed

	users   []sim.Rand
	waiting map[uint64]uint64 // user that waits for a request, by its tag
}

func newLoop(c arrive.Closed, seed, instance uint64) *loop {
	l := &loop{Closed: c, users: make([]sim.Rand, c.Users), waiting: map[uint64]uint64{}}
	for u := range l.users {
		l.users[u] = sim.Stream(seed, streamThinking, instance, uint64(u))
	}
	return l
}

// thinks draws how long a user thinks.
func (l *loop) thinks(user uint64) sim.Time { return l.ThinkTime(&l.users[user]) }
