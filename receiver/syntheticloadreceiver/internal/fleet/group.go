// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// group is the instances that meet, on a clock of their own. They are played together, and end together.
type group struct {
	sim       sim.Simulation
	network   *play.Network
	instances []*play.Instance
	processes []*process // that this shard sends for
	origins   origins    // of all instances
	links     rings      // across processes
	ended     bool
}

// newGroup plays instances from virtual time 0.
func newGroup(o *Options, seed uint64, members []workload.Member) *group {
	g := &group{origins: origins{places: make(map[*play.Instance]int, len(members))}}
	g.network = play.NewNetwork(&g.sim)
	for _, m := range members {
		g.links.forLinks(m.Service, true)
	}
	for _, m := range members {
		g.play(o, seed, m)
	}
	return g
}

// play starts an instance. It is recorded if this shard sends for it.
func (g *group) play(with *Options, seed uint64, m workload.Member) {
	var o play.Observer
	s := m.Service
	p := &process{
		sim: &g.sim, origins: &g.origins, number: m.Number, identity: newIdentity(s, seed, with.Run, m.Instance),
		events: map[uint64][]spanEvent{}, links: newLinks(s, &g.links), place: len(g.origins.identities), traceSpans: with.Verify && with.TraceSpans,
	}
	switch {
	case with.Shard.has(m.Number):
		for signal := range p.exporters {
			p.exporters[signal].init(&g.sim, s.Export, p.identity.phase(Signal(signal), s.Export.Delay))
		}
		o = p.observer(with)
		g.processes = append(g.processes, p)
	case with.sends(Traces) && p.links.meets():
		o = p.observeLinked()
	}
	g.origins.identities = append(g.origins.identities, &p.identity)
	p.instance = g.network.Play(s, seed, m.Instance, o)
	_, pinned := p.instance.Runtime().(scheduler.Pinned)
	p.withoutMain = pinned || s.Part != ""
	if with.Shard.has(m.Number) && with.sends(Logs) {
		p.startLogger()
	}
	if p.metrics != nil {
		interval := sim.Time(with.Metrics.Interval)
		p.reader.start(&g.sim, interval, p.identity.phase(Metrics, interval), p.sample)
	}
	g.origins.places[p.instance] = p.place
	g.instances = append(g.instances, p.instance)
}

// live is the number of tasks in flight.
func (g *group) live() int {
	n := 0
	for _, in := range g.instances {
		n += in.Runtime().Live()
	}
	return n
}

// end ends the group's processes now.
func (g *group) end() {
	g.ended = true
	for _, p := range g.processes {
		p.end(g.sim.Now())
	}
}
