// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Pareto draws at least low, with a tail that falls as a power: P(X > x) = (low/x)^alpha, cut off at high. With the cut the share of
// draws up to x is (1 - (low/x)^alpha) / inside, where inside = 1 - (low/high)^alpha. The mean, which the tail beyond high would make
// infinite for alpha <= 1, is therefore always finite:
//
//	low^alpha * alpha/(alpha-1) * (low^(1-alpha) - high^(1-alpha)) / inside        (alpha other than 1)
//
// [NewPareto] makes one, because inside is computed once and not for each draw.
type Pareto struct {
	low, high sim.Time
	alpha     float64
	inside    float64
}

// NewPareto makes the distribution from low, at least 1 ns, to high. [Longest] as high leaves the tail as long as a duration can be.
func NewPareto(low, high sim.Time, alpha float64) Pareto {
	return Pareto{low, high, alpha, 1 - math.Pow(float64(low)/float64(high), alpha)}
}

// Parameters are what the distribution was made of.
func (p Pareto) Parameters() (low, high sim.Time, alpha float64) { return p.low, p.high, p.alpha }

// Sample implements program.Sampler.
func (p Pareto) Sample(r *sim.Rand) sim.Time {
	x := float64(p.low) * math.Pow(1-r.Float64()*p.inside, -1/p.alpha)
	return min(nanoseconds(x), p.high) // rounding errors do not exceed the cut
}

// Check tells what is out of bounds. The zero value is: NewPareto makes a distribution.
func (p Pareto) Check() error {
	if err := within("low", p.low, 1, Longest); err != nil {
		return err
	}
	if err := within("high", p.high, p.low, Longest); err != nil {
		return err
	}
	return within("alpha", p.alpha, LowestIndex, HighestIndex)
}
