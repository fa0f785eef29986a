// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// lateExports are exports that have left a process and are still on the way, because they are late. Later ones overtake them.
//
//	export --on time--------------------------> Requests
//	       --late--> Discard --> waiting --due--> Requests
//
// The items of a process that may be late are numbered as they are handed on, not as they leave it: whoever holds them against the order in
// which they were sent finds that order.
type lateExports struct {
	some     bool // a service is late now and then
	released bool // all that waits is due
	waiting  []Request
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
	for i := range l.waiting {
		if l.isDue(l.waiting[i].at, now) {
			r := l.waiting[i]
			r.parts = slices.Clone(r.parts)
			requests = append(requests, r)
		}
	}
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
	l.waiting = slices.DeleteFunc(l.waiting, func(r Request) bool {
		due := l.isDue(r.at, now)
		if due {
			r.parts[0].process.handed[r.Signal] += uint64(max(0, r.Items))
		}
		return due
	})
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
					it.shared = true
					l.waiting = append(l.waiting, Request{Signal: s, Items: it.count, at: at, parts: []part{it}})
					p.handed[s] -= uint64(max(0, it.count))
				}
				from = x.to
			}
		}
	}
	slices.SortStableFunc(l.waiting, func(a, b Request) int { return cmp.Compare(a.at, b.at) })
}
