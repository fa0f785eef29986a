// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Poisson arrivals come independently of each other: the gaps, the first one included, are exponential with mean 1/Rate.
type Poisson struct {
	Rate float64 // per second
}

// Check implements Process.
func (p Poisson) Check() error { return checkRate(p.Rate) }

// Start implements Open.
func (p Poisson) Start(r sim.Rand) Sequence { return &poisson{mean: 1e9 / p.Rate, gaps: r} }

// PerSecond implements Process: the rate.
func (p Poisson) PerSecond() float64 { return p.Rate }

type poisson struct {
	instant

	mean float64 // ns
	gaps sim.Rand
}

// Next implements Sequence.
func (p *poisson) Next() sim.Time { return p.advance(p.gaps.Exp() * p.mean) }

// Constant arrivals come every 1/Rate seconds, the first one after that time. Arrival k is computed as k/Rate, rounded to
// the nanosecond: rounding does not add up.
type Constant struct {
	Rate float64 // per second
}

// Check implements Process.
func (c Constant) Check() error { return checkRate(c.Rate) }

// Start implements Open. The instances of a service arrive in step.
func (c Constant) Start(sim.Rand) Sequence { return &constant{rate: c.Rate} }

// PerSecond implements Process: the rate.
func (c Constant) PerSecond() float64 { return c.Rate }

type constant struct {
	rate float64
	k    float64 // exact to 2^53 arrivals
}

// Next implements Sequence.
func (c *constant) Next() sim.Time {
	c.k++
	at := math.Round(c.k * 1e9 / c.rate)
	if !before(0, at) {
		return sim.Never
	}
	return sim.Time(at)
}
