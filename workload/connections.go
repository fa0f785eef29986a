// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// Connections are those of the clients of an instance. They stay open, and a request comes on any of them, whatever becomes of those before:
// clients multiplex, as with HTTP/2. Where a connection is pinned to a thread, as with the flavor tokio_per_core, so are its requests;
// elsewhere it makes no difference.
type Connections struct {
	// Count of them; 0: each request comes on one of its own, but those of a user of a closed loop share the user's.
	Count int
	// Exponent says how uneven the clients are: connection n, from 1, carries a share of the requests that is proportional to n^-Exponent.
	// 0: all carry as many.
	Exponent float64
}

// MostConnections bounds the connections of an instance.
const MostConnections = 1_000_000

// Check tells what cannot be played.
func (c *Connections) Check() error {
	switch {
	case c.Count < 0 || c.Count > MostConnections:
		return fmt.Errorf("connections: count %d; want 1 to %d, or 0 for one of its own for each request", c.Count, MostConnections)
	case !(c.Exponent >= 0 && c.Exponent <= HighestExponent): // NaN is neither
		return fmt.Errorf("connections: exponent %v; want 0 to %v", c.Exponent, HighestExponent)
	case c.Count == 0 && c.Exponent != 0:
		return fmt.Errorf("connections: exponent %v without a count; want one", c.Exponent)
	}
	return nil
}

// Shared reports whether several requests come on one connection.
func (c *Connections) Shared() bool { return c.Count > 0 }

// Choice draws the connections of requests. What depends on the clients alone is computed once.
type Choice struct {
	of    Connections
	ranks dist.Zipf // of uneven clients
}

// Choice is that of connections which are shared.
func (c *Connections) Choice() Choice {
	if c.Exponent > 0 {
		return Choice{*c, dist.NewZipf(c.Count, c.Exponent)}
	}
	return Choice{of: *c}
}

// Draw is the connection of a request, from 0, by a stream of the request's own.
func (c *Choice) Draw(r sim.Rand) uint64 {
	if c.of.Exponent > 0 {
		return uint64(max(0, c.ranks.Sample(&r)-1))
	}
	return uint64(max(0, r.IntN(c.of.Count)))
}
