// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Calls between services. A request crosses the network, arrives at an instance of the called service as a task of its own,
// and the answer crosses back when that task has ended. If the caller has given up meanwhile, the called service works for
// nobody.

// resolveCalls finds what each call names, and notes what cannot be.
func resolveCalls(fleet []*Service) {
	var names []string
	byName := map[string]*Service{} // the first of each name
	for _, s := range fleet {
		if _, taken := byName[s.Name]; s.Part == "" && !taken {
			names = append(names, s.Name)
			byName[s.Name] = s
		}
	}
	for _, s := range fleet {
		for i := range s.Calls {
			s.Calls[i].resolve(names, byName)
		}
	}
	for _, s := range fleet {
		if s.Arrivals == (none{}) && !s.called {
			s.arrivals.fail("missing; want a map, since no other service calls this one")
		}
		s.checkCycle()
	}
}

// resolve takes the names of the fleet in their order, for the words of a mistake.
func (c *Call) resolve(names []string, byName map[string]*Service) {
	if c.Service == "" || c.Operation == "" || c.callee != nil {
		return // noted already, or of another runtime of the process
	}
	s, known := byName[c.Service]
	if !known {
		c.unknown("service", quote(c.Service)+" is not in the fleet", c.Service, names)
		return
	}
	s.called = true
	c.operation = slices.IndexFunc(s.Operations, func(o Operation) bool { return o.Program.Name == c.Operation })
	if c.operation < 0 {
		var operations []string
		if !c.at.mistakes.full() {
			for _, o := range s.Operations {
				operations = append(operations, o.Program.Name)
			}
		}
		c.unknown("operation", "service "+s.Name+" has no "+quote(c.Operation), c.Operation, operations)
		return
	}
	c.callee = s
}

// unknown notes that the name under a key of the call is none of those that there are. To look for the nearest name takes as long as
// there are names, for each of as many calls: only mistakes that are told are worth it.
func (c *Call) unknown(key, message, name string, names []string) {
	if !c.at.mistakes.full() {
		message += didYouMean(name, names) + "; want " + oneOf(names)
	}
	c.key(key).fail(message)
}

// key is one of the call's own in YAML.
func (c *Call) key(name string) value {
	return value{path: c.at.path + "." + name, mistakes: c.at.mistakes}
}

// checkCycle notes a service that calls itself, over however many others: one request would become infinitely many.
func (s *Service) checkCycle() {
	seen := map[*Service]bool{}
	var visit func(*Service)
	visit = func(from *Service) {
		seen[from] = true
		for i := range from.Calls {
			switch c := &from.Calls[i]; {
			case c.callee == nil:
			case c.callee == s:
				c.at.fail(fmt.Sprintf("service %s calls itself in the end; want calls without a circle", s.Name))
			case !seen[c.callee]:
				visit(c.callee)
			}
		}
	}
	visit(s)
}

// tasks counts what one run of a program starts, here and in the services that it calls, up to mostTasks+1. Known are those that
// were counted before: without that the work would double with each service that calls the next one twice.
func (s *Service) tasks(p *program.Program, known map[*program.Program]int) int {
	if n, ok := known[p]; ok {
		return n
	}
	n := 0
	for i := range p.Steps {
		switch st := &p.Steps[i]; st.Op {
		case program.Spawn:
			n += st.Count * (1 + s.tasks(st.Child, known))
		case program.Call:
			c := &s.Calls[st.Label]
			n += 1 + c.callee.tasks(c.callee.Operations[c.operation].Program, known)
		default:
		}
		n = min(n, mostTasks+1)
	}
	known[p] = n
	return n
}

// checkTasks notes that a request becomes too many, over services that call each other in turn. There are no circles.
func checkTasks(fleet []*Service) {
	known := map[*program.Program]int{}
	for _, s := range fleet {
		for _, o := range s.Operations {
			if len(s.Calls) > 0 && s.tasks(o.Program, known) > mostTasks {
				s.Calls[0].at.fail(fmt.Sprintf("%s becomes more than %d tasks and calls, those of the services called included; want at most that many",
					o.Program.Name, mostTasks))
				return
			}
		}
	}
}

// Callees are the services that this one calls, directly or over others, each once.
func (s *Service) Callees() []*Service {
	var all []*Service
	var add func(*Service)
	add = func(s *Service) {
		for i := range s.Calls {
			if c := s.Calls[i].callee; !slices.Contains(all, c) {
				all = append(all, c)
				add(c)
			}
		}
	}
	add(s)
	return all
}

// Member is an instance of a service in a fleet.
type Member struct {
	Service  *Service
	Instance int // of the service, from 0
	Number   int // of all instances of the fleet, from 0
}

