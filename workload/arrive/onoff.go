// SPDX-License-Identifier: Apache-2.0

package arrive

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

// ShortestOnOff bounds the mean times on and off.
const ShortestOnOff = sim.Time(1000)

// fewestPerCycle arrivals come in the mean time from on to on: an arrival then takes at most 1/fewestPerCycle cycles to draw.
const fewestPerCycle = 0.01

// Check implements Process. Besides the bounds of each number it tells a source that is silent for hundreds of cycles.
func (o OnOff) Check() error {
	if err := checkRate(o.Rate); err != nil {
		return err
	}
	if err := checkNumber("off_rate", o.OffRate, 0, HighestRate); err != nil {
		return err
	}
	if err := checkPeriod("on", o.On, ShortestOnOff); err != nil {
		return err
	}
	if err := checkPeriod("off", o.Off, ShortestOnOff); err != nil {
		return err
	}
	if perCycle := (o.Rate*float64(o.On) + o.OffRate*float64(o.Off)) / 1e9; perCycle < fewestPerCycle {
		return fmt.Errorf("%.3g arrivals in a mean cycle of on and off; want at least %v: a higher rate or longer times", perCycle, fewestPerCycle)
	}
	return nil
}

// PerSecond implements Process: the mean rate over on and off.
func (o OnOff) PerSecond() float64 {
	on, off := float64(o.On), float64(o.Off)
	return (o.Rate*on + o.OffRate*off) / (on + off)
}

// Start implements Open.
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
