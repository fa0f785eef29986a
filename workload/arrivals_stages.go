// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Stages are Poisson arrivals at a rate that changes in steps and ramps, in the words of k6's ramping-arrival-rate: in each
// stage the rate goes in a straight line from the last target, first from StartRate, to the next. After the last stage
// nothing arrives.
type Stages struct {
	StartRate float64 // per second
	Stages    []Stage
}

// Stage is a ramp. Without duration it is a jump.
type Stage struct {
	Duration sim.Time
	Target   float64 // per second
}

const mostStages = 1000

func parseStages(t table) Arrivals {
	var s Stages
	if t.has("start_rate") {
		s.StartRate = t.child("start_rate").ranged(0, highestRate)
	}
	list, ok := t.required("stages", "a list of {duration, target}")
	if !ok {
		return s
	}
	items := list.list("stages")
	if len(items) > mostStages {
		list.fail(fmt.Sprintf("%d stages; want at most %d", len(items), mostStages))
		return s
	}
	valid := true
	for _, item := range items {
		stage, ok := parseStage(item)
		s.Stages = append(s.Stages, stage)
		valid = valid && ok
	}
	if valid && len(items) > 0 && s.arrivals() == 0 {
		list.fail("nothing arrives: no stage has a duration and a rate; want one that has both")
	}
	return s
}

func parseStage(v value) (s Stage, ok bool) {
	t, ok := v.table([]string{"duration", "target"})
	if !ok {
		return s, false
	}
	before := len(v.mistakes.errs)
	if duration, ok := t.required("duration", "a duration; 0s is a jump"); ok {
		s.Duration = duration.period(0)
	}
	if target, ok := t.required("target", "arrivals per second at the end of the stage"); ok {
		s.Target = target.ranged(0, highestRate)
	}
	return s, len(v.mistakes.errs) == before
}

// arrivals is the number to expect, over all stages.
func (s Stages) arrivals() float64 {
	sum, rate := 0.0, s.StartRate
	for _, stage := range s.Stages {
		sum += (rate + stage.Target) / 2 * stage.Duration.Duration().Seconds()
		rate = stage.Target
	}
	return sum
}

// PerSecond implements Arrivals: the highest rate of all stages.
func (s Stages) PerSecond() float64 {
	highest, rate := 0.0, s.StartRate
	for _, stage := range s.Stages {
		if stage.Duration > 0 {
			highest = max(highest, rate, stage.Target)
		}
		rate = stage.Target
	}
	return highest
}

// Start implements OpenLoop.
func (s Stages) Start(r sim.Rand) Sequence {
	return &stages{left: s.Stages, from: s.StartRate / 1e9, draws: r}
}

// stages is a Poisson process of rate 1 on a clock that runs at the rate of the moment: an arrival comes when the integral of the
// rate since the one before reaches an exponential draw of mean 1.
type stages struct {
	instant

	left  []Stage  // the current one first
	begin sim.Time // of the current stage
	from  float64  // its first rate, per ns
	draws sim.Rand
}

// Next implements Sequence.
func (s *stages) Next() sim.Time {
	for need := s.draws.Exp(); len(s.left) > 0; {
		stage := &s.left[0]
		length, to := float64(stage.Duration), stage.Target/1e9
		passed := float64(s.at-s.begin) + s.rest
		if remaining := length - passed; remaining > 0 {
			slope := (to - s.from) / length
			rate := s.from + slope*passed
			integral := (rate + to) / 2 * remaining
			if need < integral {
				// need = rate h + slope h^2/2, solved for h in the form that cancels no digits.
				h := 2 * need / (rate + math.Sqrt(max(0, rate*rate+2*slope*need)))
				return s.advance(min(h, remaining))
			}
			need -= integral
		}
		s.begin += stage.Duration
		if s.begin < 0 { // beyond the end of virtual time
			s.left = nil
			break
		}
		s.instant = instant{at: s.begin}
		s.from, s.left = to, s.left[1:]
	}
	return sim.Never
}
