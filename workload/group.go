// SPDX-License-Identifier: Apache-2.0

package workload

import "slices"

// Member is an instance of a runtime in a fleet.
type Member struct {
	Service  *Service
	Instance int // of the service, from 0
	Number   int // of all instances of the fleet, from 0
}

// Groups are the instances of a fleet that meet. Instances of services that call each other meet, over however many others, because
// calls go to the instances of a service in turn. So do those of services whose spans link to each other's. The runtimes of one process meet. Instances of other services are alone. Nothing
// that an instance does depends on another group, so each group can be played on a clock of its own. Groups are in the order of their
// first members.
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
		if slices.ContainsFunc(services, (*Service).meetsOthers) {
			groups = append(groups, together)
			continue
		}
		// The runtimes of one process have as many instances: each instance of the first is a group with its own of the others.
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

// meetsOthers reports whether the service calls one of another process, or links to its spans.
func (s *Service) meetsOthers() bool {
	return slices.ContainsFunc(s.Calls, func(c Call) bool { return !c.InProcess() }) ||
		slices.ContainsFunc(s.Spans, func(x Span) bool { return x.Links != nil && x.Links.Service != "" })
}

// callers are the runtimes of a fleet that call each other or link to each other's spans, over however many others, or that are of one
// process; most services are alone. They are in the order of [Runtimes].
func callers(fleet []*Service) [][]*Service {
	all := Runtimes(fleet)
	group := make([]int, len(all))
	for i := range all {
		group[i] = i
	}
	meet := func(a int, b *Service) {
		from, to := group[a], group[slices.Index(all, b)]
		for k := range group {
			if group[k] == max(from, to) {
				group[k] = min(from, to)
			}
		}
	}
	for i, s := range all {
		for c := range s.Calls {
			meet(i, s.Calls[c].Service)
		}
		for _, part := range s.Parts {
			meet(i, part)
		}
		for k := range s.Spans {
			if to := s.Spans[k].Links; to != nil && to.Service != "" {
				for _, linked := range all {
					if linked.Name == to.Service {
						meet(i, linked)
					}
				}
			}
		}
	}
	members := make([][]*Service, len(all))
	for i, s := range all {
		members[group[i]] = append(members[group[i]], s)
	}
	return slices.DeleteFunc(members, func(m []*Service) bool { return len(m) == 0 })
}
