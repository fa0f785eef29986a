package fleet

import (
	"cmp"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Signal is a kind of telemetry.
type Signal int

// The signals.
const (
	Traces Signal = iota
	Metrics
	Logs
	signals // how many there are
)

// Request is what is handed on at once: one export of one process, or the exports of many.
type Request struct {
	Signal Signal
	// Items are spans, data points or log records.
	Items int
	at    sim.Time
	ends  bool // end markers
	parts []part
}

// part is some items of one process: from to to in its exporter.
type part struct {
	process  *process
	from, to int
}

// Requests are the exports since the last Discard, in the order of virtual time. They are valid until the next call.
func (f *Fleet) Requests() []Request {
	clear(f.requests)
	f.requests = f.requests[:0]
	if f.options.Separate {
		f.separate()
	} else {
		for s := range signals {
			f.merge(s)
		}
	}
	return f.requests
}

// merge makes one request of all exports of a signal.
func (f *Fleet) merge(s Signal) {
	r := Request{Signal: s}
	for _, p := range f.processes {
		if n := p.exporters[s].sent; n > 0 {
			r.parts = append(r.parts, part{process: p, to: n})
			r.Items += n
		}
	}
	if r.Items > 0 {
		f.requests = append(f.requests, r)
	}
}

// separate makes a request of each export.
func (f *Fleet) separate() {
	for _, p := range f.processes {
		for s := range signals {
			from := 0
			for _, e := range p.exporters[s].exports {
				f.requests = append(f.requests, Request{Signal: s, Items: e.to - from, at: e.at, parts: []part{{p, from, e.to}}})
				from = e.to
			}
		}
	}
	slices.SortStableFunc(f.requests, func(a, b Request) int { return cmp.Compare(a.at, b.at) })
}
