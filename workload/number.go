// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"errors"
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Number is a number that differs from draw to draw: what a metric of the service's own records.
type Number interface {
	// Draw is a number, of a stream.
	Draw(r *sim.Rand) float64
	// check tells parameters that make no sense.
	check() error
}

// HighestNumber bounds the parameters of numbers, either way.
const HighestNumber = 1e15

// The ways to draw a number.
type (
	// FixedNumber is the same each time.
	FixedNumber float64
	// UniformNumber is even from Min to Max.
	UniformNumber struct{ Min, Max float64 }
	// NormalNumber has the mean Mean and the standard deviation Deviation.
	NormalNumber struct{ Mean, Deviation float64 }
	// ExponentialNumber has the mean Mean, and no memory.
	ExponentialNumber struct{ Mean float64 }
	// LognormalNumber is Median * exp(Sigma * z), z standard normal.
	LognormalNumber struct{ Median, Sigma float64 }
)

// Draw implements Number.
func (n FixedNumber) Draw(*sim.Rand) float64 { return float64(n) }

// Draw implements Number.
func (n UniformNumber) Draw(r *sim.Rand) float64 { return n.Min + r.Float64()*(n.Max-n.Min) }

// Draw implements Number.
func (n NormalNumber) Draw(r *sim.Rand) float64 { return n.Mean + n.Deviation*r.Norm() }

// Draw implements Number.
func (n ExponentialNumber) Draw(r *sim.Rand) float64 { return n.Mean * r.Exp() }

// Draw implements Number.
func (n LognormalNumber) Draw(r *sim.Rand) float64 { return n.Median * math.Exp(n.Sigma*r.Norm()) }

var errNumber = errors.New("a number is out of bounds; want parameters of at most 1e15, and none that is negative but a mean, a least or a highest")

func numberWithin(ok bool, of ...float64) error {
	for _, x := range of {
		ok = ok && math.Abs(x) <= HighestNumber // NaN is not
	}
	if !ok {
		return errNumber
	}
	return nil
}

func (n FixedNumber) check() error       { return numberWithin(true, float64(n)) }
func (n UniformNumber) check() error     { return numberWithin(n.Min <= n.Max, n.Min, n.Max) }
func (n NormalNumber) check() error      { return numberWithin(n.Deviation >= 0, n.Mean, n.Deviation) }
func (n ExponentialNumber) check() error { return numberWithin(n.Mean >= 0, n.Mean) }
func (n LognormalNumber) check() error {
	return numberWithin(n.Median >= 0 && n.Sigma >= 0 && n.Sigma <= HighestSigma, n.Median)
}

// HighestSigma bounds the spread of a LognormalNumber.
const HighestSigma = 10
