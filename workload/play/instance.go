// SPDX-License-Identifier: Apache-2.0

package play

import (
	"fmt"
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// Instance is one running process of a service: a runtime, and the requests that arrive at it.
//
//	arrival, call --accept--> task --finished--> over: the caller is answered, the user of a closed loop thinks
//	                 |                            ^
//	                 +------- turned away --------+
type Instance struct {
	sim        *sim.Simulation
	target     sim.Target
	send       func(journey)
	runtime    scheduler.Runtime
	process    *process.Process // that the runtime is part of
	pinned     scheduler.Pinned // the runtime; nil: it pins nothing
	operations []workload.Operation
	sequence   arrive.Sequence // of an open loop
	loop       *loop           // closed; nil if open
	start      sim.Time
	requests   Requests
	comeOn     Connections
	arrivals   uint64
	limit      uint64   // of arrivals
	last       sim.Time // arrival
	exhausted  bool     // the sequence has ended
	stopped    bool
	open       map[uint64]journey // requests from other services that are not answered, by task
	service    *workload.Service
	number     int    // among the instances of the service
	origin     uint64 // in the tags of its arrivals

	inFlight, maxInFlight int // requests
	shed                  uint64
	turnedAway            func(*Shed)
	away                  Shed // the latest
}

// journey is a request on its way to an instance, or an answer on its way back.
type journey struct {
	call    *workload.Call
	request scheduler.Request
	caller  *Instance
	answer  bool
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

// observer adds what the instance itself wants to know of its runtime.
func (in *Instance) observer(s *workload.Service, o scheduler.Observer) scheduler.Observer {
	if len(s.Calls) > 0 {
		o.Call = func(r *scheduler.Request) { in.send(journey{call: &s.Calls[r.Label], request: *r, caller: in}) }
	}
	finished := o.Finished
	o.Finished = func(f *scheduler.Finished) {
		if finished != nil {
			finished(f)
		}
		if f.Root {
			in.inFlight--
			in.over(f.Task, f.Tag)
		}
	}
	return o
}

// play lets requests arrive from now on.
func (in *Instance) play(s *workload.Service, seed, number uint64) {
	in.requests, in.comeOn = startRequests(s, seed, number), startConnections(s, seed, number)
	in.pinned, _ = in.runtime.(scheduler.Pinned)
	in.start = in.sim.Now()
	in.limit = math.MaxUint64
	in.maxInFlight = s.MaxInFlight
	in.operations = s.Operations
	in.open = map[uint64]journey{}
	in.target = in.sim.Register(in)
	switch a := s.Arrivals.(type) {
	case nil: // only other services call this one
		in.exhausted = true
	case arrive.Open:
		in.sequence = startArrivals(a, seed, number)
		in.scheduleNext()
	case arrive.Closed:
		in.loop = newLoop(a, seed, number)
		for user := range in.loop.users {
			in.sendAfterThinking(uint64(user))
		}
	}
}

// Runtime is the runtime that serves the instance's requests.
func (in *Instance) Runtime() scheduler.Runtime { return in.runtime }

// Host is the machine of the instance; nil if its CPUs are not limited.
func (in *Instance) Host() *host.Host { return in.process.Host }

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
	operation, work := in.requests.Number(number)
	in.accept(operation, in.origin|number, work, nil)
}

// connection is the one that a request comes on: by its number among the arrivals here, or by the call that brings it.
func (in *Instance) connection(tag uint64, called *journey) uint64 {
	switch {
	case called != nil:
		return in.comeOn.ofCall(called.request.Seed)
	case in.loop != nil && !in.comeOn.shared:
		return in.loop.waiting[tag]
	default:
		return in.comeOn.Number(tag - in.origin)
	}
}

// spawn starts the task of a request, on the core that has its connection if the runtime pins connections.
func (in *Instance) spawn(p *program.Program, tag uint64, work sim.Rand, called *journey) (task uint64, err error) {
	if in.pinned != nil {
		return in.pinned.SpawnOn(in.connection(tag, called), p, tag, work)
	}
	return in.runtime.Spawn(p, tag, work)
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

// serve lets a request arrive that another service sent.
func (in *Instance) serve(j journey) {
	in.accept(j.call.Operation, j.request.Tag, sim.Rand(j.request.Seed), &j)
}

// answer sends the answer to a request of another service.
func (in *Instance) answer(j journey) {
	j.answer = true
	in.send(j)
}

// accept starts the task of a request, or turns the request away. Who called is nil for arrivals.
func (in *Instance) accept(operation int, tag uint64, work sim.Rand, called *journey) {
	if in.inFlight < in.maxInFlight || in.maxInFlight == 0 {
		in.inFlight++
		task, err := in.spawn(in.operations[operation].Program, tag, work, called)
		if err != nil {
			panic(fmt.Sprintf("play: operation %d of %s: %v; workload.Check says so", operation, in.service.FullName(), err))
		}
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
