// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// kind is that of a process's odd item, by its number. Each process begins with a kind of its own, so that short-lived ones do not all send
// the same few.
func (o *odds) kind(p *process, s Signal, number uint64) int {
	r := sim.Stream(p.identity.draws, uint64(s), streamOdd)
	return int((r.Uint64()>>1 + number) % uint64(len(o.kinds[s]))) //nolint:gosec // G115: less than a length
}

// requests are the odd items that were due since the last Discard. Those of each kind are a request: of what is refused, the kind is known.
func (o *odds) requests(processes []*process) (requests []Request) {
	if o == nil {
		return nil
	}
	for s := range signals {
		if len(o.kinds[s]) == 0 {
			continue
		}
		places := map[int]int{} // in requests, by kind
		for _, p := range processes {
			e := &p.exporters[s]
			for number := o.upTo(e.sequence); number < o.upTo(e.numbered()); number++ {
				kind := o.kind(p, s, number)
				place, known := places[kind]
				if !known {
					place = len(requests)
					places[kind] = place
					requests = append(requests, Request{Signal: s, at: p.sim.Now(), odd: o.kinds[s][kind]})
				}
				requests[place].add(part{process: p, count: 1, first: number, at: p.sim.Now()})
			}
		}
	}
	return requests
}

// note counts a request that is built for the first time.
func (o *odds) note(r *Request) { r.odd.items += uint64(max(0, r.Items)) }

// drop counts a request that was given up.
func (o *odds) drop(r *Request) {
	n := uint64(max(0, r.Items))
	r.odd.givenUp += n
	if !r.noted.IsZero() {
		r.odd.items -= n
	}
}

// sent are all kinds, with what was sent of each.
func (o *odds) sent() (kinds []stamp.OddKind) {
	if o == nil {
		return nil
	}
	for s := range o.kinds {
		for _, k := range o.kinds[s] {
			kinds = append(kinds, stamp.OddKind{Name: k.Name, Signal: k.Signal, Items: k.items, GivenUp: k.givenUp})
		}
	}
	return kinds
}

// OddKind is the name of the kind that all items of the request have; empty: they are ordinary.
func (r *Request) OddKind() string {
	if r.odd == nil {
		return ""
	}
	return r.odd.Name
}