// Groups are the instances of a fleet that meet. Instances of services that call each other meet, over however many others, because
// calls go to the instances of a service in turn; runtimes of one process meet. Instances of other services are alone. Nothing that
// an instance does depends on another group. Groups are in the order of their first members.
func Groups(fleet []*Service) (groups [][]Member) {
	number := 0
	for _, services := range callers(fleet) {
		var together []Member
		for _, s := range services {
			for instance := range s.Instances {
				together = append(together, Member{s, instance, number})
				number++
			}
		}
		if slices.ContainsFunc(services, (*Service).callsOthers) {
			groups = append(groups, together)
			continue
		}
		// Runtimes of one process have as many instances: each instance of the first is a group with its own of the others.
		instances := services[0].Instances
		for first := range instances {
			process := make([]Member, 0, len(services))
			for at := first; at < len(together); at += instances {
				process = append(process, together[at])
			}
			groups = append(groups, process)
		}
	}
	return groups
}

// callsOthers reports whether the service calls one of another process.
func (s *Service) callsOthers() bool {
	return slices.ContainsFunc(s.Calls, func(c Call) bool { return !c.inProcess() })
}

// callers are the services of a fleet that call each other, over however many others; most services are alone. They are in the
// fleet's order.
func callers(fleet []*Service) [][]*Service {
	group := make([]int, len(fleet))
	for i := range fleet {
		group[i] = i
	}
	for i, s := range fleet {
		for c := range s.Calls {
			from, to := group[i], group[slices.Index(fleet, s.Calls[c].callee)]
			for k := range group {
				if group[k] == max(from, to) {
					group[k] = min(from, to)
				}
			}
		}
	}
	members := make([][]*Service, len(fleet))
	for i, s := range fleet {
		members[group[i]] = append(members[group[i]], s)
	}
	return slices.DeleteFunc(members, func(m []*Service) bool { return len(m) == 0 })
}

// Network carries calls between the instances that are played on one simulation.
type Network struct {
	sim       *sim.Simulation
	target    sim.Target
	instances map[serviceKey]*replicas
	played    uint64
	travel    []journey // under way
	free      []int
}

// replicas are the instances of one service, which take its calls in turn.
type replicas struct {
	all  []*Instance
	next int
}

// ofProcess is the instance of a number, as its service counts them. A network has instances that are next to each other.
func (r *replicas) ofProcess(number int) *Instance { return r.all[number-r.all[0].number] }

// journey is a request on its way to an instance, or an answer on its way back.
type journey struct {
	call    *Call
	request scheduler.Request
	caller  *Instance
	answer  bool
}

// NewNetwork makes a network without instances.
func NewNetwork(s *sim.Simulation) *Network {
	n := &Network{sim: s, instances: map[serviceKey]*replicas{}}
	n.target = s.Register(n)
	return n
}

func (n *Network) add(s *Service, in *Instance) {
	in.origin = n.played << arrivalBits
	n.played++
	of := n.instances[s.key()]
	if of == nil {
		of = &replicas{}
		n.instances[s.key()] = of
	}
	of.all = append(of.all, in)
}

func (n *Network) send(j journey) {
	i := len(n.travel)
	if last := len(n.free) - 1; last >= 0 {
		i = n.free[last]
		n.free = n.free[:last]
		n.travel[i] = j
	} else {
		n.travel = append(n.travel, j)
	}
	n.sim.Schedule(n.sim.Now()+j.request.Network, n.target, 0, uint64(i))
}

// Handle implements sim.Handler: a request or an answer arrives. Requests go to the instances in turn.
func (n *Network) Handle(ev sim.Event) {
	j := n.travel[ev.Arg]
	n.free = append(n.free, int(ev.Arg)) //nolint:gosec // G115: was an index
	if j.answer {
		if j.call.inProcess() {
			j.caller.runtime.Wake(j.request.Waker)
		} else {
			j.caller.runtime.Answer(j.request.Waker)
		}
		return
	}
	of := n.instances[j.call.callee.key()]
	if j.call.inProcess() {
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

// serve lets a request arrive that another service sent.
func (in *Instance) serve(j journey) {
	in.accept(j.call.operation, j.request.Tag, sim.Rand(j.request.Seed), &j)
}

// answer sends the answer to a request of another service.
func (in *Instance) answer(j journey) {
	j.answer = true
	in.network.send(j)
}

// none is a service that only others call.
type none struct{}

// Start implements OpenLoop.
func (none) Start(sim.Rand) Sequence { return none{} }

// Next implements Sequence.
func (none) Next() sim.Time { return sim.Never }

// PerSecond implements Arrivals.
func (none) PerSecond() float64 { return 0 }
