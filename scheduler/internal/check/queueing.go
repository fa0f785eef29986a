// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Start starts the runtime under test on a simulation.
type Start func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime

// Load is a queueing system's input: tasks that arrive one after the other, compute once, and end.
type Load struct {
	Name    string
	Service program.Sampler // what a task computes
	Gap     program.Sampler // from one arrival to the next
	Tasks   int
	Seed    uint64
}

// Arrived is what a load brought: when each task arrived and what it computed, in the order of arrival.
type Arrived struct {
	Times    []sim.Time
	Services []sim.Time
}

// Play lets all tasks of the load arrive, from 1 ms after now on, and runs until nothing is left to do.
func (l Load) Play(s *sim.Simulation, rt scheduler.Runtime) Arrived {
	p := &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: l.Service}}}
	gaps := sim.Stream(l.Seed, 1)
	arrived := Arrived{Times: make([]sim.Time, 0, l.Tasks), Services: make([]sim.Time, 0, l.Tasks)}
	arrive(s, 1_000_000, func() (gap sim.Time, more bool) {
		n := len(arrived.Times)
		work := sim.Stream(l.Seed, 2, uint64(n))
		arrived.Times = append(arrived.Times, s.Now())
		Must(rt.Spawn(p, uint64(n), work))
		// The task draws from a copy of the stream: this is what it computes.
		arrived.Services = append(arrived.Services, l.Service.Sample(&work))
		return l.Gap.Sample(&gaps), n+1 < l.Tasks
	})
	s.Run(sim.Never - 1)
	return arrived
}

// arrive calls next after a first gap from now, and again after each gap that it returns.
func arrive(s *sim.Simulation, first sim.Time, next func() (gap sim.Time, more bool)) {
	a := &arrivals{sim: s, next: next}
	a.self = s.Register(a)
	s.Schedule(s.Now()+first, a.self, 0, 0)
}

type arrivals struct {
	sim  *sim.Simulation
	self sim.Target
	next func() (gap sim.Time, more bool)
}

// Handle implements [sim.Handler].
func (a *arrivals) Handle(sim.Event) {
	if gap, more := a.next(); more {
		a.sim.Schedule(a.sim.Now()+gap, a.self, 0, 0)
	}
}

// Distribution draws numbers with mean 1; none is negative.
type Distribution struct {
	Name string
	Draw func(r *sim.Rand) float64
}

// Distributions range from no variance to infinite variance.
var Distributions = []Distribution{
	{"constant", func(*sim.Rand) float64 { return 1 }},
	{"uniform", func(r *sim.Rand) float64 { return 2 * r.Float64() }},
	{"exponential", (*sim.Rand).Exp},
	{"lognormal", func(r *sim.Rand) float64 { return math.Exp(1.5*r.Norm() - 1.125) }},
	{"pareto", func(r *sim.Rand) float64 { return math.Pow(1-r.Float64(), -1/1.5) / 3 }},
	{"bimodal", func(r *sim.Rand) float64 { // mostly nothing, so that many tasks start and end at one instant
		if r.IntN(20) == 0 {
			return 20
		}
		return 0
	}},
}

// Exponential is the distribution of service times and gaps in M/M/c.
var Exponential = Distribution{"exponential", (*sim.Rand).Exp}

// Of scales the distribution to a mean.
func (d Distribution) Of(mean float64) program.Sampler { return scaled{d.Draw, mean, 1} }

// Every is [Distribution.Of] rounded down to multiples of grid, so that unrelated events fall on one instant.
func (d Distribution) Every(mean float64, grid sim.Time) program.Sampler {
	return scaled{d.Draw, mean, grid}
}

type scaled struct {
	draw func(r *sim.Rand) float64
	mean float64
	grid sim.Time
}

// Sample implements [program.Sampler].
func (s scaled) Sample(r *sim.Rand) sim.Time {
	t := sim.Time(s.draw(r)*s.mean + 0.5)
	return t - t%s.grid
}

