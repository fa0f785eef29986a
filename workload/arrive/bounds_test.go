// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestExtremeShapes: the mean is right where the sampler is hardest pressed.
func TestExtremeShapes(t *testing.T) {
	for _, shape := range []float64{LowestShape, 0.1, 0.999, 10, HighestShape} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			const n = 500_000
			s := newGammaSampler(shape)
			r := sim.Stream(5)
			draws := make([]float64, n)
			for i := range draws {
				draws[i] = s.draw(&r)
			}
			mean := 0.0
			for _, d := range draws {
				mean += d / n
			}
			variance, fourth := 0.0, 0.0
			for _, d := range draws {
				d = (d - mean) * (d - mean)
				variance += d / n
				fourth += d * d / n
			}
			assert.InDelta(t, shape, mean, 4*math.Sqrt(variance/n), "mean")
			assert.InDelta(t, shape, variance, 4*math.Sqrt((fourth-variance*variance)/n), "variance")
		})
	}
}

func TestProcessesEnd(t *testing.T) {
	// The end of virtual time, after 292 years, is the end of all arrivals.
	for _, a := range []Open{
		Gamma{Rate: 1e-300, Shape: 0.5},
		Sine{Rate: 1e-300, Amplitude: 1, Period: 1},
		OnOff{Rate: 1e-9, OffRate: 1e-9, On: LongestPeriod, Off: LongestPeriod},
		Stages{StartRate: 1e-9, Stages: slices.Repeat([]Stage{{LongestPeriod, 1e-9}}, 1000)},
		&Replay{Gaps: []sim.Time{LongestPeriod}, Repeat: true},
	} {
		seq := a.Start(sim.Stream(1))
		last := sim.Time(0)
		for range 1000 {
			at := seq.Next()
			require.GreaterOrEqual(t, at, last)
			last = at
		}
		assert.Equal(t, sim.Never, last, "%T", a)
	}
}
