// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// observeLogs keeps what the process logs at a level.
func (p *process) observeLogs(level Level) (o play.Observer) {
	for i := range p.logs.enabled {
		p.logs.enabled[i] = logKinds[i].number >= severities[level].number
	}
	s := p.identity.service
	p.logs.least = severities[level].number
	p.logs.enabled[eventNoted], p.logs.enabled[ownLogged] = len(s.Events) > 0, len(s.Logs) > 0 // each says its own
	if p.logs.enabled[threadStarted] {
		o.Thread = p.logThread
	}
	if p.logs.enabled[taskStarted] {
		o.Started = p.logStart
	}
	if p.logs.enabled[eventNoted] {
		o.Event = p.logEvent
	}
	o.Span, o.Finished, o.Shed = p.logSpan, p.logEnd, p.logShed
	return o
}

// log gives a record to the exporter, if the level includes it. A process that has exited logs no more.
func (p *process) log(r logRecord) {
	if p.logs.enabled[r.kind] && severityOf(p.identity.service, r.kind, r.label).number >= p.logs.least && !p.exited && p.exporters[Logs].admit() {
		p.logs.records = append(p.logs.records, r)
	}
}

// startLogger writes the log records of the service's own from now on.
func (p *process) startLogger() {
	var rates []float64
	for i := range p.identity.service.Logs {
		rates = append(rates, p.identity.service.Logs[i].Rate)
	}
	if len(rates) == 0 {
		return
	}
	p.logs.logger.start(p.sim, rates, p.identity.draws, func(record int, work sim.Rand) bool {
		p.log(logRecord{at: p.sim.Now(), label: record, kind: ownLogged, work: work})
		return !p.exited
	})
}

func (p *process) logThread(t *scheduler.Thread) {
	kind := threadStopped
	if t.Started {
		kind = threadStarted
	}
	p.log(logRecord{at: t.At, label: t.Thread, kind: kind})
}

func (p *process) logStart(t *scheduler.Started) {
	if t.Program.Label != workload.Untraced {
		p.log(logRecord{at: t.At, span: t.Task, tag: t.Tag, label: t.Program.Label, kind: taskStarted})
	}
}

func (p *process) logEvent(e *scheduler.Event) {
	p.log(logRecord{at: e.At, span: e.Span, tag: e.Tag, label: e.Label, kind: eventNoted, work: e.Work})
}

func (p *process) logSpan(s *scheduler.Span) {
	p.logFailure(logRecord{at: s.End, span: s.Number, tag: s.Tag, label: s.Label}, s.Outcome, s.Work)
}

func (p *process) logEnd(t *scheduler.Finished) {
	if t.Program.Label == workload.Untraced {
		return
	}
	r := logRecord{at: t.End, span: t.Task, tag: t.Tag, label: t.Program.Label, kind: taskFinished}
	if t.Outcome == scheduler.Cancelled {
		r.kind = taskCancelled
	}
	p.logFailure(r, t.Outcome, t.Work)
	p.log(r)
}

func (p *process) logShed(s *play.Shed) {
	label := p.identity.service.Operations[s.Operation].Program.Label
	p.logFailure(logRecord{at: s.At, span: p.shedSpan(), tag: s.Tag, label: label}, overloaded, 0)
}

// logFailure makes an error of a span's end, if it has one.
func (p *process) logFailure(r logRecord, outcome scheduler.Outcome, work sim.Rand) {
	id := &p.identity
	_, isError, message := id.looks[r.label].ended(&id.service.Spans[r.label], outcome, workload.DrawsOf(work, r.label))
	if isError {
		r.kind, r.message = spanFailed, message
		p.log(r)
	}
}
