package workload

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Instance is one running process of a service: a runtime, and the requests that arrive at it.
type Instance struct {
	sim        *sim.Simulation
	target     sim.Target
	runtime    scheduler.Runtime
	operations []Operation
	cumulative []float64 // weights of operations[0] to [i], summed
	sequence   Sequence
	start      sim.Time
	requests   uint64 // seed of the requests' streams
	arrivals   uint64
	stopped    bool
	calls      uint64             // requests from other services
	open       map[uint64]journey // those that are not answered, by tag
}

// Play starts an instance of the service on a network's simulation, now. Its requests arrive as the simulation runs; they come
// back to the observer with their arrival number, from 0, as tag; those of other services have numbers from 1<<63. Instances
// are numbered from 0; fleetSeed is the seed of services that have none of their own. Services that the instance calls must
// be played on the same network before the simulation runs.
func (s *Service) Play(n *Network, fleetSeed uint64, instance int, o scheduler.Observer) *Instance {
	seed := s.seed(fleetSeed)
	choices := sim.Stream(seed, streamRuntime, uint64(instance)) //nolint:gosec // G115: instances count from 0
	in := &Instance{}
	o = in.connect(n, s, o)
	in.playOn(s.Runtime.start(n.sim, &s.Runtime, choices.Uint64(), o), s, n.sim, seed, instance)
	return in
}

func (in *Instance) playOn(rt scheduler.Runtime, s *Service, sm *sim.Simulation, seed uint64, instance int) {
	number := uint64(instance) //nolint:gosec // G115: instances count from 0
	requests := sim.Stream(seed, streamRequests, number)
	*in = Instance{
		open:       in.open,
		sim:        sm,
		runtime:    rt,
		operations: s.Operations,
		cumulative: make([]float64, len(s.Operations)),
		sequence:   s.Arrivals.Start(sim.Stream(seed, streamArrivals, number)),
		start:      sm.Now(),
		requests:   requests.Uint64(),
	}
	sum := 0.0
	for i, o := range s.Operations {
		sum += o.Weight
		in.cumulative[i] = sum
	}
	in.target = sm.Register(in)
	in.scheduleNext()
}

// Runtime is the runtime that serves the instance's requests.
func (in *Instance) Runtime() scheduler.Runtime { return in.runtime }

// Arrivals counts the requests so far.
func (in *Instance) Arrivals() uint64 { return in.arrivals }

// Stop lets no more requests arrive. Those that have arrived run on.
func (in *Instance) Stop() { in.stopped = true }

// Handle implements sim.Handler: a request arrives.
func (in *Instance) Handle(sim.Event) {
	if in.stopped {
		return
	}
	number := in.arrivals
	in.arrivals++
	// Before the spawn: the simulation must know the next arrival, lest a handler advances the clock past it.
	in.scheduleNext()
	work := sim.Stream(in.requests, number)
	operation := in.choose(&work)
	in.runtime.Spawn(operation.Program, number, work)
}

func (in *Instance) scheduleNext() {
	if at := in.sequence.Next(); at < sim.Never-in.start {
		in.sim.Schedule(in.start+at, in.target, 0, 0)
	}
}

// choose draws an operation by weight. It always draws once, so that work does not depend on how many there are.
func (in *Instance) choose(r *sim.Rand) *Operation {
	last := len(in.operations) - 1
	u := r.Float64() * in.cumulative[last]
	for i := range last {
		if u < in.cumulative[i] {
			return &in.operations[i]
		}
	}
	return &in.operations[last]
}
