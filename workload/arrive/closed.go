// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// Closed is a fixed number of users, each of whom thinks, sends a request, waits for its end, and so on. A slow service slows its users
// down: the load adapts, and the wait of requests that were never sent is not seen (coordinated omission).
type Closed struct {
	Users int
	Think program.Sampler
}

// MostUsers bounds the users of one instance.
const MostUsers = 100_000

// shortestThink is the least that a user thinks, whatever is drawn: virtual time must pass between two requests of one user.
const shortestThink = sim.Time(1000)

// Check implements Process.
func (c Closed) Check() error {
	if c.Users < 1 || c.Users > MostUsers {
		return fmt.Errorf("users: %d is not allowed; want 1 to %d", c.Users, MostUsers)
	}
	if err := dist.Check(c.Think); err != nil {
		return fmt.Errorf("think: %w", err)
	}
	return nil
}

// ThinkTime draws how long a user thinks, from the user's stream.
func (c Closed) ThinkTime(r *sim.Rand) sim.Time { return max(shortestThink, c.Think.Sample(r)) }

// PerSecond implements Process: what would arrive if requests took no time, which is the most that can arrive on average. The mean time
// to think is estimated from a thousand draws.
func (c Closed) PerSecond() float64 {
	const draws = 1000
	r := sim.Stream(0)
	sum := sim.Time(0)
	for range draws {
		sum += c.ThinkTime(&r)
	}
	return float64(c.Users) * draws / sum.Duration().Seconds()
}
