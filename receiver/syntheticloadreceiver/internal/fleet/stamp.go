// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// stampAttributes is how many attributes a stamp has, without those that few items have.
const stampAttributes = 4

// stamp marks an item for load_verify. Its source is the process; traces, metrics and logs are numbered apart. checksum is that of the item
// alone. What a stamp of the item's content belongs to is returned.
func (f *Fleet) stamp(b *xpdata.MapBuilder, p *process, m *stamp.Mark, checksum int64) stamp.Owner {
	m.Sequence, m.Skew, m.Past = min(m.Sequence, math.MaxInt64), int64(p.identity.skew), f.past
	identity := m.Of(p.identity.marked)
	of := stamp.Owner{Identity: identity, Checksum: identity.Seal(checksum)}
	b.AppendEmpty(semconv.StampRun).SetStr(f.options.Run)
	b.AppendEmpty(semconv.StampSource).SetStr(p.identity.source)
	b.AppendEmpty(semconv.StampSequence).SetInt(int64(m.Sequence)) //nolint:gosec // G115: at most MaxInt64
	b.AppendEmpty(semconv.StampChecksum).SetInt(of.Checksum)
	if m.Skew != 0 {
		b.AppendEmpty(semconv.StampClockSkew).SetInt(m.Skew)
	}
	if m.Past {
		b.AppendEmpty(semconv.StampPast).SetBool(true)
	}
	if m.Numbered {
		b.AppendEmpty(semconv.StampTraceSpan).SetInt(int64(m.TraceSpan))
	}
	if m.Root {
		b.AppendEmpty(semconv.StampTraceRoot).SetBool(true)
	}
	if m.Class > 0 {
		b.AppendEmpty(semconv.StampClass).SetInt(int64(m.Class))
	}
	if m.TraceClass > 0 {
		b.AppendEmpty(semconv.StampTraceClass).SetInt(int64(m.TraceClass))
	}
	return of
}

// lent lends what is in b as a map, to look into.
func lent(b *xpdata.MapBuilder, to pcommon.Map, look func(own pcommon.Map)) {
	b.UnsafeIntoMap(to)
	look(to)
	b.EnsureCapacity(to.Len() + stampAttributes)
	for key, v := range to.All() {
		v.MoveTo(b.AppendEmpty(key))
	}
}

// note enters a request's items, when it is built for the first time.
func (f *Fleet) note(r *Request, epoch time.Time) {
	f.past = r.Past
	f.classes.begin(r.noted.IsZero())
	if !f.options.Verify || r.ends || !r.noted.IsZero() {
		return
	}
	r.noted = epoch
	f.enter(r, 1)
}

// enter counts each item of a request n times, at the time that its pdata has, but for the skew of a clock: a span's end, the timestamp of
// a point or record.
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
		for j := range part.spans.list {
			enter(part.spans.list[j].end, p.origins.cluster(part.spans.list[j].tag), n)
		}
		for j := range part.records {
			record := &part.records[j]
			cluster := p.identity.cluster(clusterRecord, part.first+uint64(j))
			if record.span != 0 {
				cluster = p.origins.cluster(record.tag)
			}
			enter(record.at, cluster, n)
		}
		if r.Signal == Metrics {
			part.samples.Each(func(at sim.Time, points int) {
				enter(at, p.identity.cluster(clusterSample, uint64(max(0, at))), n*int64(points))
			})
		}
	}
}

// EndMarkers are the last requests of a stamped run: of each process and signal how much there was.
func (f *Fleet) EndMarkers(of ...Signal) (requests []Request) {
	if !f.options.Verify {
		return nil
	}
	for _, s := range of {
		r := Request{Signal: s, ends: true, Items: len(f.processes)}
		for _, p := range f.processes {
			r.parts = append(r.parts, part{process: p, count: 1})
		}
		if r.Items > 0 {
			requests = append(requests, r)
		}
	}
	return requests
}

// endTag stands for a request in the ids of end markers.
const endTag = 1<<64 - 1

func (f *Fleet) stampEnd(b *xpdata.MapBuilder, p *process, s Signal, checksum int64) {
	b.AppendEmpty(semconv.StampRun).SetStr(f.options.Run)
	b.AppendEmpty(semconv.StampSource).SetStr(p.identity.source)
	says := f.says(p, s)
	says.Source = p.identity.marked
	says.Write(b, checksum)
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
			says.Shard, says.Keys, says.Classes = f.shard(), f.contents.keysSent(), f.classes.sent()
			says.Randomness, says.Odd = f.classes.randomness(), f.odds.sent()
			if f.options.TraceSpans {
				says.Rootless = f.rootless()
			}
		}
	}
	return says
}

// rootless is how many traces have spans and no root: that has not ended, or an SDK has dropped it.
func (f *Fleet) rootless() (n uint64) {
	for _, g := range f.groups {
		n += g.origins.traces.open
	}
	return n
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
