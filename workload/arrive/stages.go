// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"errors"
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

// MostStages bounds the stages of one process.
const MostStages = 1000

// Check implements Process. Besides the bounds of each number it tells stages in which nothing arrives.
func (s Stages) Check() error {
	if err := checkNumber("start_rate", s.StartRate, 0, HighestRate); err != nil {
		return err
	}
	if n := len(s.Stages); n == 0 || n > MostStages {
		return fmt.Errorf("%d stages; want 1 to %d", n, MostStages)
	}
	for i, stage := range s.Stages {
		if err := checkPeriod("duration", stage.Duration, 0); err != nil {
			return fmt.Errorf("stages[%d].%w", i, err)
		}
		if err := checkNumber("target", stage.Target, 0, HighestRate); err != nil {
			return fmt.Errorf("stages[%d].%w", i, err)
		}
	}
	if s.arrivals() == 0 {
		return errors.New("nothing arrives: no stage has a duration and a rate; want one that has both")
	}
	return nil
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

// PerSecond implements Process: the highest rate of all stages.
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

// Start implements Open.
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
