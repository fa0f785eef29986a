// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Signal is a kind of telemetry.
type Signal = semconv.Signal

// The signals.
const (
	Traces  = semconv.SignalTraces
	Metrics = semconv.SignalMetrics
	Logs    = semconv.SignalLogs

	signals = semconv.NumSignals
)

// Request is what is handed on at once: one export of one process, or the exports of many. It shares nothing with the fleet that
// the fleet still changes after Discard: while one goroutine plays the fleet, another may build the requests discarded last.
type Request struct {
	Signal Signal
	// Items are spans, data points or log records.
	Items int
	at    sim.Time
	ends  bool // end markers
	parts []part
	noted time.Time // the epoch with which it is in the ledger; zero: it is not
}

// part is some items of one process, of one signal.
type part struct {
	process *process
	count   int
	first   uint64 // number of the first

	spans   []span
	records []logRecord
	samples runtimemetrics.Samples
}

// part is the exported items of a signal, from one up to another, without it.
func (p *process) part(s Signal, from, to int) part {
	it := part{process: p, count: to - from, first: p.exporters[s].sequence + uint64(max(0, from))}
	switch s {
	case Traces:
		it.spans = p.spans[from:to]
	case Metrics:
		it.samples = p.metrics.Samples(from, to)
	default:
		it.records = p.logs.records[from:to]
	}
	return it
}

// Requests are the exports since the last Discard, in the order of virtual time.
func (f *Fleet) Requests() (requests []Request) {
	if f.options.Separate {
		return f.separate()
	}
	for s := range signals {
		r := Request{Signal: s}
		for _, p := range f.processes {
			if n := p.exporters[s].sent; n > 0 {
				r.parts = append(r.parts, p.part(s, 0, n))
				r.Items += n
			}
		}
		if r.Items > 0 {
			requests = append(requests, r)
		}
	}
	return requests
}

// separate makes a request of each export.
func (f *Fleet) separate() (requests []Request) {
	for _, p := range f.processes {
		for s := range signals {
			from := 0
			for _, e := range p.exporters[s].exports {
				requests = append(requests, Request{Signal: s, Items: e.to - from, at: e.at, parts: []part{p.part(s, from, e.to)}})
				from = e.to
			}
		}
	}
	slices.SortStableFunc(requests, func(a, b Request) int { return cmp.Compare(a.at, b.at) })
	return requests
}

// Recycle takes back requests that were discarded and are built no more.
func (f *Fleet) Recycle(requests []Request) {
	for i := range requests {
		for _, part := range requests[i].parts {
			part.process.recycle(&part, !f.options.Separate)
		}
	}
}
