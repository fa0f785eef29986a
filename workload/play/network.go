// SPDX-License-Identifier: Apache-2.0

package play

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Network carries calls between the instances that are played on one simulation. A request crosses the network, arrives at an instance
// of the called service as a task of its own, and the answer crosses back when that task has ended. If the caller has given up
// meanwhile, the called service works for nobody.
type Network struct {
	sim       *sim.Simulation
	target    sim.Target
	instances map[*workload.Service]*replicas
	processes map[processKey]*process.Process
	played    uint64
	travel    []journey // under way
	free      []uint64  // of travel
}

// replicas are the instances of one service, which take its calls in turn.
type replicas struct {
	all  []*Instance
	next int
}

// ofProcess is the instance of a number, as its service counts them. The instances on a network are numbered without a gap.
func (r *replicas) ofProcess(number int) *Instance { return r.all[number-r.all[0].number] }

// NewNetwork makes a network without instances.
func NewNetwork(s *sim.Simulation) *Network {
	n := &Network{sim: s, instances: map[*workload.Service]*replicas{}, processes: map[processKey]*process.Process{}}
	n.target = s.Register(n)
	return n
}

// Play starts an instance of the service on the network's simulation, now. Its requests arrive as the simulation runs; they come back to
// the observer with a tag, as does all that is done for them elsewhere ([Origin]). Instances are numbered from 0; fleetSeed is the seed
// of services that have none of their own. Services that the instance calls must be played on the same network before the simulation
// runs, and the parts of a process after its first runtime.
//
// The service must be one that [workload.Check] accepts, as all are that package spec has read.
func (n *Network) Play(s *workload.Service, fleetSeed uint64, instance int, o Observer) *Instance {
	seed, number := seedOf(s, fleetSeed), numberOf(instance)
	choices := sim.Stream(seed, streamRuntime, number)
	in := &Instance{sim: n.sim, send: n.send, service: s, number: instance, turnedAway: o.Shed}
	n.add(s, in)
	in.runtime = start(n.sim, &s.Runtime, n.process(s, seed, instance), choices.Uint64(), in.observer(s, o.Observer))
	in.play(s, seed, number)
	return in
}

// process is the one that a runtime of a service belongs to. The first runtime of a process makes it.
func (n *Network) process(s *workload.Service, seed uint64, instance int) *process.Process {
	key := processKey{s.Name, instance}
	p := n.processes[key]
	if p == nil {
		p = newProcess(n.sim, &s.Runtime, sim.Stream(seed, streamQuota, numberOf(instance)))
		n.processes[key] = p
	}
	return p
}

// add gives an instance its place among those that take calls, and its number in the tags of its arrivals.
func (n *Network) add(s *workload.Service, in *Instance) {
	in.origin = n.played << arrivalBits
	n.played++
	of := n.instances[s]
	if of == nil {
		of = &replicas{}
		n.instances[s] = of
	}
	of.all = append(of.all, in)
}

// send puts a request or an answer on its way.
func (n *Network) send(j journey) {
	i := uint64(len(n.travel))
	if last := len(n.free) - 1; last >= 0 {
		i = n.free[last]
		n.free = n.free[:last]
		n.travel[i] = j
	} else {
		n.travel = append(n.travel, j)
	}
	n.sim.Schedule(n.sim.Now()+j.request.Network, n.target, 0, i)
}

// Handle implements sim.Handler: a request or an answer arrives. Requests go to the instances in turn.
func (n *Network) Handle(ev sim.Event) {
	j := n.travel[ev.Arg]
	n.free = append(n.free, ev.Arg)
	if j.answer {
		if j.call.InProcess() {
			j.caller.runtime.Wake(j.request.Waker)
		} else {
			j.caller.runtime.Answer(j.request.Waker)
		}
		return
	}
	of := n.instances[j.call.Service]
	if j.call.InProcess() {
		of.ofProcess(j.caller.number).serve(j)
		return
	}
	of.all[of.next%len(of.all)].serve(j)
	of.next++
}

// A tag is the instance that a request's trace began at and the number of the arrival there. Calls keep the tag.
const arrivalBits = 44

// Origin is where the trace of a tag began: the instance, counted in the order in which they were played on the network, and the
// number of its arrival.
func Origin(tag uint64) (instance int, arrival uint64) {
	return int(tag >> arrivalBits), tag & (1<<arrivalBits - 1)
}
