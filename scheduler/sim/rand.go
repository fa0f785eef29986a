// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"math/bits"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
)

// Rand is a random stream of 8 bytes (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014), small enough to give every task its own. Streams made by [Stream] from different labels are independent, so
// what one task draws never depends on which other tasks ran before it: that is what makes runs of different runtimes
// comparable, arrival by arrival.
type Rand uint64

const (
	goldenGamma = 0x9e3779b97f4a7c15
	seedMark    = 0xd1b54a32d192ed03
)

// Stream derives the stream of a seed and labels (for instance service, instance, arrival number).
func Stream(seed uint64, labels ...uint64) Rand {
	r := Rand(mix(seed ^ seedMark)) // a seed and a label of the same value must not cancel each other
	h := r.Uint64()
	for _, l := range labels {
		r = Rand(h ^ mix(l+goldenGamma))
		h = r.Uint64()
	}
	return Rand(h)
}

func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// Uint64 draws 64 uniform bits.
func (r *Rand) Uint64() uint64 {
	*r += goldenGamma
	return mix(uint64(*r))
}

// Float64 draws from [0, 1).
func (r *Rand) Float64() float64 {
	return float64(r.Uint64()>>11) / (1 << 53)
}

// IntN draws from [0, n); n must be positive. The bias is below n/2^64.
func (r *Rand) IntN(n int) int {
	hi, _ := bits.Mul64(r.Uint64(), narrow.Uint64(n))
	return narrow.Int(hi) // below n
}

// Exp draws from the exponential distribution with mean 1.
func (r *Rand) Exp() float64 {
	return -math.Log(1 - r.Float64())
}

// Norm draws from the standard normal distribution (Box-Muller, one of the two values: streams must not keep state).
func (r *Rand) Norm() float64 {
	radius := math.Sqrt(2 * r.Exp())
	return radius * math.Cos(2*math.Pi*r.Float64())
}