// Loads are 10,000 tasks each for so many servers, busy for 9/10 of the time or a little less: services of each
// distribution with arrivals of a Poisson process, services that are mostly nothing in bursts, and a load on a grid, where
// arrivals and ends meet at the same instants.
func Loads(servers int) []Load {
	const (
		service = 10_000.0
		load    = 0.9
	)
	gap := service / load / float64(servers)
	var loads []Load
	for _, d := range Distributions {
		loads = append(loads, Load{Name: d.Name, Service: d.Of(service), Gap: Exponential.Of(gap)})
	}
	bimodal := Distributions[len(Distributions)-1]
	grid := sim.Time(service) / sim.Time(servers)
	loads = append(loads,
		Load{Name: "bursts", Service: bimodal.Of(service), Gap: bimodal.Of(gap)},
		Load{Name: "grid", Service: Exponential.Every(service, grid), Gap: Exponential.Every(1.5*float64(grid), grid)},
	)
	for i := range loads {
		loads[i].Tasks, loads[i].Seed = 10_000, uint64(i)
	}
	return loads
}

// NextFreeServer is the G/G/c queue, first in, first out, as a recursion (Kiefer and Wolfowitz 1955; Lindley 1952 for
// one server): a task starts when it has arrived and the server that is free first is free. It returns the starts in the
// order of arrival.
func NextFreeServer(a Arrived, servers int) []sim.Time {
	free := make([]sim.Time, servers) // ascending
	starts := make([]sim.Time, len(a.Times))
	for i, at := range a.Times {
		starts[i] = max(at, free[0])
		end := starts[i] + a.Services[i]
		place, _ := slices.BinarySearch(free[1:], end)
		copy(free, free[1:place+1])
		free[place] = end
	}
	return starts
}

// CheckCoupling plays the load on a runtime that should be a G/G/c queue with so many servers, and returns an error if a
// task starts or ends a nanosecond off. It also returns how many tasks waited: without waits, the check says little.
func (l Load) CheckCoupling(start Start, servers int) (waited int, err error) {
	var s sim.Simulation
	var log Log
	rt := start(&s, log.Observer())
	arrived := l.Play(&s, rt)
	if err := log.Check(rt); err != nil {
		return 0, err
	}
	if len(log.Polls) != l.Tasks {
		return 0, fmt.Errorf("%d polls of %d tasks", len(log.Polls), l.Tasks)
	}
	starts := NextFreeServer(arrived, servers)
	for _, p := range log.Polls {
		i := p.Task - 1
		end := starts[i] + arrived.Services[i]
		if p.Queued != arrived.Times[i] || p.Start != starts[i] || p.End != end {
			return 0, fmt.Errorf("task %d arrives, starts and ends at %d, %d, %d; want %d, %d, %d",
				p.Task, p.Queued, p.Start, p.End, arrived.Times[i], starts[i], end)
		}
		if p.Start > p.Queued {
			waited++
		}
	}
	return waited, nil
}

// IdleWhileQueued adds up the time in which a task was queued and a worker polled nothing: 0 for a runtime that conserves work.
func (l *Log) IdleWhileQueued(workers int) sim.Time {
	type change struct {
		at           sim.Time
		queued, busy int
	}
	changes := make([]change, 0, 3*len(l.Polls))
	for _, p := range l.Polls {
		changes = append(changes, change{p.Queued, 1, 0}, change{p.Start, -1, 1}, change{p.End, 0, -1})
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var idle, last sim.Time
	queued, busy := 0, 0
	for _, c := range changes {
		if queued > 0 && busy < workers {
			idle += c.at - last
		}
		last = c.at
		queued += c.queued
		busy += c.busy
	}
	return idle
}

// WaitedBesideIdle returns for each poll how much of its queue wait passed while a worker polled nothing.
func (l *Log) WaitedBesideIdle(workers int) []sim.Time {
	type change struct {
		at   sim.Time
		busy int
	}
	changes := make([]change, 0, 2*len(l.Polls))
	for _, p := range l.Polls {
		changes = append(changes, change{p.Start, 1}, change{p.End, -1})
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	at, idle := []sim.Time{0}, []sim.Time{0} // idle[i]: time up to at[i] in which a worker was idle
	busy := 0
	for _, c := range changes {
		last := len(at) - 1
		total := idle[last]
		if busy < workers {
			total += c.at - at[last]
		}
		at, idle = append(at, c.at), append(idle, total)
		busy += c.busy
	}
	until := func(t sim.Time) sim.Time {
		i, _ := slices.BinarySearch(at, t+1) // the first change behind t
		total := idle[i-1]
		if i < len(at) && idle[i] > total { // a worker is idle up to the next change
			total += t - at[i-1]
		}
		return total
	}
	waited := make([]sim.Time, len(l.Polls))
	for i, p := range l.Polls {
		waited[i] = until(p.Start) - until(p.Queued)
	}
	return waited
}
