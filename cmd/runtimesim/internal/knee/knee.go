// SPDX-License-Identifier: Apache-2.0

// Package knee looks for the highest rate of arrivals at which a service still meets a service level objective.
//
//	from, from*step, from*step^2, ...   until a rate misses the SLO (or, if the first one does, downwards until one meets it,
//	                                    or requests do not meet each other any more)
//	then bisection between the last that met it and the first that missed it, until they are precision apart
//
// Each rate is played several times with different seeds. It meets the SLO if the mean over these replications of the
// limited statistic does and no request was turned away; the mean comes with a confidence interval. A run lasts at least a hundred times the limit in virtual
// time, so that even an overload of a few percent, whose queue grows slowly, exceeds the limit before the run ends.
package knee

import (
	"context"
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
)

// Search says how to look for the knee.
type Search struct {
	SLO SLO
	// From is the first rate, Step the factor between rates until the knee is bracketed, more than 1.
	From, Step float64
	// Precision is how close the bracket gets: 0.02 means that its ends differ by 2 %.
	Precision float64
	// Replications of each rate, at least 2.
	Replications int
	// Tasks that arrive in a run, at least.
	Tasks uint64
	// Play plays the runs of one rate, in any order or at once; nil if interrupted.
	Play func(ctx context.Context, rate float64, tasks uint64, replications int) ([]*simulate.Result, error)
	// Played is told each point once its runs are over.
	Played func(*Point)
}

// Point is what the runs of one rate showed.
type Point struct {
	Rate     float64  `json:"rate_per_s"`
	Meets    bool     `json:"meets"`
	Limited  Estimate `json:"slo_value_ns"` // the statistic that the SLO limits
	Achieved Estimate `json:"achieved_per_s"`
	// Shed is the share of the requests that were turned away, which misses any SLO.
	Shed        Estimate `json:"shed_share"`
	P50         Estimate `json:"latency_p50_ns"`
	P99         Estimate `json:"latency_p99_ns"`
	Utilization Estimate `json:"utilization"`
	// InFlight is how many requests are in the service on average.
	InFlight Estimate `json:"in_flight"`
	// Machine is of a process with limited CPUs; nil: they are not.
	Machine *Machine `json:"host,omitempty"`
}

// Result is what a search found.
type Result struct {
	// Points in the order of their rates.
	Points []*Point
	// Last is the highest rate that met the SLO, First the lowest that missed it; nil: none did.
	Last, First *Point
	// SurelyMeets is the highest rate up to Last at which even the upper end of the confidence interval meets the SLO,
	// SurelyMisses the lowest from First on at which even the lower end misses it; nil: none.
	SurelyMeets, SurelyMisses *Point
	// Capacity is the highest rate that was served, per second, of runs in which more came than was served while the workers, the CPUs or the
	// quota were in use all the time; 0: no such run, so that it is unknown. CapacityOf is which of them it was.
	Capacity   float64
	CapacityOf Scarce
	// MostServed is the highest rate that was served: the capacity is not lower.
	MostServed float64
	// Partial: interrupted, or the last point misses.
	Partial bool
}

const (
	// HighestRate is where the search stops upwards: the highest that package workload takes.
	HighestRate = 1e6
	// Idle is a load at which requests do not wait for each other: what misses the SLO then misses it at any rate.
	Idle = 0.01
	// lowestRate is where the search stops downwards in any case.
	lowestRate = 1e-3
	// served is the share of what comes that is served, at most, if something is short, and Busy the utilization of what is short, at least.
	// Less of either has other reasons: a run whose last requests take long, or a queue for something else.
	served = 0.98
	// Busy is described above.
	Busy = 0.95
	// runLength is the shortest run, in limits of the SLO.
	runLength = 100
)

// Run searches.
func (s *Search) Run(ctx context.Context) (*Result, error) {
	result := &Result{}
	rate := s.From
	for {
		p, err := s.At(ctx, rate)
		if err != nil {
			return nil, err
		}
		if p == nil {
			result.Partial = true
			break
		}
		result.add(p)
		next, more := s.next(result)
		if !more {
			break
		}
		rate = next
	}
	result.judge(float64(s.SLO.Limit))
	return result, nil
}

func (r *Result) add(p *Point) {
	at, _ := slices.BinarySearchFunc(r.Points, p, func(a, b *Point) int {
		if a.Rate < b.Rate {
			return -1
		}
		return 1
	})
	r.Points = slices.Insert(r.Points, at, p)
	// The knee is below the first rate that misses: one further up that meets is luck.
	r.Last, r.First = nil, nil
	for _, p := range r.Points {
		if !p.Meets {
			r.First = p
			break
		}
		r.Last = p
	}
}

// judge finds the rates of whose verdict the intervals leave no doubt, and the capacity.
func (r *Result) judge(limit float64) {
	for _, p := range r.Points {
		r.MostServed = max(r.MostServed, p.Achieved.Mean)
		if of, always := p.usedUp(); always && p.Achieved.Mean+p.Achieved.HalfWidth < served*p.Rate && p.Achieved.Mean > r.Capacity {
			r.Capacity, r.CapacityOf = p.Achieved.Mean, of
		}
		switch {
		case r.First == nil || p.Rate < r.First.Rate:
			if p.Limited.Mean+p.Limited.HalfWidth <= limit && p.Shed.Mean == 0 {
				r.SurelyMeets = p
			}
		case r.SurelyMisses == nil && (p.Limited.Mean-p.Limited.HalfWidth > limit || p.Shed.Mean-p.Shed.HalfWidth > 0):
			r.SurelyMisses = p
		}
	}
}

// next is the rate to play next.
func (s *Search) next(r *Result) (rate float64, more bool) {
	switch {
	case r.First == nil:
		return min(r.Last.Rate*s.Step, HighestRate), r.Last.Rate < HighestRate
	case r.Last == nil:
		return r.First.Rate / s.Step, r.First.Load() > Idle && r.First.Rate > lowestRate
	default:
		return math.Sqrt(r.Last.Rate * r.First.Rate), r.First.Rate > r.Last.Rate*(1+s.Precision)
	}
}

// At plays one rate; nil if interrupted.
func (s *Search) At(ctx context.Context, rate float64) (*Point, error) {
	tasks := max(s.Tasks, uint64(math.Ceil(runLength*s.SLO.Limit.Seconds()*rate)))
	results, err := s.Play(ctx, rate, tasks, s.Replications)
	if results == nil || err != nil {
		return nil, err
	}
	over := func(of func(r *simulate.Result) float64) Estimate {
		observations := make([]float64, len(results))
		for i, r := range results {
			observations[i] = of(r)
		}
		return estimate(observations)
	}
	p := &Point{
		Rate:        rate,
		Limited:     over(s.SLO.of),
		Achieved:    over((*simulate.Result).Throughput),
		Shed:        over(func(r *simulate.Result) float64 { return float64(r.Shed) / max(1, float64(r.Arrived)) }),
		P50:         over(func(r *simulate.Result) float64 { return float64(r.Latency.Quantile(0.5)) }),
		P99:         over(func(r *simulate.Result) float64 { return float64(r.Latency.Quantile(0.99)) }),
		Utilization: over((*simulate.Result).Utilization),
		InFlight:    over((*simulate.Result).InFlight),
		Machine:     machineOf(results, over),
	}
	if p.Machine != nil {
		p.Machine.Short = p.short()
	}
	p.Meets = p.Limited.Mean <= float64(s.SLO.Limit) && p.Shed.Mean == 0
	if s.Played != nil {
		s.Played(p)
	}
	return p, nil
}
