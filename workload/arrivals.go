package workload

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Arrivals says when requests reach an instance.
type Arrivals interface {
	// Start begins one sequence of arrivals, drawn from a stream of its own.
	Start(r sim.Rand) Sequence
	// PerSecond is the number of arrivals to expect in a second, on average.
	PerSecond() float64
}

// Sequence gives the times of arrivals, one after the other, never decreasing, counted from the start of the instance;
// [sim.Never] when no more is to come.
type Sequence interface {
	Next() sim.Time
}

// highestRate keeps gaps at a microsecond on average, a thousand times the clock's resolution.
const highestRate = 1e6

var (
	arrivalsKeys = []string{"process", "rate"}

	arrivalProcesses = []string{"poisson", "constant"}
	arrivalsByRate   = []func(rate float64) Arrivals{ // by index of arrivalProcesses
		func(rate float64) Arrivals { return Poisson{rate} },
		func(rate float64) Arrivals { return Constant{rate} },
	}
)

func parseArrivals(v value) Arrivals {
	t, ok := v.table(arrivalsKeys)
	if !ok {
		return nil
	}
	process := -1
	if p, ok := t.required("process", oneOf(arrivalProcesses)); ok {
		process = p.choice(arrivalProcesses)
	}
	rate := 0.0
	if r, ok := t.required("rate", "arrivals per second"); ok {
		rate = r.positive(highestRate)
	}
	if process < 0 {
		return nil
	}
	return arrivalsByRate[process](rate)
}

// Poisson arrivals come independently of each other: the gaps, the first one included, are exponential with mean 1/Rate.
type Poisson struct {
	Rate float64 // per second
}

// Start implements Arrivals.
func (p Poisson) Start(r sim.Rand) Sequence { return &poisson{mean: 1e9 / p.Rate, gaps: r} }

// PerSecond implements Arrivals.
func (p Poisson) PerSecond() float64 { return p.Rate }

type poisson struct {
	mean float64 // ns
	gaps sim.Rand
	at   sim.Time
	// rest, in [0, 1) ns, is what at leaves out of the exact time. Carrying it keeps the rate exact however long the run.
	rest float64
}

// Next implements Sequence.
func (p *poisson) Next() sim.Time {
	whole, rest := math.Modf(p.gaps.Exp()*p.mean + p.rest)
	if !before(p.at, whole) {
		p.at = sim.Never
		return sim.Never
	}
	p.at += sim.Time(whole)
	p.rest = rest
	return p.at
}

// before reports whether the time gap ns after at is before Never.
func before(at sim.Time, gap float64) bool {
	// float64(Never) is 2^63; the difference is rounded, so stay a second away from it.
	return gap < float64(sim.Never-at)-1e9
}

// Constant arrivals come every 1/Rate seconds, the first one after that time. Arrival k is computed as k/Rate, rounded to
// the nanosecond: rounding does not add up.
type Constant struct {
	Rate float64 // per second
}

// Start implements Arrivals. The instances of a service arrive in step.
func (c Constant) Start(sim.Rand) Sequence { return &constant{rate: c.Rate} }

// PerSecond implements Arrivals.
func (c Constant) PerSecond() float64 { return c.Rate }

type constant struct {
	rate float64
	k    float64 // exact to 2^53 arrivals
}

// Next implements Sequence.
func (c *constant) Next() sim.Time {
	c.k++
	at := math.Round(c.k * 1e9 / c.rate)
	if !before(0, at) {
		return sim.Never
	}
	return sim.Time(at)
}
