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
	Host     host.Stats // from the first arrival to the end of the last request
}

// Setup is the machine, and how the models see it.
type Setup struct {
	CPUs  int
	Quota host.Quota // of the runtime; zero: none
	Costs *cost.Set  // nil: the default
	Seed  uint64     // of the runtime's own choices
	// Watch is told what happens, beside the result.
	Watch scheduler.Observer
}

// Play plays a service whose requests arrive at the given times.
func Play(s *workload.Service, fleetSeed uint64, arrivals []sim.Time, setup Setup) (*Result, error) {
	p := &player{result: &Result{Requests: make([]Request, len(arrivals))}, arrivals: arrivals, service: s, roots: map[*program.Program]bool{}}
	for _, o := range s.Operations {
		p.roots[o.Program] = true
	}
	p.requests, p.connections = play.RequestsOf(s, fleetSeed, 0), play.ConnectionsOf(s, fleetSeed, 0)
	cfg := s.Runtime.Config
	p.host = host.New(&p.sim, host.Config{CPUs: setup.CPUs, Quota: setup.Quota})
	cfg.Process = &process.Process{Host: p.host}
	cfg.Costs, cfg.Seed = setup.Costs, setup.Seed
	var err error
	if p.runtime, err = models.ByName(cfg.Model).New(&p.sim, cfg, p.observer(setup.Watch)); err != nil {
		return nil, err
	}
	p.pinned, _ = p.runtime.(scheduler.Pinned)
	p.target = p.sim.Register(p)
	p.scheduleNext()
	p.sim.Run(p.sim.Next() - 1)
	before := p.counters() // the rig counts from the first request on, too
	if err := p.run(); err != nil {
		return nil, err
	}
	p.result.Host = p.result.Host.Since(p.idle)
	p.result.Counters = p.counters()
	for name := range p.result.Counters {
		p.result.Counters[name] -= before[name]
	}
	return p.result, nil
}

type player struct {
	sim         sim.Simulation
	target      sim.Target
	service     *workload.Service
	roots       map[*program.Program]bool
	requests    play.Requests
	connections play.Connections
	runtime     scheduler.Runtime
	host        *host.Host
	idle        host.Stats       // before the first arrival
	pinned      scheduler.Pinned // the runtime; nil: it pins nothing
	arrivals    []sim.Time
	arrived     int
	result      *Result
	err         error
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
			p.result.Host = p.host.Stats()
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
	if p.arrived == 0 {
		p.idle = p.host.Stats()
	}
	n := uint64(p.arrived) //nolint:gosec // G115: a count
	p.arrived++
	p.scheduleNext() // before the spawn: the simulation must know the next arrival
	operation, work := p.requests.Number(n)
	if err := p.spawn(p.service.Operations[operation].Program, n, work); err != nil {
		p.err = err
	}
}

// spawn starts the task of a request, on the core of its connection if the runtime pins connections.
func (p *player) spawn(of *program.Program, n uint64, work sim.Rand) (err error) {
	if p.pinned != nil {
		_, err = p.pinned.SpawnOn(p.connections.Number(n), of, n, work)
	} else {
		_, err = p.runtime.Spawn(of, n, work)
	}
	return err
}

const (
	slice    = sim.Time(10_000_000)
	settling = sim.Time(40_000_000) // as long as the rig waits: workers go to sleep, and their counters are published
	longest  = 3600 * sim.Time(1_000_000_000)
)

func (p *player) run() error {
	for p.arrived < len(p.arrivals) || p.runtime.Live() > 0 {
		if p.err != nil {
			return p.err
		}
		if p.sim.Next() == sim.Never || p.sim.Now() > longest {
			return fmt.Errorf("service %s: %d tasks never end in the model", p.service.FullName(), p.runtime.Live())
		}
		p.sim.Run(max(p.sim.Now()+slice, p.sim.Next()))
	}
	p.sim.Run(p.sim.Now() + settling)
	return p.err
}

// counters are those of all workers, by the names that the rig gives them.
func (p *player) counters() map[string]uint64 {
	of := p.runtime.Counters()
	c := map[string]uint64{"remote_schedules": of.RemoteSchedules, "forced_yields": of.ForcedYields}
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
	return c
}
