// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// ClosedLoop is a fixed number of users, each of whom thinks, sends a request, waits for its end, and so on. A slow service
// slows its users down: the load adapts, and the wait of requests that were never sent is not seen (coordinated omission).
type ClosedLoop struct {
	Users int
	Think program.Sampler
}

const mostUsers = 100_000

// shortestThink is the least that a user thinks, whatever is drawn: virtual time must pass between two requests of one user.
const shortestThink = sim.Time(1000)

func parseClosed(t table) Arrivals {
	c := ClosedLoop{Think: program.Constant(0)}
	if users, ok := t.required("users", "a number of users"); ok {
		c.Users = users.whole(mostUsers)
	}
	if think, ok := t.required("think", "a duration or a distribution"); ok {
		c.Think = parseDistribution(think)
	}
	return c
}

// PerSecond implements Arrivals: what would arrive if requests took no time, the most that can on average. The mean time to
// think is estimated from a thousand draws.
func (c ClosedLoop) PerSecond() float64 {
	const draws = 1000
	r := sim.Stream(0)
	sum := sim.Time(0)
	for range draws {
		sum += max(shortestThink, c.Think.Sample(&r))
	}
	return float64(c.Users) * draws / sum.Duration().Seconds()
}

// loop is a closed loop that is being played. The times that a user thinks come from a stream of the user's own, so they do
// not depend on the order in which requests end.
type loop struct {
	think   program.Sampler
	users   []sim.Rand
	waiting map[uint64]uint64 // user that waits for a request, by its tag
}

func (c ClosedLoop) start(seed uint64, instance uint64) *loop {
	l := &loop{think: c.Think, users: make([]sim.Rand, c.Users), waiting: map[uint64]uint64{}}
	for u := range l.users {
		l.users[u] = sim.Stream(seed, streamThinking, instance, uint64(u))
	}
	return l
}

// thinks draws how long a user thinks.
func (l *loop) thinks(user uint64) sim.Time {
	return max(shortestThink, l.think.Sample(&l.users[user]))
}
