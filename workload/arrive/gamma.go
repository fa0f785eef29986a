// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Gamma arrivals come in gaps of mean 1/Rate, the first one included, that are gamma-distributed: independent of each other,
// with a standard deviation of 1/sqrt(Shape) means. Shape 1 is [Poisson]; below 1 requests come in bursts, above 1 more evenly.
// The load generator of vLLM calls the shape burstiness.
type Gamma struct {
	Rate  float64 // per second
	Shape float64
}

// Bounds of the shape of [Gamma]. At the lower one the standard deviation of a gap is ten times its mean.
const (
	LowestShape  = 0.01
	HighestShape = 1000
)

// Check implements Process.
func (g Gamma) Check() error {
	if err := checkRate(g.Rate); err != nil {
		return err
	}
	return checkNumber("shape", g.Shape, LowestShape, HighestShape)
}

// PerSecond implements Process: the rate.
func (g Gamma) PerSecond() float64 { return g.Rate }

// Start implements Open.
func (g Gamma) Start(r sim.Rand) Sequence {
	return &gamma{sampler: newGammaSampler(g.Shape), scale: 1e9 / (g.Rate * g.Shape), gaps: r}
}

type gamma struct {
	instant

	sampler gammaSampler
	scale   float64 // ns; the mean gap is shape * scale
	gaps    sim.Rand
}

// Next implements Sequence.
func (g *gamma) Next() sim.Time { return g.advance(g.sampler.draw(&g.gaps) * g.scale) }

// gammaSampler draws from the gamma distribution of a shape and scale 1, by rejection (Marsaglia and Tsang, "A simple method
// for generating gamma variables", ACM TOMS 26, 2000). It draws for shapes of at least 1; of a smaller one a draw is that of
// shape + 1 times U^(1/shape), U uniform.
type gammaSampler struct {
	d, c  float64
	power float64 // 1/shape for shapes below 1, else 0
}

func newGammaSampler(shape float64) gammaSampler {
	var g gammaSampler
	if shape < 1 {
		g.power = 1 / shape
		shape++
	}
	g.d = shape - 1.0/3
	g.c = 1 / math.Sqrt(9*g.d)
	return g
}

func (g *gammaSampler) draw(r *sim.Rand) float64 {
	boost := 1.0
	if g.power != 0 {
		boost = math.Pow(r.Float64(), g.power)
	}
	for {
		x := r.Norm()
		v := 1 + g.c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := r.Float64()
		// The first condition implies the second one and spares the logarithms of nearly all draws.
		if u < 1-0.0331*x*x*x*x || math.Log(u) < x*x/2+g.d*(1-v+math.Log(v)) {
			return boost * g.d * v
		}
	}
}
