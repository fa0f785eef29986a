// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Sine arrivals are Poisson at a rate that goes up and down, such as with the time of the day:
//
//	r(t) = Rate * (1 + Amplitude * sin(2 pi t / Period))
//
// A run begins at the mean rate, on its way up.
type Sine struct {
	Rate      float64 // per second, mean
	Amplitude float64 // 0 to 1
	Period    sim.Time
}

// ShortestPeriod bounds the period of [Sine].
const ShortestPeriod = sim.Time(time.Millisecond)

// Check implements Process.
func (s Sine) Check() error {
	if err := checkRate(s.Rate); err != nil {
		return err
	}
	if err := checkNumber("amplitude", s.Amplitude, 0, 1); err != nil {
		return err
	}
	return checkPeriod("period", s.Period, ShortestPeriod)
}

// PerSecond implements Process: the mean rate over a period.
func (s Sine) PerSecond() float64 { return s.Rate }

// Start implements Open.
func (s Sine) Start(r sim.Rand) Sequence {
	return &sine{Sine: s, candidates: poisson{mean: 1e9 / (s.Rate * (1 + s.Amplitude)), gaps: r}}
}

// sine thins out arrivals at the highest rate: each stays with probability r(t)/highest, at least every second one on average
// (Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979).
type sine struct {
	Sine

	candidates poisson
}

// Next implements Sequence.
func (s *sine) Next() sim.Time {
	for {
		at := s.candidates.Next()
		if at == sim.Never {
			return at
		}
		angle := 2 * math.Pi * float64(at%s.Period) / float64(s.Period)
		if s.candidates.gaps.Float64()*(1+s.Amplitude) < 1+s.Amplitude*math.Sin(angle) {
			return at
		}
	}
}
