// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// Costs that no loop isolates are fitted. A model's time for a loop is very nearly a sum: how often each primitive is charged, times its
// cost. The model itself tells how often, because it is run again with one cost a little higher: nobody has to keep a list of what a loop
// consists of, and a primitive that becomes part of a loop is fitted from then on.
//
//	T_i(x) = sum over k of n_ik * x_k      n_ik = (T_i with x_k + 20 ns  -  T_i) / 20 ns
//
// The fit minimizes the squares of relative errors, with no cost below zero. A loop that the model cannot follow, whatever the costs, counts
// less the farther off it is: else it would spoil the costs that the others agree on. What the loops leave open (two costs that they only
// charge together) is decided by the values to begin with, by way of a small term for each cost; its interval then shows how open it is.

// equation is a loop that was measured.
type equation struct {
	name     string
	measured measurement
	latency  bool // see loop
	// time is what the model takes for it with these costs, in nanoseconds for each operation.
	time func(*cost.Parameters) (float64, error)
}

// estimate is a fitted cost.
type estimate struct {
	costKey
	value, low, high float64
	from             []string // the loops that charge for the primitive
}

const (
	step = 20 // nanoseconds, at least; a tenth of a large cost, because chance moves what two workers do
	// charged is how often a loop charges for a primitive, per operation, before it says anything about it.
	charged = 0.02
	// far is the relative error from which on a loop counts less.
	far    = 0.1
	passes = 4   // the sum is exact in the neighbourhood only: where a queue's interval tunes itself, it is not
	draws  = 400 // for the intervals
)

// system is the equations in the neighbourhood of x.
type system struct {
	x       []float64   // the costs
	n       [][]float64 // per equation and cost
	time    []float64   // at x
	want    []float64
	initial []float64
	// tolerance is the relative error of an equation that counts as much as a cost that is twice or none of what it was.
	tolerance float64
}

// linearize runs each loop once, and once more for each cost.
func linearize(unknowns []costKey, equations []equation, tolerance float64, p *cost.Parameters) (*system, error) {
	s := &system{x: make([]float64, len(unknowns)), initial: make([]float64, len(unknowns)), tolerance: tolerance}
	for k, u := range unknowns {
		s.x[k] = u.get(p)
	}
	for _, e := range equations {
		base, err := e.time(p)
		if err != nil {
			return nil, err
		}
		row := make([]float64, len(unknowns))
		for k, u := range unknowns {
			q := *p
			d := math.Max(step, math.Round(u.get(p)/10))
			u.set(&q, u.get(p)+d)
			more, err := e.time(&q)
			if err != nil {
				return nil, err
			}
			row[k] = (more - base) / d
		}
		s.n, s.time, s.want = append(s.n, row), append(s.time, base), append(s.want, e.measured.Median)
	}
	return s, nil
}

// scales are the errors of the loops that count alike.
func (s *system) scales(want []float64) (scales []float64) {
	for i, w := range want {
		scales = append(scales, s.tolerance*w*math.Sqrt(math.Max(1, math.Abs(s.time[i]/s.want[i]-1)/far)))
	}
	return scales
}

// solve minimizes the errors by one cost after the other, which converges because they are convex: half of the sum of squares is
// x'Ax/2 - b'x and a constant.
func (s *system) solve(want, initial []float64) []float64 {
	x, scales := slices.Clone(s.x), s.scales(want)
	a, b := make([][]float64, len(x)), make([]float64, len(x))
	for k := range x {
		a[k] = make([]float64, len(x))
		prior := math.Max(initial[k], step)
		a[k][k], b[k] = 1/(prior*prior), initial[k]/(prior*prior)
		for i, n := range s.n {
			at0 := s.time[i] // where the line through the model's time meets costs of zero
			for j := range x {
				at0 -= n[j] * s.x[j]
				a[k][j] += n[k] * n[j] / (scales[i] * scales[i])
			}
			b[k] += n[k] * (want[i] - at0) / (scales[i] * scales[i])
		}
	}
	for range 10_000 {
		moved := 0.0
		for k := range x {
			slope := -b[k]
			for j := range x {
				slope += a[k][j] * x[j]
			}
			next := math.Max(0, x[k]-slope/a[k][k])
			moved = math.Max(moved, math.Abs(next-x[k]))
			x[k] = next
		}
		if moved < 1e-4 {
			break
		}
	}
	return x
}

// fit sets the costs that the loops charge for, and returns them with their intervals. It leaves those alone for which no loop charges.
func fit(unknowns []costKey, equations []equation, tolerance float64, p *cost.Parameters) ([]estimate, error) {
	if len(equations) == 0 {
		return nil, nil
	}
	s, err := linearize(unknowns, equations, tolerance, p)
	if err != nil {
		return nil, err
	}
	var kept []costKey
	for k, u := range unknowns {
		if slices.ContainsFunc(s.n, func(row []float64) bool { return math.Abs(row[k]) >= charged }) {
			kept = append(kept, u)
		}
	}
	if unknowns = kept; len(unknowns) == 0 {
		return nil, nil
	}
	var initial []float64
	for _, u := range unknowns {
		initial = append(initial, u.get(p))
	}
	for range passes {
		if s, err = linearize(unknowns, equations, tolerance, p); err != nil {
			return nil, err
		}
		for k, x := range s.solve(s.want, initial) {
			unknowns[k].set(p, x)
		}
	}
	if s, err = linearize(unknowns, equations, tolerance, p); err != nil {
		return nil, err
	}
	return s.estimates(unknowns, equations, initial), nil
}

// estimates gives the intervals: the fit of other loops that might have been measured as well, from other costs to begin with. A loop might
// have come out anywhere in its interval, and as far off as the fit is; a cost to begin with might be half or twice as high.
func (s *system) estimates(unknowns []costKey, equations []equation, initial []float64) (list []estimate) {
	rng := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // the same measurements give the same file
	fits := make([][]float64, len(unknowns))
	for range draws {
		want, begin := slices.Clone(s.want), slices.Clone(initial)
		for i, e := range equations {
			spread := max(e.measured.High-e.measured.Median, e.measured.Median-e.measured.Low, math.Abs(s.time[i]-s.want[i]))
			want[i] = math.Max(want[i]/2, want[i]+spread*(2*rng.Float64()-1))
		}
		for k := range begin {
			begin[k] *= math.Exp2(2*rng.Float64() - 1)
		}
		for k, x := range s.solve(want, begin) {
			fits[k] = append(fits[k], x)
		}
	}
	for k, u := range unknowns {
		slices.Sort(fits[k])
		e := estimate{costKey: u, value: s.x[k], low: math.Min(s.x[k], fits[k][draws/40]), high: math.Max(s.x[k], fits[k][draws-1-draws/40])}
		for i := range s.n {
			if math.Abs(s.n[i][k]) >= charged {
				e.from = append(e.from, equations[i].name)
			}
		}
		list = append(list, e)
	}
	return list
}
