// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Request is what is handed on at once: one export of one process, or the exports of many. It shares nothing with the fleet that
// the fleet still changes after Discard: while one goroutine plays the fleet, another may build the requests discarded last.
type Request struct {
	Signal Signal
	// Items are spans, data points or log records.
	Items int
	// Past: it is handed on long after what it tells of, on purpose. Whoever hands it on says so.
	Past  bool
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
	shared  bool   // another part has the same lists
	spans   endedSpans
	records []logRecord
	samples runtimemetrics.Samples
}

// part is the exported items of a signal, from one up to another, without it.
func (p *process) part(s Signal, from, to int) part {
	it := part{process: p, count: to - from, first: p.exporters[s].sequence + uint64(max(0, from))}
	switch s {
	case Traces:
		it.spans = p.spans.from(from, to)
	case Metrics:
		it.samples = p.metrics.Samples(from, to)
	default:
		it.records = p.logs.records[from:to]
	}
	return it
}

// Cut divides a request after some items, 1 to one less than it has. A sample of metrics is not divided: the first part may be a little
// longer than asked for, and the second one empty. The parts share the request's records, and are built as it is.
func (r *Request) Cut(items int) (first, second Request) {
	first = Request{Signal: r.Signal, Past: r.Past, at: r.at, ends: r.ends, noted: r.noted}
	second = first
	for i, it := range r.parts {
		room := items - first.Items
		if room <= 0 {
			second.parts = r.parts[i:]
			break
		}
		if it.count <= room {
			first.add(it)
			continue
		}
		begin, end := it.cut(room)
		first.add(begin)
		second.parts = r.parts[i+1:]
		if end.count > 0 {
			second.parts = append([]part{end}, second.parts...)
		}
		break
	}
	second.Items = r.Items - first.Items
	return first, second
}

func (r *Request) add(it part) {
	r.parts = append(r.parts, it)
	r.Items += it.count
}

// cut divides a part after n items, fewer than it has; of metrics, after the sample that has the last of them.
func (it part) cut(n int) (begin, end part) {
	begin, end = it, it
	switch {
	case it.spans.list != nil:
		begin.spans.list, end.spans.list = it.spans.list[:n], it.spans.list[n:]
	case it.records != nil:
		begin.records, end.records = it.records[:n], it.records[n:]
	default:
		begin.samples, end.samples, n = it.samples.Cut(n)
	}
	begin.count, end.count = n, it.count-n
	end.first += uint64(max(0, n))
	return begin, end
}

// recycle gives the lists of a part back to its process; whole: the part is all that these lists hold.
func (it *part) recycle(whole bool) {
	spare := &it.process.spare
	for i := range it.spans.list {
		has := it.spans.has(&it.spans.list[i])
		spare.events.keep(has.events)
		spare.links.keep(has.links)
	}
	if whole && !it.shared {
		spare.spans.lists.keep(it.spans.list)
		spare.spans.extras.keep(it.spans.extras)
		spare.records.keep(it.records)
	}
}
