// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// lateExports are exports that have left a process and are still on the way, because they are late. Later ones overtake them.
//
//	export --on time----------------------------------> Requests
//	       --late--> Discard --> waiting --> arrived --> Requests
//
// The items of a process that may be late are numbered as they are handed on, not as they leave it: whoever holds them against the order in
// which they were sent finds that order.
type lateExports struct {
	some     bool // a service is late now and then
	released bool // all that waits is due
	waiting  byArrival
	count    uint64    // of all that ever waited
	arrived  []Request // that are due, until the next discard
}

// lateExport is a request that arrives at its time. Of those that arrive at the same time the one that left first comes first.
type lateExport struct {
	Request

	order uint64
}

// byArrival is a heap.
type byArrival []lateExport

func (b byArrival) Len() int      { return len(b) }
func (b byArrival) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b byArrival) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(b[i].at, b[j].at), cmp.Compare(b[i].order, b[j].order)) < 0
}

// Push implements heap.Interface.
func (b *byArrival) Push(x any) { *b = append(*b, x.(lateExport)) }

// Pop implements heap.Interface. It lets go of what it returns: the rest may wait for long.
func (b *byArrival) Pop() any {
	last := len(*b) - 1
	x := (*b)[last]
	(*b)[last] = lateExport{}
	*b = (*b)[:last]
	return x
}

// due is when an export of a process arrives, counted since the last discard.
func (p *process) due(s Signal, export int) sim.Time {
	e := &p.exporters[s]
	r := sim.Stream(p.identity.draws, uint64(s), e.exported+uint64(max(0, export)), streamLate)
	return e.exports[export].at + p.identity.service.Export.Late.Draw(r)
}

// isDue reports whether what arrives at a time has arrived.
func (l *lateExports) isDue(at, now sim.Time) bool { return l.released || at <= now }

// onTime are the exports of a process since the last discard without those that are late, which may cut them into several parts.
func (l *lateExports) onTime(p *process, s Signal, now sim.Time) (parts []part) {
	e := &p.exporters[s]
	if p.identity.service.Export.Late == nil {
		return []part{p.part(s, 0, e.sent)}
	}
	from, at := 0, 0 // where the next part begins, and the next export
	end := func() {
		if from < at {
			parts = append(parts, p.part(s, from, at))
		}
	}
	for i, x := range e.exports {
		if !l.isDue(p.due(s, i), now) {
			end()
			from = x.to
		}
		at = x.to
	}
	end()
	for i := range parts {
		parts[i].shared = parts[i].count < e.sent
	}
	return parts
}

// join adds what is due to requests, and numbers all that they have.
func (l *lateExports) join(requests []Request, processes []*process, now sim.Time) []Request {
	if !l.some {
		return requests
	}
	for len(l.waiting) > 0 && l.isDue(l.waiting[0].at, now) {
		l.arrived = append(l.arrived, heap.Pop(&l.waiting).(lateExport).Request)
	}
	requests = append(requests, l.arrived...)
	for _, p := range processes {
		p.next = p.handed
	}
	for i := range requests {
		r := &requests[i]
		for k := range r.parts {
			it := &r.parts[k]
			it.first = it.process.next[r.Signal]
			it.process.next[r.Signal] += uint64(max(0, it.count))
		}
	}
	return requests
}

// keep forgets what was due, and keeps what the processes have exported since their last discard and is late.
func (l *lateExports) keep(processes []*process, now sim.Time) {
	if !l.some {
		return
	}
	for i := range l.arrived {
		r := &l.arrived[i]
		r.parts[0].process.handed[r.Signal] += uint64(max(0, r.Items))
	}
	l.arrived = nil // whoever has the requests keeps them
	for _, p := range processes {
		for s := range signals {
			e := &p.exporters[s]
			p.handed[s] += uint64(max(0, e.sent))
			if p.identity.service.Export.Late == nil {
				continue
			}
			from := 0
			for i, x := range e.exports {
				if at := p.due(s, i); !l.isDue(at, now) {
					it := p.part(s, from, x.to)
					it.copy()
					heap.Push(&l.waiting, lateExport{Request{Signal: s, Items: it.count, at: at, parts: []part{it}}, l.count})
					l.count++
					p.handed[s] -= uint64(max(0, it.count))
				}
				from = x.to
			}
		}
	}
}

// copy gives a part lists of its own, because it may wait for long: the others would keep all that was exported with it.
func (it *part) copy() {
	own := endedSpans{threads: it.spans.threads}
	for i := range it.spans.list {
		x := it.spans.list[i]
		has := it.spans.has(&x)
		x.extras = 0
		own.add(&x, has)
	}
	it.spans, it.records = own, slices.Clone(it.records)
}
