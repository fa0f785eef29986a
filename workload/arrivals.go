// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Arrivals says when requests reach an instance: an [OpenLoop], whose requests come whatever becomes of those before, or a
// [ClosedLoop].
type Arrivals interface {
	// PerSecond is the number of arrivals to expect in a second; each process says in what sense.
	PerSecond() float64
}

// OpenLoop is a process of arrivals that nothing in the simulation changes.
type OpenLoop interface {
	Arrivals
	// Start begins one sequence of arrivals, drawn from a stream of its own.
	Start(r sim.Rand) Sequence
}

// Sequence gives the times of arrivals, one after the other, never decreasing, counted from the start of the instance;
// [sim.Never] when no more is to come.
type Sequence interface {
	Next() sim.Time
}

// highestRate keeps gaps at a microsecond on average, a thousand times the clock's resolution.
const highestRate = 1e6

// processes are the ways to say when requests arrive. Those with the key rate can be played at any other.
var processes = []struct {
	name  string
	keys  []string
	parse func(table) Arrivals
}{
	{"poisson", []string{"rate"}, func(t table) Arrivals { return Poisson{t.rate()} }},
	{"constant", []string{"rate"}, func(t table) Arrivals { return Constant{t.rate()} }},
	{"gamma", []string{"rate", "shape"}, parseGamma},
	{"on_off", []string{"rate", "on", "off", "off_rate"}, parseOnOff},
	{"sine", []string{"rate", "amplitude", "period"}, parseSine},
	{"stages", []string{"start_rate", "stages"}, parseStages},
	{"replay", []string{"file", "repeat"}, parseReplay},
	{"closed", []string{"users", "think"}, parseClosed},
}

var processNames, arrivalsKeys = func() (names, keys []string) {
	keys = []string{"process"}
	for _, p := range processes {
		names = append(names, p.name)
		for _, key := range p.keys {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return names, keys
}()

// ParseArrivals reads the value of `arrivals:` alone.
func ParseArrivals(tree any) (Arrivals, error) {
	var m mistakes
	a := parseArrivals(newValue(tree, "arrivals", &m))
	if err := m.err(); err != nil {
		return nil, err
	}
	return a, nil
}

// Processes lists the names of the processes.
func Processes() []string { return slices.Clone(processNames) }

// HasRate reports whether a process of that name has a rate, so that it can be played at another.
func HasRate(process string) bool {
	i := slices.Index(processNames, process)
	return i >= 0 && slices.Contains(processes[i].keys, "rate")
}

func parseArrivals(v value) Arrivals {
	t, ok := v.anyTable()
	if !ok {
		return nil
	}
	i := -1
	if name, ok := t.required("process", oneOf(processNames)); ok {
		i = name.choice(processNames)
	}
	if i < 0 {
		t.allow(arrivalsKeys)
		return nil
	}
	p := &processes[i]
	keys := append([]string{"process"}, p.keys...)
	for _, key := range t.keys() {
		switch {
		case slices.Contains(keys, key):
		case slices.Contains(arrivalsKeys, key):
			t.child(key).fail("process " + p.name + " has no " + key + "; want " + oneOf(keys))
		default:
			t.unknown("key", key, keys)
		}
	}
	return p.parse(t)
}

func (t table) rate() float64 {
	if r, ok := t.required("rate", "arrivals per second"); ok {
		return r.positive(highestRate)
	}
	return 0
}

// instant is a time of arrival.
type instant struct {
	at sim.Time
	// rest, in [0, 1) ns, is what at leaves out of the exact time. Carrying it keeps the rate exact however long the run.
	rest float64
}

// advance goes on by a gap in nanoseconds; once the end of virtual time is reached, it stays there.
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

// Poisson arrivals come independently of each other: the gaps, the first one included, are exponential with mean 1/Rate.
type Poisson struct {
	Rate float64 // per second
}

// Start implements OpenLoop.
func (p Poisson) Start(r sim.Rand) Sequence { return &poisson{mean: 1e9 / p.Rate, gaps: r} }

// PerSecond implements Arrivals: the rate.
func (p Poisson) PerSecond() float64 { return p.Rate }

type poisson struct {
	instant

	mean float64 // ns
	gaps sim.Rand
}

// Next implements Sequence.
func (p *poisson) Next() sim.Time { return p.advance(p.gaps.Exp() * p.mean) }

// Constant arrivals come every 1/Rate seconds, the first one after that time. Arrival k is computed as k/Rate, rounded to
// the nanosecond: rounding does not add up.
type Constant struct {
	Rate float64 // per second
}

// Start implements OpenLoop. The instances of a service arrive in step.
func (c Constant) Start(sim.Rand) Sequence { return &constant{rate: c.Rate} }

// PerSecond implements Arrivals: the rate.
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
