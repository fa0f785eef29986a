// SPDX-License-Identifier: Apache-2.0

package play

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Connections are what the requests of an instance come on, numbered from 0. Which one a request comes on follows from the seed and the
// request alone, whatever the runtime makes of it.
type Connections struct {
	choice workload.Choice
	shared bool
	seed   uint64
	alone  uint64 // calls so far, if each comes on a connection of its own
}

// ConnectionsOf are those of the arrivals that [Network.Play] plays, from the same seed.
func ConnectionsOf(s *workload.Service, fleetSeed uint64, instance int) Connections {
	return startConnections(s, seedOf(s, fleetSeed), numberOf(instance))
}

func startConnections(s *workload.Service, seed, instance uint64) Connections {
	stream := sim.Stream(seed, streamConnections, instance)
	return Connections{choice: s.Connections.Choice(), shared: s.Connections.Shared(), seed: stream.Uint64()}
}

// Number is the connection of the arrival of a number, from 0, in an open loop.
func (c *Connections) Number(n uint64) uint64 {
	if !c.shared {
		return n
	}
	return c.choice.Draw(sim.Stream(c.seed, n))
}

// ofCall is the connection of a request that another service sends, by the seed of its work.
func (c *Connections) ofCall(work uint64) uint64 {
	if !c.shared {
		c.alone++
		return c.alone - 1
	}
	return c.choice.Draw(sim.Stream(c.seed, work))
}
