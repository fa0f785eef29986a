// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// OnOff arrivals are Poisson at Rate while the source is on and at OffRate while it is off; the times on and off are
// exponential with the means On and Off. That is a Markov-modulated Poisson process of two states. With
// p = On/(On+Off) the mean rate is p Rate + (1-p) OffRate. It starts on with probability p, so this is the rate from the start.
type OnOff struct {
	Rate, OffRate float64 // per second
	On, Off       sim.Time
}

// fewestPerCycle arrivals come in the mean time from on to on: an arrival then takes at most 1/fewestPerCycle cycles to draw.
const fewestPerCycle = 0.01

func parseOnOff(t table) Arrivals {
	const shortest = sim.Time(1000)
	o := OnOff{Rate: t.rate()}
	if on, ok := t.required("on", "a duration, the mean time on"); ok {
		o.On = on.period(shortest)
	}
	if off, ok := t.required("off", "a duration, the mean time off"); ok {
		o.Off = off.period(shortest)
	}
	if t.has("off_rate") {
		o.OffRate = t.child("off_rate").ranged(0, highestRate)
	}
	perCycle := (o.Rate*float64(o.On) + o.OffRate*float64(o.Off)) / 1e9
	if o.Rate > 0 && o.On > 0 && o.Off > 0 && perCycle < fewestPerCycle {
		t.fail(fmt.Sprintf("%.3g arrivals in a mean cycle of on and off; want at least %v: a higher rate or longer times",
			perCycle, fewestPerCycle))
	}
	return o
}

// PerSecond implements Arrivals: the mean rate over on and off.
func (o OnOff) PerSecond() float64 {
	on, off := float64(o.On), float64(o.Off)
	return (o.Rate*on + o.OffRate*off) / (on + off)
}

// Start implements OpenLoop.
func (o OnOff) Start(r sim.Rand) Sequence {
	s := &onOff{draws: r}
	s.states[0] = state{mean: float64(o.On), gap: 1e9 / o.Rate}
	s.states[1] = state{mean: float64(o.Off), gap: 1e9 / o.OffRate}
	if s.draws.Float64()*float64(o.On+o.Off) >= float64(o.On) {
		s.now = 1
	}
	s.left = s.draws.Exp() * s.states[s.now].mean
	return s
}

type onOff struct {
	instant

	states [2]state // on, off
	now    int      // index of states
	left   float64  // ns until the state ends
	draws  sim.Rand
}

type state struct {
	mean float64 // ns, of its duration
	gap  float64 // ns, mean; infinite without arrivals
}

// Next implements Sequence. Exponential gaps have no memory: one that the end of a state cuts off may be drawn anew.
func (o *onOff) Next() sim.Time {
	for {
		s := &o.states[o.now]
		if gap := o.draws.Exp() * s.gap; gap < o.left { // no NaN is, 0 times infinity
			o.left -= gap
			return o.advance(gap)
		}
		if o.advance(o.left) == sim.Never {
			return sim.Never
		}
		o.now = 1 - o.now
		o.left = o.draws.Exp() * o.states[o.now].mean
	}
}
