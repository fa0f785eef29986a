// SPDX-License-Identifier: Apache-2.0

// Package model plays the requests of a plan on the models: the same requests, at the times at which they came to the real runtime.
package model

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// Request is what a request's own task met.
type Request struct {
	Spawned, FirstPoll, End sim.Time
	Wait                    sim.Time // of all its polls
}

// Result is what a model predicts.
type Result struct {
	Requests []Request
	Polls    uint64 // of all tasks
	Counters map[string]uint64
}

// Setup is the machine, and how the models see it.
type Setup struct {
	CPUs  int
	Cores int       // runtimes that take the requests in turn; 0: one
	Costs *cost.Set // nil: the default
	Seed  uint64    // of the runtime's own choices
	// Watch is told what happens, beside the result.
	Watch scheduler.Observer
}

// Play plays a service whose requests arrive at the given times.
func Play(s *workload.Service, fleetSeed uint64, arrivals []sim.Time, setup Setup) (*Result, error) {
	p := &player{result: &Result{Requests: make([]Request, len(arrivals))}, arrivals: arrivals, service: s, roots: map[*program.Program]bool{}}
	for _, o := range s.Operations {
		p.roots[o.Program] = true
	}
	p.requests = play.RequestsOf(s, fleetSeed, 0)
	shared := &process.Process{Host: host.New(&p.sim, host.Config{CPUs: setup.CPUs})}
	for i := range max(setup.Cores, 1) {
		cfg := s.Runtime.Config
		cfg.Process, cfg.Costs, cfg.Seed = shared, setup.Costs, setup.Seed+uint64(i)
		rt, err := models.ByName(cfg.Model).New(&p.sim, cfg, p.observer(setup.Watch))
		if err != nil {
			return nil, err
		}
		p.runtimes = append(p.runtimes, rt)
	}
	p.target = p.sim.Register(p)
	p.scheduleNext()
	p.sim.Run(p.sim.Next() - 1)
	before := p.counters() // the rig counts from the first request on, too
	if err := p.run(); err != nil {
		return nil, err
	}
	p.result.Counters = p.counters()
	for name := range p.result.Counters {
		p.result.Counters[name] -= before[name]
	}
	return p.result, nil
}

type player struct {
	sim      sim.Simulation
	target   sim.Target
	service  *workload.Service
	roots    map[*program.Program]bool
	requests play.Requests
	runtimes []scheduler.Runtime
	arrivals []sim.Time
	arrived  int
	result   *Result
	err      error
}

func (p *player) observer(watch scheduler.Observer) scheduler.Observer {
	o := watch
	o.Poll = func(poll *scheduler.Poll) {
		p.result.Polls++
		if watch.Poll != nil {
			watch.Poll(poll)
		}
	}
	o.Finished = func(f *scheduler.Finished) {
		if p.roots[f.Program] {
			p.result.Requests[f.Tag] = Request{
				Spawned: f.Spawned, FirstPoll: f.FirstPoll, End: f.End, Wait: f.QueueWait,
			}
		}
		if watch.Finished != nil {
			watch.Finished(f)
		}
	}
	return o
}

func (p *player) scheduleNext() {
	if p.arrived < len(p.arrivals) {
		p.sim.Schedule(p.arrivals[p.arrived], p.target, 0, 0)
	}
}

// Handle implements sim.Handler: a request arrives.
func (p *player) Handle(sim.Event) {
	n := uint64(p.arrived) //nolint:gosec // G115: a count
	p.arrived++
	p.scheduleNext() // before the spawn: the simulation must know the next arrival
	operation, work := p.requests.Number(n)
	rt := p.runtimes[n%uint64(len(p.runtimes))]
	if _, err := rt.Spawn(p.service.Operations[operation].Program, n, work); err != nil {
		p.err = err
	}
}

const (
	slice    = sim.Time(10_000_000)
	settling = sim.Time(40_000_000) // as long as the rig waits: workers go to sleep, and their counters are published
	longest  = 3600 * sim.Time(1_000_000_000)
)

func (p *player) live() (n int) {
	for _, rt := range p.runtimes {
		n += rt.Live()
	}
	return n
}

func (p *player) run() error {
	for p.arrived < len(p.arrivals) || p.live() > 0 {
		if p.err != nil {
			return p.err
		}
		if p.sim.Next() == sim.Never || p.sim.Now() > longest {
			return fmt.Errorf("service %s: %d tasks never end in the model", p.service.FullName(), p.live())
		}
		p.sim.Run(max(p.sim.Now()+slice, p.sim.Next()))
	}
	p.sim.Run(p.sim.Now() + settling)
	return p.err
}

// counters are those of all workers, by the names that the rig gives them.
func (p *player) counters() map[string]uint64 {
	c := map[string]uint64{}
	for _, rt := range p.runtimes {
		of := rt.Counters()
		c["remote_schedules"] += of.RemoteSchedules
		c["forced_yields"] += of.ForcedYields
		for i := range of.Workers {
			w := &of.Workers[i]
			c["polls"] += w.Polls
			c["parks"] += w.Parks
			c["noops"] += w.Noops
			c["steals"] += w.Steals
			c["steal_operations"] += w.StealOperations
			c["local_schedules"] += w.LocalSchedules
			c["overflows"] += w.Overflows
			c["busy"] += uint64(max(w.Busy, 0))
		}
	}
	return c
}
