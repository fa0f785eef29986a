// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Replay repeats recorded arrivals: each comes one of Gaps after the one before, the first one Gaps[0] after the start. All
// instances replay the same.
type Replay struct {
	Gaps []sim.Time
	// Repeat starts again after the last gap; else nothing more arrives.
	Repeat bool
	// File is where the gaps come from, as it was written; empty: they come from a program. Only messages and package spec, which
	// writes the process as YAML, use it.
	File string
}

// MostGaps bounds a recording, which takes 8 bytes of memory for each.
const MostGaps = 10_000_000

// shortestRepeated is the least mean gap of a recording that repeats: [HighestRate] requests a second.
const shortestRepeated = sim.Time(1000)

// Check implements Process.
func (r *Replay) Check() error {
	if n := len(r.Gaps); n == 0 || n > MostGaps {
		return fmt.Errorf("%d gaps; want 1 to %d", n, MostGaps)
	}
	for i, gap := range r.Gaps {
		if err := checkPeriod(fmt.Sprintf("gaps[%d]", i), gap, 0); err != nil {
			return err
		}
	}
	if mean := r.length() / sim.Time(len(r.Gaps)); r.Repeat && mean < shortestRepeated {
		return fmt.Errorf("%s has a mean gap of %v; want at least %v to repeat it", oneLine(r.File), mean.Duration(), shortestRepeated.Duration())
	}
	return nil
}

// oneLine is a path on one line, whatever is in it.
func oneLine(path string) string { return strings.Trim(strconv.Quote(path), `"`) }

// length of the recording. More than virtual time is cut off there.
func (r *Replay) length() sim.Time {
	sum := sim.Time(0)
	for _, gap := range r.Gaps {
		if gap > sim.Never-sum {
			return sim.Never
		}
		sum += gap
	}
	return sum
}

// PerSecond implements Process: the mean rate of the recording.
func (r *Replay) PerSecond() float64 {
	return float64(len(r.Gaps)) / max(r.length().Duration().Seconds(), 1e-9)
}

// Start implements Open.
func (r *Replay) Start(sim.Rand) Sequence { return &replay{Replay: r} }

type replay struct {
	*Replay

	next int // index of Gaps
	at   sim.Time
}

// Next implements Sequence.
func (r *replay) Next() sim.Time {
	if r.next == len(r.Gaps) {
		if !r.Repeat {
			return sim.Never
		}
		r.next = 0
	}
	gap := r.Gaps[r.next]
	if gap >= sim.Never-r.at {
		return sim.Never
	}
	r.next++
	r.at += gap
	return r.at
}
