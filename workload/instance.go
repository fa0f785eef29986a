// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Instance is one running process of a service: a runtime, and the requests that arrive at it.
//
//	arrival, call --accept--> task --finished--> over: the caller is answered, the user of a closed loop thinks
//	                 |                            ^
//	                 +------- turned away --------+
type Instance struct {
	sim        *sim.Simulation
	target     sim.Target
	network    *Network
	runtime    scheduler.Runtime
	operations []Operation
	cumulative []float64 // weights of operations[0] to [i], summed
	sequence   Sequence  // of an open loop
	loop       *loop     // closed; nil if open
	start      sim.Time
	requests   uint64 // seed of the requests' streams
	arrivals   uint64
	limit      uint64   // of arrivals
	last       sim.Time // arrival
	exhausted  bool     // the sequence has ended
	stopped    bool
	open       map[uint64]journey // requests from other services that are not answered, by task
	number     int                // among the instances of the service
	origin     uint64             // in the tags of its arrivals
	host       *host.Host

	inFlight, maxInFlight int // requests
	shed                  uint64
	turnedAway            func(*Shed)
	away                  Shed // the latest
}

// Observer is told what happens at an instance. A nil function costs nothing. The pointers are valid during the call only.
type Observer struct {
	scheduler.Observer

	// Shed is told of each request that the instance turns away.
	Shed func(*Shed)
}

// Shed is a request that was turned away when it arrived, because as many as the instance takes were in flight.
type Shed struct {
	Tag       uint64
	Operation int // index of the service's operations
	At        sim.Time
	Caller    Caller // if another service sent it
}

// Caller is where a request of another service came from: the instance, nil if it is an arrival, and the span that sent it.
type Caller struct {
	Instance *Instance
	Span     uint64
}

// Play starts an instance of the service on a network's simulation, now. Its requests arrive as the simulation runs; they come
// back to the observer with a tag, as does all that is done for them elsewhere ([Origin]). Instances
// are numbered from 0; fleetSeed is the seed of services that have none of their own. Services that the instance calls must
// be played on the same network before the simulation runs, and the parts of a process after its first runtime.
func (s *Service) Play(n *Network, fleetSeed uint64, instance int, o Observer) *Instance {
	seed := s.seed(fleetSeed)
	choices := sim.Stream(seed, streamRuntime, uint64(instance)) //nolint:gosec // G115: instances count from 0
	in := &Instance{sim: n.sim, network: n, number: instance, turnedAway: o.Shed}
	if s.Part == "" {
		in.host = s.Runtime.host(n.sim)
	} else {
		in.host = n.instances[serviceKey{name: s.Name}].ofProcess(instance).host
	}
	n.add(s, in)
	in.runtime = s.Runtime.start(n.sim, &s.Runtime, in.host, choices.Uint64(), in.observer(s, o.Observer))
	in.play(s, seed, uint64(instance)) //nolint:gosec // G115: instances count from 0
	return in
}

// observer adds what the instance itself wants to know of its runtime.
func (in *Instance) observer(s *Service, o scheduler.Observer) scheduler.Observer {
	if len(s.Calls) > 0 {
		o.Call = func(r *scheduler.Request) { in.network.send(journey{call: &s.Calls[r.Label], request: *r, caller: in}) }
	}
	finished := o.Finished
	o.Finished = func(f *scheduler.Finished) {
		if finished != nil {
			finished(f)
		}
		if f.Spawner == scheduler.Outside {
			in.inFlight--
			in.over(f.Task, f.Tag)
		}
	}
	return o
}

// play lets requests arrive from now on.
func (in *Instance) play(s *Service, seed, number uint64) {
	requests := sim.Stream(seed, streamRequests, number)
	in.requests = requests.Uint64()
	in.start = in.sim.Now()
	in.limit = math.MaxUint64
	in.maxInFlight = s.MaxInFlight
	in.operations = s.Operations
	in.cumulative = make([]float64, len(s.Operations))
	sum := 0.0
	for i, o := range s.Operations {
		sum += o.Weight
		in.cumulative[i] = sum
	}
	if s.called {
		in.open = map[uint64]journey{}
	}
	in.target = in.sim.Register(in)
	switch a := s.Arrivals.(type) {
	case OpenLoop:
		in.sequence = startArrivals(a, seed, number)
		in.scheduleNext()
	case ClosedLoop:
		in.loop = a.start(seed, number)
		for user := range in.loop.users {
			in.sendAfterThinking(uint64(user))
		}
	}
}

