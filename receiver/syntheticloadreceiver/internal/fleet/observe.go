// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/servicemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// observer keeps what becomes telemetry of the process.
func (p *process) observer(with *Options) play.Observer {
	observers := []play.Observer{{Shed: func(*play.Shed) { p.shed++ }}} // first: the others number the request's span by the count
	if with.sends(Traces) {
		observers = append(observers, p.observeSpans(with.PollEvents))
	}
	if with.sends(Metrics) {
		observers = append(observers, p.observePolls(with.Metrics), p.observeOwn())
	}
	if with.sends(Logs) {
		observers = append(observers, p.observeLogs(with.Logs.Level))
	}
	return together(observers)
}

// observePolls makes the process's sampler, which reads the runtime's counters itself and is told only of polls, if it times them.
func (p *process) observePolls(of *runtimemetrics.Config) (o play.Observer) {
	p.own = servicemetrics.New(p.identity.service, p.identity.draws, of.Temporality == runtimemetrics.Delta, p.sim.Now(), setValue)
	runtime := &p.identity.service.Runtime
	machine := runtimemetrics.Machine{CPUs: runtime.CPUs > 0, Quota: runtime.Quota.CPUs > 0}
	p.metrics = runtimemetrics.New(of, runtime.Crate(), machine, p.own, p.sim.Now())
	if p.metrics != nil && p.metrics.TimesPolls() {
		o.Poll = p.metrics.Poll
	}
	return o
}

// observeOwn records what spans record of the service's own metrics.
func (p *process) observeOwn() (o play.Observer) {
	if p.own == nil {
		return o
	}
	o.Finished = func(t *scheduler.Finished) {
		if t.Program.Label != workload.Untraced {
			p.own.Ended(&servicemetrics.Span{Label: t.Program.Label, Number: t.Task, Tag: t.Tag, Start: t.Spawned, End: t.End, Work: t.Work})
		}
	}
	o.Span = func(s *scheduler.Span) {
		p.own.Ended(&servicemetrics.Span{Label: s.Label, Number: s.Number, Tag: s.Tag, Start: s.Start, End: s.End, Work: s.Work})
	}
	return o
}

// together tells several observers, the first one first. What none of them asks for, the runtime need not report.
func together(observers []play.Observer) (all play.Observer) {
	for _, o := range observers {
		all.Thread = both(all.Thread, o.Thread)
		all.Started = both(all.Started, o.Started)
		all.Finished = both(all.Finished, o.Finished)
		all.Span = both(all.Span, o.Span)
		all.Event = both(all.Event, o.Event)
		all.Poll = both(all.Poll, o.Poll)
		all.Shed = both(all.Shed, o.Shed)
	}
	return all
}

func both[T any](first, second func(*T)) func(*T) {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(x *T) {
		first(x)
		second(x)
	}
}
