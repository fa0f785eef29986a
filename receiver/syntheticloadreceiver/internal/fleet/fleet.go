// Package fleet plays services in virtual time and builds the spans, metrics and log records that they would send.
//
// A [Fleet] holds one simulation with every instance of every service on it. [Fleet.Advance] plays it; tasks that finish, samples
// of the runtimes and what the services log are kept as plain records until [Fleet.Discard]. [Fleet.Traces], [Fleet.Metrics]
// and [Fleet.Logs] build pdata from the records, any number of times: a batch that a pipeline refused cannot be sent again,
// because the pipeline may have changed it.
//
// Everything in them but the start of time follows from the configuration and the seed, identifiers included. They
// are drawn from the seed, the service's name, the instance and the number of the request or task, so they do not
// depend on what else the fleet does.
package fleet

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Fleet is a set of services at some virtual time. Not safe for concurrent use.
type Fleet struct {
	sim        sim.Simulation
	processes  []*process
	options    Options
	slice      sim.Time
	nextSample sim.Time // of the metrics; sim.Never without
	spans      int
}

// Options say what the services send.
type Options struct {
	TaskFields bool                   // spans with what services record that measure their own futures
	Spans      bool                   // spans at all
	Metrics    *runtimemetrics.Config // nil: none
	Logs       *LogsConfig            // nil: none
}

// process is one instance of a service and what it has not sent yet.
type process struct {
	instance *workload.Instance
	identity identity
	finished []scheduler.Finished
	inner    []scheduler.Span             // spans inside tasks, ended
	events   map[uint64][]scheduler.Event // by span, of spans that have not been discarded
	metrics  *runtimemetrics.Sampler      // nil: none
	logs     *logs                        // nil: none
}

const (
	longestSlice  = 100 * time.Millisecond
	shortestSlice = time.Millisecond
	// spansPerSlice is what a slice aims at: large enough to be cheap to send, small enough to be held.
	spansPerSlice = 8192
)

// New makes a fleet at virtual time 0.
func New(services []*workload.Service, seed uint64, o Options) *Fleet {
	f := &Fleet{options: o, nextSample: sim.Never}
	if o.Metrics != nil {
		f.nextSample = sim.Time(o.Metrics.Interval)
	}
	network := workload.NewNetwork(&f.sim)
	rate := 0.0
	for _, s := range services {
		for n := range s.Instances {
			p := &process{identity: newIdentity(s, seed, n), events: map[uint64][]scheduler.Event{}}
			if o.Metrics != nil {
				p.metrics = runtimemetrics.New(o.Metrics, s.Runtime.Name == semconv.RuntimeTokio, f.sim.Now())
			}
			if o.Logs != nil {
				p.logs = newLogs(o.Logs)
			}
			p.instance = s.Play(network, seed, n, f.observer(p))
			f.processes = append(f.processes, p)
		}
		rate += float64(s.Instances) * s.SpanRate()
	}
	f.slice = sim.Time(min(max(spansPerSlice/rate*float64(time.Second), float64(shortestSlice)), float64(longestSlice)))
	return f
}

// observer keeps what the process sends.
func (f *Fleet) observer(p *process) (o scheduler.Observer) {
	if f.options.Spans {
		o = f.recordSpans(p)
	}
	if p.metrics != nil && p.metrics.TimesPolls() {
		o.Poll = p.metrics.Poll
	}
	if p.logs != nil {
		o = p.logs.observe(o)
	}
	return o
}

// recordSpans keeps what becomes a span of the process.
func (f *Fleet) recordSpans(p *process) scheduler.Observer {
	return scheduler.Observer{
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
	}
}

// SliceLength is the virtual time to play before the spans are taken: at most 100 ms, less at high rates. It depends on
// the configuration alone, so that two runs cut their batches at the same places.
func (f *Fleet) SliceLength() sim.Time { return f.slice }

// Advance plays until a virtual time.
func (f *Fleet) Advance(until sim.Time) {
	for f.nextSample <= until {
		f.sim.Run(f.nextSample)
		f.sample()
		f.nextSample += sim.Time(f.options.Metrics.Interval)
	}
	f.sim.Run(until)
}

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

// Pending counts what the services have to send since the last Discard: spans, points of metrics and log records.
func (f *Fleet) Pending() (spans, points, records int) {
	for _, p := range f.processes {
		if p.metrics != nil {
			points += p.metrics.Points()
		}
		if p.logs != nil {
			records += p.logs.len()
		}
	}
	return f.spans, points, records
}

// Discard forgets what Pending counts.
func (f *Fleet) Discard() {
	for _, p := range f.processes {
		if len(p.events) > 0 {
			p.discardEvents()
		}
		p.finished, p.inner = p.finished[:0], p.inner[:0]
		if p.metrics != nil {
			p.metrics.Discard()
		}
		if p.logs != nil {
			p.logs.discard()
		}
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