func startArrivals(a OpenLoop, seed, instance uint64) Sequence {
	return a.Start(sim.Stream(seed, streamArrivals, instance))
}

// Schedule is when requests are to arrive at an instance, whatever becomes of them: the times that [Service.Play] keeps to, from
// the same seed. It is nil for a closed loop, which has no schedule.
func (s *Service) Schedule(fleetSeed uint64, instance int) Sequence {
	if a, open := s.Arrivals.(OpenLoop); open {
		return startArrivals(a, s.seed(fleetSeed), uint64(instance)) //nolint:gosec // G115: instances count from 0
	}
	return nil
}

// Runtime is the runtime that serves the instance's requests.
func (in *Instance) Runtime() scheduler.Runtime { return in.runtime }

// Arrivals counts the requests so far, those included that were turned away; not those of other services.
func (in *Instance) Arrivals() uint64 { return in.arrivals }

// Shed counts the requests that were turned away, those of other services included.
func (in *Instance) Shed() uint64 { return in.shed }

// Stop lets no more requests arrive. Those that have arrived run on.
func (in *Instance) Stop() { in.stopped = true }

// Limit lets no more requests arrive than that many in all, at least one.
func (in *Instance) Limit(arrivals uint64) { in.limit = arrivals }

// Ended is the time of the last arrival if no more is to come, else [sim.Never].
func (in *Instance) Ended() sim.Time {
	if in.stopped || in.exhausted || in.arrivals >= in.limit {
		return in.last
	}
	return sim.Never
}

// Handle implements sim.Handler: a request arrives; of a closed loop, that of the user ev.Arg.
func (in *Instance) Handle(ev sim.Event) {
	if in.stopped || in.arrivals >= in.limit {
		return
	}
	number := in.arrivals
	in.arrivals++
	in.last = in.sim.Now()
	if in.loop != nil {
		in.loop.waiting[in.origin|number] = ev.Arg
	} else {
		// Before the spawn: the simulation must know the next arrival, lest a handler advances the clock past it.
		in.scheduleNext()
	}
	work := sim.Stream(in.requests, number)
	operation := in.choose(&work)
	in.accept(operation, in.origin|number, work, nil)
}

func (in *Instance) scheduleNext() {
	if in.arrivals >= in.limit {
		return
	}
	at := in.sequence.Next()
	if at >= sim.Never-in.start {
		in.exhausted = true
		return
	}
	in.sim.Schedule(in.start+at, in.target, 0, 0)
}

// sendAfterThinking lets a user of a closed loop think, and then send a request.
func (in *Instance) sendAfterThinking(user uint64) {
	in.sim.Schedule(in.sim.Now()+in.loop.thinks(user), in.target, 0, user)
}

// accept starts the task of a request, or turns the request away. Who called is nil for arrivals.
func (in *Instance) accept(operation int, tag uint64, work sim.Rand, called *journey) {
	if in.inFlight < in.maxInFlight || in.maxInFlight == 0 {
		in.inFlight++
		task := in.runtime.Spawn(in.operations[operation].Program, tag, work)
		if called != nil {
			in.open[task] = *called
		}
		return
	}
	in.shed++
	if in.turnedAway != nil {
		in.away = Shed{Tag: tag, Operation: operation, At: in.sim.Now()}
		if called != nil {
			in.away.Caller = called.from()
		}
		in.turnedAway(&in.away)
	}
	if called != nil {
		in.answer(*called)
	} else {
		in.think(tag)
	}
}

// over tells whoever waits for a request that it is over.
func (in *Instance) over(task, tag uint64) {
	if called, ok := in.open[task]; ok {
		delete(in.open, task)
		in.answer(called)
		return
	}
	in.think(tag)
}

// think lets the user of a closed loop who waits for a request think, and then send another.
func (in *Instance) think(tag uint64) {
	if in.loop == nil {
		return
	}
	user := in.loop.waiting[tag]
	delete(in.loop.waiting, tag)
	in.sendAfterThinking(user)
}

// Caller tells of a task that runs, or has just finished, who sent its request.
func (in *Instance) Caller(task uint64) Caller {
	if called, ok := in.open[task]; ok {
		return called.from()
	}
	return Caller{}
}

func (j *journey) from() Caller { return Caller{j.caller, j.request.Span} }

// choose draws an operation by weight. It always draws once, so that work does not depend on how many there are.
func (in *Instance) choose(r *sim.Rand) int {
	last := len(in.operations) - 1
	u := r.Float64() * in.cumulative[last]
	for i := range last {
		if u < in.cumulative[i] {
			return i
		}
	}
	return last
}
