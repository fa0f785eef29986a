// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// oracle is the audit as anyone would write it who has memory without bounds: it keeps every number in a map.
type oracle struct {
	streams map[oracleKey]*oracleStream
	strays  map[oracleKey]uint64 // by the source that they name
}

type oracleKey struct {
	run    string
	signal Signal
	source string
}

type oracleStream struct {
	seen    map[uint64]bool
	highest int64                // -1: none
	ends    map[[2]uint64]uint64 // end markers by what they say
	refused map[uint64]bool      // numbers given up, as the end marker says
	counts  Counts
	spans   map[uint64]uint64 // parent by span
}

func (o oracle) audit(signal Signal, it *Item) {
	key := oracleKey{it.Run, signal, it.Source}
	s := o.streams[key]
	if it.Stray || it.Kind == End && it.Corrupt {
		o.strays[key]++
		return
	}
	if s == nil {
		s = &oracleStream{seen: map[uint64]bool{}, ends: map[[2]uint64]uint64{}, highest: -1, spans: map[uint64]uint64{}}
		o.streams[key] = s
	}
	if it.Corrupt {
		s.counts.Corrupt++
	}
	if it.Kind == End {
		s.mark(it)
		return
	}
	if s.seen[it.Sequence] {
		s.counts.Duplicate++
		return
	}
	s.seen[it.Sequence] = true
	if total, _, ended := s.total(); !ended || it.Sequence < total { // what was never sent comes before nothing, and after nothing
		if int64(it.Sequence) < s.highest {
			s.counts.OutOfOrder++
		}
		s.highest = max(s.highest, int64(it.Sequence))
	}
	if it.Span != 0 {
		s.spans[it.Span] = it.Parent
	}
}

func (s *oracleStream) mark(it *Item) {
	if len(s.ends) > 0 {
		s.counts.Duplicate++
	}
	s.ends[[2]uint64{it.Says.Total, it.Says.GivenUp}]++
	if total, givenUp, _ := s.total(); total != it.Says.Total || givenUp != it.Says.GivenUp {
		return // another counts
	}
	s.refused = map[uint64]bool{}
	for signal := range Signals {
		ranges, _ := it.Says.Process[signal].RefusedRanges()
		for _, of := range ranges {
			for n := of.First; n < of.End; n++ {
				s.refused[n] = true
			}
		}
	}
}

// total is the highest that an end marker says, and how many of them were given up.
func (s *oracleStream) total() (total, givenUp uint64, ended bool) {
	for says := range s.ends {
		if !ended || says[0] > total || says[0] == total && says[1] > givenUp {
			total, givenUp, ended = says[0], says[1], true
		}
	}
	return total, givenUp, ended
}

func (s *oracleStream) report() Counts {
	c := s.counts
	c.Sent = uint64(s.highest + 1)
	if total, givenUp, ended := s.total(); ended {
		c.Sent, c.GivenUp = total, givenUp
		for n := range s.seen {
			if n >= total {
				c.Beyond++
			}
		}
		for _, markers := range s.ends {
			c.Disagreeing += markers
		}
		c.Disagreeing -= s.ends[[2]uint64{total, givenUp}]
	}
	for n := range c.Sent {
		if s.seen[n] {
			c.Received++
		} else {
			c.Missing++
		}
	}
	c.Lost = c.Missing
	for n := range s.refused {
		if s.seen[n] {
			c.anyway++
		} else {
			c.Lost--
		}
	}
	return c
}

// orphans of a run: spans whose parent is in none of its streams.
func (o oracle) orphans(run string) (n uint64) {
	all := map[uint64]bool{}
	for key, s := range o.streams {
		if key.run == run {
			for span := range s.spans {
				all[span] = true
			}
		}
	}
	for key, s := range o.streams {
		if key.run != run {
			continue
		}
		for _, parent := range s.spans {
			if parent != 0 && !all[parent] {
				n++
			}
		}
	}
	return n
}

// plan is what a bad pipeline does to a generator's items. Each is a share.
type plan struct {
	lose, burst, duplicate, corrupt, forge, loseEnd, giveUp float64
	// disorder is how far items move, at most.
	disorder int
}

func (p plan) String() string { return fmt.Sprintf("%+v", struct{ plan }{p}) }

func randomPlan(r *rand.Rand) plan {
	maybe := func(most float64) float64 {
		if r.IntN(2) == 0 {
			return 0
		}
		return most * r.Float64()
	}
	p := plan{
		lose: maybe(0.3), burst: maybe(0.02), duplicate: maybe(0.3), corrupt: maybe(0.1), forge: maybe(0.01),
		loseEnd: maybe(0.5), giveUp: maybe(0.2),
	}
	if r.IntN(3) > 0 {
		p.disorder = 1 << r.IntN(15)
	}
	return p
}

// delivery is an item of a signal, as it arrives.
type delivery struct {
	signal Signal
	item   Item
}

