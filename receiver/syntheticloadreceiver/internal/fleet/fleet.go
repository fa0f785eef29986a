// Package fleet plays services in virtual time and builds the spans that they would send.
//
// A [Fleet] holds one simulation with every instance of every service on it. [Fleet.Advance] plays it; tasks that finish are
// kept as plain records until [Fleet.Discard]. [Fleet.Traces] builds pdata from the records, any number of times: a batch
// that a pipeline refused cannot be sent again, because the pipeline may have changed it.
//
// Everything in a span but the start of time follows from the configuration and the seed, identifiers included. They
// are drawn from the seed, the service's name, the instance and the number of the request or task, so they do not
// depend on what else the fleet does.
package fleet

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Fleet is a set of services at some virtual time. Not safe for concurrent use.
type Fleet struct {
	sim        sim.Simulation
	processes  []*process
	taskFields bool
	slice      sim.Time
	spans      int
}

// process is one instance of a service and the spans it has finished.
type process struct {
	instance *workload.Instance
	identity identity
	finished []scheduler.Finished
	inner    []scheduler.Span             // spans inside tasks, ended
	shed     []workload.Shed              // requests turned away
	events   map[uint64][]scheduler.Event // by span, of spans that have not been discarded
}

const (
	longestSlice  = 100 * time.Millisecond
	shortestSlice = time.Millisecond
	// spansPerSlice is what a slice aims at: large enough to be cheap to send, small enough to be held.
	spansPerSlice = 8192
)

// New makes a fleet at virtual time 0. taskFields adds what services record that measure their own futures.
func New(services []*workload.Service, seed uint64, taskFields bool) *Fleet {
	f := &Fleet{taskFields: taskFields}
	network := workload.NewNetwork(&f.sim)
	rate := 0.0
	for _, s := range services {
		for n := range s.Instances {
			p := &process{identity: newIdentity(s, seed, n), events: map[uint64][]scheduler.Event{}}
			p.instance = s.Play(network, seed, n, f.observer(p))
			f.processes = append(f.processes, p)
		}
		rate += float64(s.Instances) * s.SpanRate()
	}
	f.slice = sim.Time(min(max(spansPerSlice/rate*float64(time.Second), float64(shortestSlice)), float64(longestSlice)))
	return f
}

// observer keeps what becomes a span of the process.
func (f *Fleet) observer(p *process) workload.Observer {
	return workload.Observer{Observer: scheduler.Observer{
		Finished: func(t *scheduler.Finished) {
			if t.Program.Label != workload.Untraced {
				p.finished = append(p.finished, *t)
				f.spans++
			}
		},
		Span: func(s *scheduler.Span) {
			p.inner = append(p.inner, *s)
			f.spans++
		},
		Event: func(e *scheduler.Event) {
			if e.Span != 0 {
				p.events[e.Span] = append(p.events[e.Span], *e)
			}
		},
	}, Shed: func(s *workload.Shed) {
		p.shed = append(p.shed, *s)
		f.spans++
	}}
}

// SliceLength is the virtual time to play before the spans are taken: at most 100 ms, less at high rates. It depends on
// the configuration alone, so that two runs cut their batches at the same places.
func (f *Fleet) SliceLength() sim.Time { return f.slice }

// Advance plays until a virtual time.
func (f *Fleet) Advance(until sim.Time) { f.sim.Run(until) }

// StopArrivals lets no further request arrive.
func (f *Fleet) StopArrivals() {
	for _, p := range f.processes {
		p.instance.Stop()
	}
}

// Live is the number of tasks in flight.
func (f *Fleet) Live() int {
	n := 0
	for _, p := range f.processes {
		n += p.instance.Runtime().Live()
	}
	return n
}

// Requests counts the arrivals so far.
func (f *Fleet) Requests() uint64 {
	n := uint64(0)
	for _, p := range f.processes {
		n += p.instance.Arrivals()
	}
	return n
}

// Shed counts the requests that were turned away so far.
func (f *Fleet) Shed() uint64 {
	n := uint64(0)
	for _, p := range f.processes {
		n += p.instance.Shed()
	}
	return n
}

// Spans is the number of spans finished since the last Discard.
func (f *Fleet) Spans() int { return f.spans }

// Discard forgets the finished spans.
func (f *Fleet) Discard() {
	for _, p := range f.processes {
		if len(p.events) > 0 {
			p.discardEvents()
		}
		p.finished, p.inner, p.shed = p.finished[:0], p.inner[:0], p.shed[:0]
	}
	f.spans = 0
}

func (p *process) discardEvents() {
	for i := range p.finished {
		delete(p.events, p.finished[i].Task)
	}
	for i := range p.inner {
		delete(p.events, p.inner[i].Number)
	}
}
