// SPDX-License-Identifier: Apache-2.0

// Package simulate plays one instance of a service, request by request, until all of its requests have finished, and sums
// up what they met: queue wait, latency, and what the runtime counted. The services that it calls are played beside it, all
// instances of them.
//
//	Scenario --Run--> requests arrive ... the last one has arrived --- drain --- the last task has finished --> Result
//	                  |<- warm-up ->|<------------- measured ------------------->|
//	                  |<------------- virtual time, counters, throughput ------->|
//
// Queue wait and latency leave the first requests out, because they meet an empty runtime; everything else is of the
// whole run, so that its figures add up: throughput is requests by virtual time, utilization is busy time by workers and
// virtual time.
//
// Nothing depends on the wall clock but [Result.Wall].
package simulate

import (
	"context"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// Scenario is what to play: instance 0 of a service.
type Scenario struct {
	Service *workload.Service
	// FleetSeed is the seed if the service has none of its own.
	FleetSeed uint64
	// Requests is how many arrive; fewer if the service's arrivals end before.
	Requests uint64
	// Warmup is the share of them, from 0 to less than 1, that queue wait and latency leave out, at the start; but at most
	// [MostWarmup].
	Warmup float64
}

// MostWarmup bounds the requests of the warm-up: how long a queue takes to settle does not depend on how long it is watched,
// and a long run that is interrupted early has something to show.
const MostWarmup = 100_000

func (s *Scenario) warmup() uint64 { return min(uint64(s.Warmup*float64(s.Requests)), MostWarmup) }

// Seed is the seed that decides what the scenario plays.
func (s *Scenario) Seed() uint64 {
	if s.Service.Seed != nil {
		return *s.Service.Seed
	}
	return s.FleetSeed
}

// Replication is the same scenario with seed + i: other requests from the same distributions.
func (s *Scenario) Replication(i uint64) Scenario {
	r := *s
	if s.Service.Seed == nil {
		r.FleetSeed += i
		return r
	}
	service := *s.Service
	service.Seed = new(*s.Service.Seed + i)
	r.Service = &service
	return r
}

// Watch is told what happens while a scenario is played. A nil function costs nothing.
type Watch struct {
	scheduler.Observer

	// Started is called once, before anything happens.
	Started func(scheduler.Runtime)
	// Machine is called once, after Started, with the machine of the process; nil: its CPUs are not limited.
	Machine func(*host.Host)
	// Arrived is told now and then how many requests have arrived.
	Arrived func(requests uint64)
	// Instant is called after all that happens at a time, for each time at which something happens. It makes the run slow.
	Instant func(now sim.Time)
}

// Result is what a run showed.
type Result struct {
	// Arrived and Finished count requests. They differ by those in flight if the run was cut short, and by those that were
	// turned away.
	Arrived, Finished uint64
	// Shed counts the requests that were turned away.
	Shed uint64
	// QueueWait and Latency are of the requests after the warm-up, without the tasks that these spawned. The queue wait
	// of a request is the sum over its polls; its latency goes from spawn to end.
	QueueWait, Latency Summary
	// Operations are the figures of each of the service's operations, in their order.
	Operations []Operation
	// Virtual is the time at which the last task finished, or at which the run was cut short.
	Virtual  sim.Time
	Wall     time.Duration
	Workers  int
	Counters scheduler.Counters
	// Host is what the machine of the instance had counted at Virtual; nothing if its CPUs are not limited.
	Host host.Stats
	// CPUs of that machine, and the quota of its CPU time; nothing if they are not limited.
	CPUs  int
	Quota host.Quota
	// Partial: the run was interrupted, or its requests had not finished a virtual day after the last one arrived.
	Partial bool
}

// Total adds the counters of all workers.
func (r *Result) Total() scheduler.WorkerCounters {
	var t scheduler.WorkerCounters
	for i := range r.Counters.Workers {
		w := &r.Counters.Workers[i]
		t.Polls += w.Polls
		t.LIFOPolls += w.LIFOPolls
		t.Parks += w.Parks
		t.Noops += w.Noops
		t.Steals += w.Steals
		t.StealOperations += w.StealOperations
		t.LocalSchedules += w.LocalSchedules
		t.Overflows += w.Overflows
		t.Busy += w.Busy
	}
	return t
}

// Throughput is the number of requests finished in a virtual second.
func (r *Result) Throughput() float64 {
	return ratio(float64(r.Finished), r.Virtual.Duration().Seconds())
}

// Utilization is the share of the workers' time in which they polled tasks.
func (r *Result) Utilization() float64 {
	return ratio(float64(r.Total().Busy), float64(r.Workers)*float64(r.Virtual))
}

// PollsPerPark is the mean number of polls between two sleeps of a worker, as tokio-metrics defines it: parks that followed
// a park without a poll between do not count.
func (r *Result) PollsPerPark() float64 {
	t := r.Total()
	return ratio(float64(t.Polls), float64(t.Parks-t.Noops))
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

const (
	// longestDrain bounds the virtual time for which requests run on after the last one has arrived.
	longestDrain = sim.Time(24 * time.Hour)
	// settling is how long workers get to look for more work, find none, and go to sleep: Tokio counts its busy time then.
	settling = sim.Time(10 * time.Millisecond)
)

// Run plays the scenario. When the context is done it stops within some milliseconds and returns what it has.
func Run(ctx context.Context, s *Scenario, watch Watch) *Result {
	began := time.Now()
	service := s.Service
	result := &Result{CPUs: service.Runtime.CPUs, Quota: service.Runtime.Quota}
	warmup := s.warmup()
	operations := startOperations(service)
	finished := watch.Finished
	var instance *play.Instance
	watch.Finished = func(f *scheduler.Finished) {
		result.Virtual = max(result.Virtual, f.End)
		if instance.Runtime().Live() == 0 { // perhaps the last one
			result.Host = instance.Host().Stats()
		}
		if f.Parent == 0 && f.Root {
			result.Finished++
			measured := f.Tag >= warmup
			if measured {
				result.QueueWait.Record(int64(f.QueueWait))
				result.Latency.Record(int64(f.End - f.Spawned))
			}
			if of := operations[f.Program]; of != nil {
				of.record(f, measured)
			}
		}
		if finished != nil {
			finished(f)
		}
	}

	var sm sim.Simulation
	network := play.NewNetwork(&sm)
	instance = network.Play(service, s.FleetSeed, 0, play.Observer{Observer: watch.Observer})
	instance.Limit(s.Requests)
	for _, callee := range service.Callees() {
		for n := range callee.Instances {
			network.Play(callee, s.FleetSeed, n, play.Observer{})
		}
	}
	rt := instance.Runtime()
	if watch.Started != nil {
		watch.Started(rt)
	}
	if watch.Machine != nil {
		watch.Machine(instance.Host())
	}
	slices := slicer{length: sim.Time(time.Millisecond)}
	for instance.Ended() == sim.Never || rt.Live() > 0 {
		end := instance.Ended()
		if end < sim.Never-longestDrain {
			end += longestDrain
		}
		if ctx.Err() != nil || sm.Next() == sim.Never || sm.Now() >= end {
			result.Partial = true
			break
		}
		watch.run(&sm, min(max(sm.Now()+slices.length, sm.Next()), end))
		slices.adapt(polls(rt))
		if watch.Arrived != nil {
			watch.Arrived(instance.Arrivals())
		}
	}
	if result.Partial {
		result.Virtual, result.Host = sm.Now(), instance.Host().Stats()
	} else {
		watch.run(&sm, sm.Now()+settling)
	}
	result.Arrived = instance.Arrivals()
	result.Shed = instance.Shed()
	result.Workers = rt.Workers()
	result.Counters = rt.Counters()
	result.Operations = operationsOf(service, operations, result)
	result.Wall = time.Since(began)
	return result
}

// run runs up to a time, and stops after each instant if that is watched.
func (w *Watch) run(sm *sim.Simulation, until sim.Time) {
	for w.Instant != nil && sm.Next() <= until {
		sm.Run(sm.Next())
		w.Instant(sm.Now())
	}
	sm.Run(until)
}

// polls counts all polls so far.
func polls(rt scheduler.Runtime) uint64 {
	n := uint64(0)
	for _, w := range rt.Counters().Workers {
		n += w.Polls + w.LIFOPolls
	}
	return n
}

// slicer cuts a run into slices of virtual time that take some milliseconds of wall time, between which the run can be
// watched and stopped. It goes by the number of polls, not by the wall clock: where the cuts are must not depend on
// the machine.
type slicer struct {
	length sim.Time
	before uint64
}

func (s *slicer) adapt(polls uint64) {
	const target = 20_000
	made := max(1, polls-s.before)
	s.before = polls
	switch {
	case made < target/2:
		s.length = min(2*s.length, sim.Time(time.Second))
	case made > 2*target:
		s.length = max(1, sim.Time(float64(s.length)*target/float64(made)))
	}
}
