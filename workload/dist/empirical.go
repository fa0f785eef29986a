// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Empirical has the percentiles that somebody measured. Between two of them the logarithm of the duration is linear in the percentile:
// for p between a and b, which have the durations x and y,
//
//	quantile(p) = x * (y/x)^((p-a)/(b-a))
//
// so that the density falls as 1/duration there. Beyond the outermost the duration is theirs: without p0 and p100 the distribution ends
// at the least and the highest that are given. The mean is the sum over the pieces of (b-a)/100 * (y-x)/log(y/x), and what is beyond.
//
// [NewEmpirical] makes one, because the logarithms are computed once and not for each draw.
type Empirical struct {
	points []Percentile
	logs   []float64 // of the durations in ns
}

// Percentile is a point of a distribution: Percent of the durations, from 0 to 100, are at most Duration.
type Percentile struct {
	Percent  float64
	Duration sim.Time
}

// FewestPercentiles make an empirical distribution.
const FewestPercentiles = 2

// NewEmpirical makes the distribution of two or more percentiles, in any order. Both sides of the points must increase.
func NewEmpirical(points ...Percentile) (Empirical, error) {
	e := Empirical{points: slices.Clone(points)}
	slices.SortStableFunc(e.points, func(a, b Percentile) int { return cmp.Compare(a.Percent, b.Percent) })
	for _, p := range e.points {
		e.logs = append(e.logs, math.Log(float64(max(p.Duration, 1))))
	}
	return e, e.Check()
}

// Percentiles are the points, by increasing percentage.
func (e Empirical) Percentiles() []Percentile { return slices.Clone(e.points) }

// Check tells what is out of bounds. The zero value is: NewEmpirical makes a distribution.
func (e Empirical) Check() error {
	if len(e.points) < FewestPercentiles {
		return fmt.Errorf("%d percentiles; want %d or more", len(e.points), FewestPercentiles)
	}
	for i, p := range e.points {
		if err := within("percent", p.Percent, 0, 100); err != nil {
			return err
		}
		name := fmt.Sprintf("p%v", p.Percent)
		if err := within(name, p.Duration, 1, Longest); err != nil {
			return err
		}
		if i > 0 && (p.Percent == e.points[i-1].Percent || p.Duration <= e.points[i-1].Duration) {
			return fmt.Errorf("%s: %v is not allowed; want each percentile once, and longer than the one before", name, p.Duration.Duration())
		}
	}
	return nil
}

// Sample implements program.Sampler.
func (e Empirical) Sample(r *sim.Rand) sim.Time { return e.Quantile(100 * r.Float64()) }

// Quantile is the duration that a share of percent/100 of the draws does not exceed.
func (e Empirical) Quantile(percent float64) sim.Time {
	after, _ := slices.BinarySearchFunc(e.points, percent, func(p Percentile, percent float64) int {
		return cmp.Compare(p.Percent, percent)
	})
	var log float64
	switch after {
	case 0:
		log = e.logs[0]
	case len(e.points):
		log = e.logs[after-1]
	default:
		a, b := e.points[after-1].Percent, e.points[after].Percent
		log = e.logs[after-1] + (e.logs[after]-e.logs[after-1])*(percent-a)/(b-a)
	}
	return nanoseconds(math.Exp(log))
}
