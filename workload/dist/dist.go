// SPDX-License-Identifier: Apache-2.0

// Package dist has the distributions from which the durations of steps, of network hops and of pauses are drawn.
//
// Every type is a [program.Sampler]: Sample takes a task's random stream, and returns a duration in nanoseconds of virtual time, from 0 to
// [Longest]. The values are immutable, so any number of tasks may share one. A duration that never differs is a [program.Constant].
//
// Fields are plain numbers. Their bounds are constants of this package, and Check tells which of them a value exceeds: call it before
// a simulation relies on a value that came from elsewhere. Sample itself checks nothing, because it runs for every step.
//
// The package stands above scheduler/program, and knows nothing of YAML: package spec reads and writes the distributions, packages
// arrive and workload use them.
package dist

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Longest bounds every duration, written or drawn. A request that takes longer than an hour is a typing error; and virtual time, which
// is 292 years of nanoseconds, then never overflows.
const Longest = sim.Time(time.Hour)

// Bounds of the numbers that give a distribution its form.
const (
	HighestSigma = 10.0  // of Lognormal
	LowestIndex  = 0.1   // alpha of Pareto, shape of Weibull
	HighestIndex = 100.0 // likewise
)

// nanoseconds makes a duration of a number that was drawn.
func nanoseconds(x float64) sim.Time {
	if x >= float64(Longest) {
		return Longest
	}
	return sim.Time(math.Round(x))
}

// Uniform draws evenly from Low to High.
type Uniform struct{ Low, High sim.Time }

// Sample implements program.Sampler.
func (u Uniform) Sample(r *sim.Rand) sim.Time {
	return u.Low + nanoseconds(r.Float64()*float64(u.High-u.Low))
}

// Check tells what is out of bounds.
func (u Uniform) Check() error {
	if err := within("low", u.Low, 0, Longest); err != nil {
		return err
	}
	return within("high", u.High, u.Low, Longest)
}

// Exponential draws with the mean Mean and without memory: P(X > x) = exp(-x/Mean).
type Exponential struct{ Mean sim.Time }

// Sample implements program.Sampler.
func (e Exponential) Sample(r *sim.Rand) sim.Time { return nanoseconds(r.Exp() * float64(e.Mean)) }

// Check tells what is out of bounds.
func (e Exponential) Check() error { return within("mean", e.Mean, 0, Longest) }

// Lognormal draws Median * exp(Sigma * z), z standard normal. The mean is Median * exp(Sigma^2/2), and 16 % of the draws exceed
// Median * exp(Sigma).
type Lognormal struct {
	Median sim.Time
	Sigma  float64
}

// Sample implements program.Sampler.
func (l Lognormal) Sample(r *sim.Rand) sim.Time {
	return nanoseconds(float64(l.Median) * math.Exp(l.Sigma*r.Norm()))
}

// Check tells what is out of bounds.
func (l Lognormal) Check() error {
	if err := within("median", l.Median, 1, Longest); err != nil {
		return err
	}
	return within("sigma", l.Sigma, 0, HighestSigma)
}

// Hyperexponential draws from an exponential of mean Fast with probability P, else from one of mean Slow, as cache hits and misses take
// their time. The mean is P*Fast + (1-P)*Slow, and the spread is never less than that of one exponential.
type Hyperexponential struct {
	P          float64
	Fast, Slow sim.Time
}

// Sample implements program.Sampler.
func (h Hyperexponential) Sample(r *sim.Rand) sim.Time {
	if r.Float64() < h.P {
		return Exponential{h.Fast}.Sample(r)
	}
	return Exponential{h.Slow}.Sample(r)
}

// Check tells what is out of bounds.
func (h Hyperexponential) Check() error { return twoModes(h.P, h.Fast, h.Slow) }

// Bimodal is Fast with probability P, else Slow, and nothing between. The mean is P*Fast + (1-P)*Slow.
type Bimodal struct {
	P          float64
	Fast, Slow sim.Time
}

// Sample implements program.Sampler.
func (b Bimodal) Sample(r *sim.Rand) sim.Time {
	if r.Float64() < b.P {
		return b.Fast
	}
	return b.Slow
}

// Check tells what is out of bounds.
func (b Bimodal) Check() error { return twoModes(b.P, b.Fast, b.Slow) }

// Weibull draws Scale * E^(1/Shape), E exponential with mean 1: P(X > x) = exp(-(x/Scale)^Shape), and the mean is
// Scale * Gamma(1 + 1/Shape). A shape below 1 has a heavier tail than the exponential, which has shape 1; a shape above 1 has a lighter.
type Weibull struct {
	Scale sim.Time
	Shape float64
}

// Sample implements program.Sampler.
func (w Weibull) Sample(r *sim.Rand) sim.Time {
	return nanoseconds(float64(w.Scale) * math.Pow(r.Exp(), 1/w.Shape))
}

// Check tells what is out of bounds.
func (w Weibull) Check() error {
	if err := within("scale", w.Scale, 1, Longest); err != nil {
		return err
	}
	return within("shape", w.Shape, LowestIndex, HighestIndex)
}

// Check tells what is out of bounds in a distribution of this package, a constant, or any sampler with a method Check of its own. A
// sampler without one is trusted.
func Check(s program.Sampler) error {
	switch s := s.(type) {
	case nil:
		return errors.New("no distribution; want a duration")
	case program.Constant:
		return within("constant", sim.Time(s), 0, Longest)
	case interface{ Check() error }:
		return s.Check()
	}
	return nil
}

func twoModes(p float64, fast, slow sim.Time) error {
	if err := within("p", p, 0, 1); err != nil {
		return err
	}
	if err := within("fast", fast, 0, Longest); err != nil {
		return err
	}
	return within("slow", slow, 0, Longest)
}

// within tells that a number is not from least to most. NaN is not.
func within[T sim.Time | float64](name string, x, least, most T) error {
	if x >= least && x <= most {
		return nil
	}
	return fmt.Errorf("%s: %v is not allowed; want %v to %v", name, shown(x), shown(least), shown(most))
}

func shown(x any) any {
	if t, ok := x.(sim.Time); ok {
		return t.Duration()
	}
	return x
}