// play generates a series of items and delivers it by the plan.
func (p plan) play(r *rand.Rand, signal Signal, run, source string, n int) []delivery {
	var out []delivery
	send := func(it Item) {
		if r.Float64() < p.corrupt {
			it.Corrupt = true
			if it.Kind == Numbered && r.IntN(3) == 0 { // its stamp
				it.Stray = true
				it.Source = cmp.Or(it.Source[:r.IntN(len(it.Source)+1)], "x")
			}
		}
		out = append(out, delivery{signal, it})
		for r.Float64() < p.duplicate {
			out = append(out, delivery{signal, it})
		}
	}
	spans := r.Uint64()
	var refused stamp.Ranges
	givenUp, burst := uint64(0), 0
	for i := range n {
		it := Item{Kind: Numbered, Run: run, Source: source, Sequence: uint64(i)}
		if signal == Traces {
			it.Span, it.Trace = spans+uint64(i)+1, spans+uint64(i-i%5)
			if i%5 < 4 { // four children, then their parent
				it.Parent = spans + uint64(i-i%5) + 5
			}
		}
		if r.Float64() < p.burst {
			burst = r.IntN(n)
		}
		switch {
		case r.Float64() < p.giveUp:
			givenUp++
			refused.Add(it.Sequence, 1)
			if r.IntN(4) > 0 {
				continue
			} // one in four arrives all the same: a branch of the pipeline had taken it
		case burst > 0:
			burst--
			continue
		case r.Float64() < p.lose:
			continue
		}
		send(it)
		if r.Float64() < p.forge {
			forged := it
			forged.Sequence, forged.Span = uint64(n+r.IntN(100_000)), 0
			send(forged)
		}
	}
	if r.Float64() >= p.loseEnd {
		m := marker(run, source, uint64(n), givenUp)
		m.Says.Sources, m.Says.Sends[signal] = 1, true
		m.Says.Process[signal] = stamp.Totals{Numbered: uint64(n), GivenUp: givenUp, Refused: refused.Pack()}
		send(m)
		if r.Float64() < 20*p.forge {
			send(marker(run, source, uint64(n)+1, 0))
		}
	}
	if p.disorder > 0 {
		for i := range out {
			j := min(i+r.IntN(p.disorder), len(out)-1)
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

// interleave mixes series, each in its own order.
func interleave(r *rand.Rand, series [][]delivery) (all []delivery) {
	for len(series) > 0 {
		i := r.IntN(len(series))
		n := min(1+r.IntN(500), len(series[i]))
		all = append(all, series[i][:n]...)
		if series[i] = series[i][n:]; len(series[i]) == 0 {
			series = append(series[:i], series[i+1:]...)
		}
	}
	return all
}

// TestFaultPlans holds the audit against the oracle: two runs at once, sources of several shards, every kind of fault, and an auditor
// that is replaced in between by one that knows its state.
func TestFaultPlans(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	faults := Counts{}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var series [][]delivery
		for run := range 2 {
			for source := range 1 + r.IntN(4) {
				for signal := range Signals {
					p := randomPlan(r)
					if d := p.play(r, signal, fmt.Sprint("run", run), fmt.Sprint(signal, source), 5*r.IntN(1000)); len(d) > 0 {
						series = append(series, d)
					}
				}
			}
		}
		a := New(DefaultLimits(), time.Second, Expectations{})
		o, corrupt := oracle{map[oracleKey]*oracleStream{}, map[oracleKey]uint64{}}, uint64(0)
		now := time.Unix(1000, 0)
		all := interleave(r, series)
		for len(all) > 0 {
			signal := all[0].signal
			var batch []Item
			for most := 1 + r.IntN(2000); len(all) > 0 && all[0].signal == signal && len(batch) < most; all = all[1:] {
				o.audit(signal, &all[0].item)
				if all[0].item.Corrupt {
					corrupt++
				}
				batch = append(batch, all[0].item)
			}
			a.Audit(signal, now, batch)
			if r.IntN(20) == 0 {
				a = restarted(t, a)
			}
		}
		report := a.Report(now, true)
		corrupt -= report.Unexpected.Corrupt
		for _, rr := range report.Runs {
			for _, sr := range rr.Signals {
				corrupt -= sr.Corrupt
				for _, got := range sr.BySource {
					key := oracleKey{rr.Run, sr.Signal, got.Source}
					want := o.streams[key].report()
					want.Corrupt += o.strays[key]
					require.Equal(t, want, got.Counts, "seed %d: %s, %s of %s", seed, rr.Run, sr.Signal, got.Source)
					faults.add(want)
				}
				if sr.Signal == Traces {
					require.Equal(t, o.orphans(rr.Run), sr.Orphans, "seed %d: orphans of %s", seed, rr.Run)
					require.LessOrEqual(t, sr.IncompleteTraces, sr.Orphans)
				}
			}
		}
		require.Len(t, o.streams, countSources(a))
		require.Zero(t, corrupt, "seed %d: each is counted, and once", seed)
	}
	for name, n := range map[string]uint64{
		"missing": faults.Missing, "given up": faults.GivenUp, "duplicate": faults.Duplicate, "out of order": uint64(faults.OutOfOrder),
		"corrupt": faults.Corrupt, "beyond": faults.Beyond, "disagreeing": faults.Disagreeing,
	} {
		assert.NotZero(t, n, "no plan had anything %s", name)
	}
}

func countSources(a *Auditor) (n int) {
	for _, r := range a.runs {
		for i := range r.accounts {
			n += len(r.accounts[i].streams)
		}
	}
	return n
}

// restarted is an auditor that knows what another one knew when it was stopped.
func restarted(t *testing.T, a *Auditor) *Auditor {
	t.Helper()
	next := New(a.limits, a.grace, a.expect)
	next.served = a.served
	goOn(t, a, next, Origin{Final: true}, false)
	require.Equal(t, a.Report(time.Unix(2000, 0), true), next.Report(time.Unix(2000, 0), true))
	require.Equal(t, a.sources, next.sources)
	require.Equal(t, sortedKeys(a.lineage.young, a.lineage.older), sortedKeys(next.lineage.young, next.lineage.older))
	require.Equal(t, a.lineage.children.used, next.lineage.children.used)
	return next
}
