// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// ledger is what the shard has offered to the pipelines, by when it happened: the end markers tell load_verify, which compares it with what
// arrives, also behind a sampler. Like the requests' pdata it belongs to the goroutine that delivers.
type ledger struct {
	offered [signals]timeline.Timeline
	spreads map[*process]*[signals]timeline.Spread
}

// note enters a request's items, when it is built for the first time.
func (f *Fleet) note(r *Request, epoch time.Time) {
	if !f.options.Verify || r.ends || !r.noted.IsZero() {
		return
	}
	r.noted = epoch
	f.enter(r, 1)
}

// strike takes back what a request entered that was given up.
func (f *Fleet) strike(r *Request) {
	if !r.noted.IsZero() {
		f.enter(r, -1)
	}
}

// enter counts each item of a request n times, at the time that its pdata has: a span's end, the timestamp of a point or record.
func (f *Fleet) enter(r *Request, n int64) {
	epoch := r.noted.UnixNano()
	line := &f.ledger.offered[r.Signal]
	for i := range r.parts {
		part := &r.parts[i]
		p := part.process
		spread := f.ledger.spread(p, r.Signal)
		enter := func(at sim.Time, cluster uint64, n int64) {
			line.AddCluster(epoch+int64(at), cluster, n)
			spread.Add(cluster, n)
		}
		for j := range part.spans {
			enter(part.spans[j].end, p.group.cluster(part.spans[j].tag), n)
		}
		for j := range part.records {
			record := &part.records[j]
			cluster := p.cluster(clusterRecord, part.first+uint64(j))
			if record.span != 0 {
				cluster = p.group.cluster(record.tag)
			}
			enter(record.at, cluster, n)
		}
		if r.Signal == Metrics {
			part.samples.Each(func(at sim.Time, points int) {
				enter(at, p.cluster(clusterSample, uint64(max(0, at))), n*int64(points))
			})
		}
	}
}

func (l *ledger) spread(p *process, s Signal) *timeline.Spread {
	of := l.spreads[p]
	if of == nil {
		of = &[signals]timeline.Spread{}
		if l.spreads == nil {
			l.spreads = map[*process]*[signals]timeline.Spread{}
		}
		l.spreads[p] = of
	}
	return &of[s]
}

// Clusters are what a sampler keeps or drops as a whole: traces; and, where there is none, a record or a sample of a process's metrics.
// Their keys are the same in all shards.
const (
	clusterTrace = iota + 2 // beside streamChosen
	clusterRecord
	clusterSample
)

func (p *process) cluster(kind, number uint64) uint64 {
	r := sim.Stream(p.identity.traces, number, kind)
	return r.Uint64()
}

// says is what a process's end marker of a signal says; the shard is added to the first few processes'.
func (f *Fleet) says(p *process, of Signal) stamp.End {
	says := stamp.End{Total: p.exporters[of].numbered(), GivenUp: p.givenUp[of], Sources: uint64(max(0, f.sources))}
	for s := range signals {
		says.Sends[s] = f.options.sends(s)
		says.Process[s] = stamp.Totals{
			Numbered: p.exporters[s].numbered(), GivenUp: p.givenUp[s], Squares: uint64(f.ledger.spread(p, s).Squares()),
			Refused: p.refused[s].Pack(),
		}
	}
	for _, carrier := range f.processes[:min(len(f.processes), stamp.Carriers)] {
		if carrier == p {
			says.Shard = f.shard()
		}
	}
	return says
}

// shard is what all processes of this shard have offered and given up.
func (f *Fleet) shard() *stamp.Shard {
	total := min(max(f.options.Shard.Total, 1), f.sources) // further shards have no process, and send nothing
	s := &stamp.Shard{Index: uint64(max(0, f.options.Shard.Index)), Total: uint64(max(0, total)), Offered: f.ledger.offered}
	for _, p := range f.processes {
		for signal, n := range p.givenUp {
			s.GivenUp[signal] += n
			s.Squares[signal] += uint64(f.ledger.spread(p, Signal(signal)).Squares())
		}
	}
	return s
}
