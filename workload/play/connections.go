// SPDX-License-Identifier: Apache-2.0

package play

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// Connections are what the requests of an instance come on, numbered from 0. Which one a request comes on follows from the seed and the
// request alone, whatever the runtime makes of it.
type Connections struct {
	of    workload.Connections
	seed  uint64
	ranks dist.Zipf // of uneven clients
	alone uint64    // calls so far, if each comes on a connection of its own
}

// ConnectionsOf are those of the arrivals that [Network.Play] plays, from the same seed.
func ConnectionsOf(s *workload.Service, fleetSeed uint64, instance int) Connections {
	return startConnections(s, seedOf(s, fleetSeed), numberOf(instance))
}

func startConnections(s *workload.Service, seed, instance uint64) Connections {
	stream := sim.Stream(seed, streamConnections, instance)
	c := Connections{of: s.Connections, seed: stream.Uint64()}
	if c.of.Exponent > 0 {
		c.ranks = dist.NewZipf(c.of.Count, c.of.Exponent)
	}
	return c
}

// shared reports whether several requests come on one connection.
func (c *Connections) shared() bool { return c.of.Count > 0 }

// Number is the connection of the arrival of a number, from 0, in an open loop.
func (c *Connections) Number(n uint64) uint64 {
	if !c.shared() {
		return n
	}
	return c.draw(sim.Stream(c.seed, n))
}

// ofCall is the connection of a request that another service sends, by the seed of its work.
func (c *Connections) ofCall(work uint64) uint64 {
	if !c.shared() {
		c.alone++
		return c.alone - 1
	}
	return c.draw(sim.Stream(c.seed, work))
}

func (c *Connections) draw(r sim.Rand) uint64 {
	if c.of.Exponent > 0 {
		return uint64(max(0, c.ranks.Sample(&r)-1))
	}
	return uint64(max(0, r.IntN(c.of.Count)))
}
