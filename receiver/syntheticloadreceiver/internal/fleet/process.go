// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/servicemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// process is one instance of a service, and what its SDK holds.
type process struct {
	sim      *sim.Simulation
	origins  *origins
	number   int // of all processes of the fleet
	place    int // in origins
	instance *play.Instance
	// withoutMain: requests do not come by a main thread that accepts them; they come from another runtime, or on connections of a core.
	withoutMain bool
	identity    identity
	exporters   [signals]exporter
	spans       endedSpans             // that wait in the exporter or were exported
	events      map[uint64][]spanEvent // by span, of spans that have not ended
	links       links
	// traceSpans: the spans of each trace are numbered.
	traceSpans bool
	spare      spare
	shed       uint64
	metrics    *runtimemetrics.Sampler  // nil: it sends none
	own        *servicemetrics.Recorder // of its service; nil: none
	reader     reader                   // of metrics
	logs       logs
	exited     bool
	endedAt    sim.Time
	givenUp    [signals]uint64       // items that the pipeline did not take
	refused    [signals]stamp.Ranges // their numbers
	// handed is how many items were handed on up to the last discard, and next the number of the next one: kept if a service of the fleet is
	// late now and then.
	handed, next [signals]uint64
}

// logs are what a process logs, and the records that wait in its exporter or were exported.
type logs struct {
	enabled [len(logKinds)]bool
	least   plog.SeverityNumber // that is logged
	logger  logger
	records []logRecord
}

// spare are the lists of a process that are free.
type spare struct {
	spans   spareSpans
	records buffers[logRecord]
	events  buffers[spanEvent]
	links   buffers[spanRef]
}

// shedSpan is the number of the span of the request that was turned away last. No task gets it.
func (p *process) shedSpan() uint64 { return ^p.shed }

// sample takes the state of the process's runtime, now, and exports it. It reports whether the process is there to go on.
func (p *process) sample(now sim.Time) bool {
	if p.metrics == nil || p.exited {
		return false
	}
	if points := p.metrics.Sample(now, p.instance.Runtime().Counters(), p.instance.Host().Stats()); points > 0 {
		p.exporters[Metrics].export(points)
	}
	return true
}

// discard forgets what was exported. Requests may still hold it: what waits goes on in other buffers.
func (p *process) discard() {
	if n := p.exporters[Traces].discard(); n > 0 {
		p.spans.discard(n, &p.spare.spans)
	}
	if n := p.exporters[Logs].discard(); n > 0 {
		p.logs.records = append(p.spare.records.take(), p.logs.records[n:]...)
	}
	if p.exporters[Metrics].discard() > 0 {
		p.metrics.Discard()
	}
}

// end lets the SDK export what waits, and a last sample.
func (p *process) end(now sim.Time) {
	p.sample(now)
	p.exited, p.endedAt = true, now
	for i := range p.exporters {
		p.exporters[i].flush()
	}
}
