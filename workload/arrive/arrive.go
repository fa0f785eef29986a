// SPDX-License-Identifier: Apache-2.0

// Package arrive has the processes by which requests arrive at an instance of a service.
//
//	Process -+- Open:   Poisson, Constant, Gamma, OnOff, Sine, Stages, *Replay: requests come whatever becomes of those before
//	         +- Closed: users who think, send a request, and wait for its end
//
// An open process starts any number of sequences, each from a random stream of its own. A sequence gives times in nanoseconds since
// the start of its instance, one after the other and never decreasing, and ends with [sim.Never]. What a closed loop sends depends on
// when its requests end, so package play keeps its state; this package knows only how many users there are and how long they think.
//
//	seq := arrive.Poisson{Rate: 500}.Start(sim.Stream(1))
//	first := seq.Next()
//
// All rates are per second of virtual time. The processes are plain data and immutable. Their bounds are constants of this package, and
// Check tells which of them a process exceeds; Start and Next check nothing. Nothing here blocks.
//
// The package stands above package dist, and knows nothing of YAML: package spec reads and writes processes, packages workload and play
// use them.
package arrive

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Process says when requests reach an instance: an [Open] process or a [Closed] loop.
type Process interface {
	// PerSecond is the number of arrivals to expect in a second; each process says in what sense.
	PerSecond() float64
	// Check tells the first number that is out of bounds.
	Check() error
}

// Open is a process that nothing in the simulation changes.
type Open interface {
	Process
	// Start begins one sequence of arrivals, drawn from a stream of its own.
	Start(r sim.Rand) Sequence
}

// Sequence gives the times of arrivals, one after the other, never decreasing, counted from the start of the instance;
// [sim.Never] when no more is to come.
type Sequence interface {
	Next() sim.Time
}

// HighestRate keeps gaps at a microsecond on average, a thousand times the clock's resolution.
const HighestRate = 1e6

// LongestPeriod bounds durations of the load, such as those of its stages, but not those of a request: a year.
const LongestPeriod = 8760 * sim.Time(time.Hour)

// checkRate tells a rate that is not more than 0 and at most HighestRate. NaN is not.
func checkRate(rate float64) error {
	if rate > 0 && rate <= HighestRate {
		return nil
	}
	return fmt.Errorf("rate: %v is not allowed; want more than 0 and at most %d a second", rate, int(HighestRate))
}

// checkNumber tells a number that is not from least to most. NaN is not.
func checkNumber(name string, x, least, most float64) error {
	if x >= least && x <= most {
		return nil
	}
	return fmt.Errorf("%s: %v is not allowed; want %s to %s", name, x, plain(least), plain(most))
}

// plain writes a bound without an exponent.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// checkPeriod tells a duration that is not from least to LongestPeriod.
func checkPeriod(name string, d, least sim.Time) error {
	if d >= least && d <= LongestPeriod {
		return nil
	}
	return fmt.Errorf("%s: %v is not allowed; want %v to %v", name, d.Duration(), least.Duration(), LongestPeriod.Duration())
}

// instant is a time of arrival.
type instant struct {
	at sim.Time
	// rest, in [0, 1) ns, is what at leaves out of the exact time. Carrying it keeps the rate exact however long the run.
	rest float64
}

// advance goes on by a gap in nanoseconds; once the end of virtual time is reached, the instant stays there.
func (i *instant) advance(gap float64) sim.Time {
	whole, rest := math.Modf(gap + i.rest)
	if !before(i.at, whole) {
		i.at = sim.Never
		return sim.Never
	}
	i.at += sim.Time(whole)
	i.rest = rest
	return i.at
}

// before reports whether the time gap ns after at is before Never.
func before(at sim.Time, gap float64) bool {
	// float64(Never) is 2^63; the difference is rounded, so stay a second away from it.
	return gap < float64(sim.Never-at)-1e9
}
