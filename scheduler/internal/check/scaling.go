// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Scaling plays a random load twice, the second time with every duration and every gap between arrivals multiplied
// by factor, and returns an error unless all that happens is the same, and each time in it a multiple of what it was.
// That holds for a runtime without costs as far as it has no times of its own. Waits says which ways of waiting
// (program.Sleep, program.IO) the load may use: a timer wheel has ticks. Every task computes for at least 1 ms between
// two waits, out of reach of what runtimes tune by the length of polls.
//
// It returns how many polls had to wait, to show that the load says something.
func Scaling(start Start, seed uint64, factor sim.Time, waits ...program.Op) (waited int, err error) {
	base, scaled := playScaled(start, seed, 1, waits), playScaled(start, seed, factor, waits)
	if len(base.Polls) != len(scaled.Polls) || len(base.Finished) != len(scaled.Finished) {
		return 0, fmt.Errorf("%d polls and %d tasks finished; with times x %d: %d and %d",
			len(base.Polls), len(base.Finished), factor, len(scaled.Polls), len(scaled.Finished))
	}
	for i, p := range base.Polls {
		p.Queued *= factor
		p.Start *= factor
		p.End *= factor
		if p != scaled.Polls[i] {
			return 0, fmt.Errorf("poll %d: times x %d give %+v; want %+v", i, factor, scaled.Polls[i], p)
		}
		if p.Start > p.Queued {
			waited++
		}
	}
	return waited, nil
}

// playScaled plays the load of a seed with all times multiplied.
func playScaled(start Start, seed uint64, factor sim.Time, waits []program.Op) *Log {
	var s sim.Simulation
	log := &Log{}
	rt := start(&s, log.Observer())
	r := sim.Stream(seed)
	left := 20 + r.IntN(40)
	// The first arrival comes after a gap too, so that it is scaled.
	arrive(&s, factor*sim.Time(1+r.IntN(maxScaledCompute)), func() (gap sim.Time, more bool) {
		Must(rt.Spawn(scalableProgram(&r, 2, factor, waits), 0, 0))
		left--
		return factor * sim.Time(r.IntN(2*maxScaledCompute)), left > 0
	})
	s.Run(sim.Never - 1)
	return log
}

const (
	minScaledCompute = 1_000_000
	maxScaledCompute = 5_000_000
)

// scalableProgram draws a program that computes between any two steps that wait, with spawns nested up to depth.
func scalableProgram(r *sim.Rand, depth int, factor sim.Time, waits []program.Op) *program.Program {
	draw := func() program.Sampler {
		return program.Constant(factor * sim.Time(minScaledCompute+r.IntN(maxScaledCompute-minScaledCompute)))
	}
	p := &program.Program{}
	for range 1 + r.IntN(3) {
		p.Steps = append(p.Steps, program.Step{Op: program.Compute, Duration: draw()})
		switch n := r.IntN(4); {
		case n == 0:
			p.Steps = append(p.Steps, program.Step{Op: program.Yield})
		case n == 1 && len(waits) > 0:
			p.Steps = append(p.Steps, program.Step{Op: waits[r.IntN(len(waits))], Duration: draw()})
		case n > 1 && depth > 0:
			p.Steps = append(p.Steps, program.Step{
				Op: program.Spawn, Child: scalableProgram(r, depth-1, factor, waits), Count: 1 + r.IntN(4), Detached: r.IntN(3) == 0,
			})
			if r.IntN(2) == 0 {
				p.Steps = append(p.Steps, program.Step{Op: program.Join})
			}
		}
	}
	p.Steps = append(p.Steps, program.Step{Op: program.Compute, Duration: draw()})
	return p
}
