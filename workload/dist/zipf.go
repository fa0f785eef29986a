// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Zipf draws numbers from 1 to count, n with a probability proportional to h(n) = n^-exponent, by rejection-inversion
// (Hörmann, Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", 1996): a point
// under the curve h is drawn by inverting its integral H, and the number next to it is taken unless the point lies above
// that number's bar. It needs no table, and seldom a second try: in 1.5 % of the draws at most.
//
// [NewZipf] makes one, because what depends on the parameters alone is computed once and not for each draw.
type Zipf struct {
	count, exponent float64
	low, high       float64 // H(1.5) - h(1) and H(count + 0.5): where points are drawn
	sure            float64 // a number that is no further than this above its point is taken in any case
}

// NewZipf makes the distribution of the numbers from 1 to count, at least 1; the exponent is more than 0.
func NewZipf(count int, exponent float64) Zipf {
	z := Zipf{count: float64(count), exponent: exponent}
	z.low = z.integral(1.5) - 1
	z.high = z.integral(z.count + 0.5)
	z.sure = 2 - z.inverse(z.integral(2.5)-z.density(2))
	return z
}

// Exponent is what the distribution was made of.
func (z *Zipf) Exponent() float64 { return z.exponent }

// Sample draws a number.
func (z *Zipf) Sample(r *sim.Rand) int {
	for {
		u := z.high + r.Float64()*(z.low-z.high)
		x := z.inverse(u)
		n := min(max(math.Floor(x+0.5), 1), z.count)
		if n-x <= z.sure || u >= z.integral(n+0.5)-z.density(n) {
			return int(n)
		}
	}
}

func (z *Zipf) density(x float64) float64 { return math.Exp(-z.exponent * math.Log(x)) }

// integral is H(x) = (x^(1-exponent) - 1) / (1-exponent), and log(x) for the exponent 1.
func (z *Zipf) integral(x float64) float64 {
	log := math.Log(x)
	e := (1 - z.exponent) * log
	if math.Abs(e) < 1e-8 {
		return log * (1 + e/2)
	}
	return log * math.Expm1(e) / e
}

// inverse is the x of H(x) = u: (1 + (1-exponent) u)^(1 / (1-exponent)).
func (z *Zipf) inverse(u float64) float64 {
	e := max((1-z.exponent)*u, -1) // rounding errors do not pass infinity
	if math.Abs(e) < 1e-8 {
		return math.Exp(u * (1 - e/2))
	}
	return math.Exp(u * math.Log1p(e) / e)
}
