// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// enrichment gives the items of a plan more to audit. What an item has depends on its source and number alone, so that copies are alike.
type enrichment struct {
	classes, wholeTraces bool // classes of items, or of traces
}

// fate of an item, as random bits.
func fateOf(source string, sequence uint64) uint64 {
	return xxhash.Sum64String(fmt.Sprint(source, "/", sequence))
}

func (e enrichment) item(it *Item, signal Signal) {
	h := fateOf(it.Source, it.Sequence)
	it.At = noon.UnixNano() - int64(h%100_000)*int64(time.Millisecond)
	it.Past = h%7 == 0
	it.Content = Content{Read: h%11 != 0, Met: 1 << (h % 3), Had: 1 << (h % 5)}
	if h%13 == 0 {
		it.Content.Faults = []Fault{{Kind: FaultKind(h % uint64(FaultKinds)), Part: Part{OnItem, uint32(h % 5)}, Name: fmt.Sprint("key", h%5)}}
	}
	if e.classes {
		it.Class = uint32(h % 4)
	}
	if signal != Traces || it.Trace == 0 {
		return
	}
	t := fateOf("trace", it.Trace)
	it.TraceNumbered, it.TraceSpan, it.Root = true, uint32(it.Sequence%5+1), it.Sequence%5 == 4
	it.HasRV, it.RV, it.HasTH, it.TH = true, t>>8, h%17 != 0, 1<<50
	if e.wholeTraces && it.Sequence%5 == t%5 {
		it.TraceClass = uint32(t % 3)
	}
}

// marker lets an end marker say what its source sent, as the only one of a shard.
func (e enrichment) marker(it *Item, signal Signal, shard, shards uint64) {
	says := it.Says
	if says.Shard != nil || !says.Sends[signal] {
		return // a copy, or one that says something else
	}
	says.Sources = shards
	says.Shard = &stamp.Shard{Index: shard, Total: shards}
	says.Shard.GivenUp[signal] = says.GivenUp
	says.Shard.Squares[signal] = says.Total
	says.Keys = []string{"key0", "key3"}
	says.Randomness = &stamp.Randomness{}
	if e.classes || e.wholeTraces {
		says.Classes = []stamp.Class{{Name: "a", Traces: e.wholeTraces}, {Name: "b", Traces: e.wholeTraces}, {Name: "c", Traces: e.wholeTraces}}
	}
	says.Odd = []stamp.OddKind{{Name: "span.own_parent", Signal: signal, Items: 20}, {Name: "span.zero_end", Signal: signal, Items: 20, GivenUp: shard}}
	refused, _ := says.Process[signal].RefusedRanges()
	for n := range says.Total {
		if slices.ContainsFunc(refused, func(r stamp.Range) bool { return r.First <= n && n < r.End }) {
			continue
		}
		of := Item{Source: it.Source, Sequence: n, Trace: n/5 + 1}
		e.item(&of, signal)
		says.Shard.Offered[signal].AddCluster(of.At, fateOf("trace", of.Trace), 1)
		if class := of.Class; class > 0 {
			says.Classes[class-1].Items[signal]++
		}
		says.Randomness[stamp.PartOf(of.RV)]++
	}
}

// all enriches the deliveries of a run and adds odd items.
func (e enrichment) all(r *rand.Rand, series [][]delivery) {
	for shard, list := range series {
		for i := range list {
			d := &list[i]
			if d.item.Kind == End {
				e.marker(&d.item, d.signal, uint64(shard), uint64(len(series)))
			} else if !d.item.Stray {
				e.item(&d.item, d.signal)
			}
		}
		first := list[0]
		for i := range 20 {
			for range r.IntN(3) { // lost, or twice
				odd := delivery{first.signal, Item{Kind: Numbered, Run: "r", Source: fmt.Sprint(first.signal, shard), Sequence: uint64(i), Odd: "span.own_parent", Corrupt: i%4 == 0}}
				if i%3 == 0 {
					odd.item.Odd = "span.zero_end"
				}
				list = slices.Insert(list, r.IntN(len(list)+1), odd)
			}
		}
		series[shard] = list
	}
}

// routes say which of some verifiers an item comes to.
var routes = []func(r *rand.Rand, verifiers int) func(d *delivery, i int) int{
	func(r *rand.Rand, n int) func(*delivery, int) int {
		return func(*delivery, int) int { return r.IntN(n) }
	}, // anywhere
	func(_ *rand.Rand, n int) func(*delivery, int) int { // by source
		return func(d *delivery, _ int) int { return int(fateOf(d.item.Source, 0) % uint64(n)) }
	},
	func(_ *rand.Rand, n int) func(*delivery, int) int {
		return func(_ *delivery, i int) int { return i / 100 % n }
	}, // in batches
	func(_ *rand.Rand, n int) func(*delivery, int) int { // one after the other
		return func(_ *delivery, i int) int { return min(i/3000, n-1) }
	},
	func(_ *rand.Rand, n int) func(*delivery, int) int { // whole traces
		return func(d *delivery, _ int) int { return int(fateOf("trace", d.item.Trace) % uint64(n)) }
	},
}

// shared is an audit that several verifiers share.
type shared struct {
	t         *testing.T
	r         *rand.Rand
	verifiers []*Auditor
	origins   []Origin
	states    [][]byte // in the end, and some from before
}

func newShared(t *testing.T, r *rand.Rand, n int, e Expectations) *shared {
	t.Helper()
	s := &shared{t: t, r: r}
	for i := range n {
		s.verifiers = append(s.verifiers, New(DefaultLimits(), time.Second, e))
		of := exampleOrigin(fmt.Sprint("v", i))
		of.Final, of.Started = false, time.Time{} // before any run
		s.origins = append(s.origins, of)
	}
	return s
}

// take lets an item come to a verifier, which may write its state now and then, or go on from that.
func (s *shared) take(i int, d *delivery) {
	s.t.Helper()
	s.verifiers[i].Audit(d.signal, noon, []Item{d.item})
	if s.r.IntN(5000) == 0 {
		s.states = append(s.states, s.export(i))
	}
	if s.r.IntN(5000) == 0 {
		s.verifiers[i] = restarted(s.t, s.verifiers[i])
	}
}

func (s *shared) export(i int) []byte {
	s.t.Helper()
	text, err := s.verifiers[i].Export(s.origins[i], false)
	require.NoError(s.t, err)
	s.origins[i].Sequence++
	return text
}

// end collects the last states.
func (s *shared) end() {
	s.t.Helper()
	for i := range s.verifiers {
		s.origins[i].Final = true
		s.states = append(s.states, s.export(i))
	}
}

// merged merges states in a random tree: some are merged with what was merged before, some come twice.
func (s *shared) merged() *Merge {
	s.t.Helper()
	files := slices.Clone(s.states)
	files = append(files, s.states[s.r.IntN(len(s.states))])
	for len(files) > 1 {
		s.r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		m := NewMerge()
		n := 1 + s.r.IntN(len(files))
		for _, text := range files[:n] {
			states, err := ReadStates(text)
			require.NoError(s.t, err)
			require.NoError(s.t, m.Add(states...))
		}
		files = append(files[n:], m.Bytes())
	}
	m := NewMerge()
	states, err := ReadStates(files[0])
	require.NoError(s.t, err)
	require.NoError(s.t, m.Add(states...))
	return m
}

// normal is a report without times, what only the order of arrival tells, and, where items came to several verifiers, what is counted of first copies alone.
func normal(t *testing.T, report Report) string {
	t.Helper()
	report.States = nil
	slices.SortFunc(report.Runs, func(a, b RunReport) int { return strings.Compare(a.Run, b.Run) })
	for i := range report.Runs {
		r := &report.Runs[i]
		r.FirstArrival, r.LastArrival, r.EndedAt = time.Time{}, time.Time{}, nil
		r.Evidence = nil // the first of each kind
		for j := range r.Signals {
			s := &r.Signals[j]
			s.Latency, s.OutOfOrder, s.AfterGrace = LatencyReport{}, 0, 0
			for k := range s.BySource {
				s.BySource[k].OutOfOrder, s.BySource[k].AfterGrace = 0, 0
			}
		}
	}
	text, err := json.MarshalIndent(report, "", " ")
	require.NoError(t, err)
	return string(text)
}

// differences are the first lines of two texts that differ.
func differences(want, got string) (list []string) {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && len(list) < 10 {
			list = append(list, fmt.Sprintf("line %d: want %s, got %s", i, a[i], b[i]))
		}
	}
	if len(a) != len(b) {
		list = append(list, fmt.Sprintf("%d lines; want %d", len(b), len(a)))
	}
	return list
}

// TestMergeIsOne: whatever becomes of the items of a run, and whichever of some verifiers each comes to, in whatever order their states are merged: the report is
// that of one verifier to which all came.
func TestMergeIsOne(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	var total Counts
	orphans, split, torn, odd := uint64(0), 0, uint64(0), uint64(0)
	verdicts := map[Verdict]int{}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		var series [][]delivery
		duplicates := r.IntN(3) > 0
		e := enrichment{wholeTraces: r.IntN(3) == 0}
		e.classes = !e.wholeTraces && !duplicates
		for source := range 1 + r.IntN(3) {
			for signal := range Signals {
				p := randomPlan(r)
				if !duplicates {
					p.duplicate = 0
				}
				if e.classes || e.wholeTraces {
					p.forge = 0 // what is forged is counted in its class until an end marker comes
				}
				if seed%4 == 0 { // all is well
					p = plan{disorder: p.disorder}
				}
				if d := p.play(r, signal, "r", fmt.Sprint(signal, source), 5*(1+r.IntN(500))); len(d) > 0 {
					series = append(series, d)
				}
			}
		}
		e.all(r, series)
		all := interleave(r, series)
		expect := Expectations{MaxLoss: float64(r.IntN(2)), MaxDuplicates: float64(r.IntN(2)), MaxCorrupt: 1, AllowUnexpected: r.IntN(2) == 0, WholeTraces: r.IntN(2) == 0}
		if seed%4 == 0 {
			expect.Content = &ContentExpectation{Max: 1}
			expect.Odd = &OddExpectation{Either: []string{"*"}}
		}
		if e.classes || e.wholeTraces {
			expect.Classes = &ClassesExpectation{Kept: []string{"a"}, Either: []string{Rest}, Signals: []Signal{Traces, Logs}}
		}
		one := New(DefaultLimits(), time.Second, expect)
		n := 1 + r.IntN(16)
		s := newShared(t, r, n, expect)
		route := routes[seed%len(routes)](r, n)
		for i := range all {
			one.Audit(all[i].signal, noon, []Item{all[i].item})
			s.take(route(&all[i], i), &all[i])
		}
		s.end()
		first, second := s.merged(), s.merged()
		require.Equal(t, first.Bytes(), second.Bytes(), "seed %d: neither order nor grouping matters", seed)
		got, err := first.Report(Asked{Verifiers: n})
		require.NoError(t, err)
		want := one.Report(noon.Add(time.Minute), true)
		require.Len(t, got.States, n)
		for i := range want.Runs {
			for j := range want.Runs[i].Signals {
				is, of := &got.Runs[i].Signals[j], want.Runs[i].Signals[j]
				if is.twice == 0 {
					require.Equal(t, of.Latency, is.Latency, "seed %d", seed)
				}
				if is.AfterGrace != NotKnown {
					require.Equal(t, of.AfterGrace, is.AfterGrace, "seed %d", seed)
				}
				if is.OutOfOrder != NotKnown {
					require.Equal(t, of.OutOfOrder, is.OutOfOrder, "seed %d", seed)
				} else {
					split++
				}
				orphans += of.Orphans
				torn += of.Torn
				odd += of.OddDuplicate
				total.add(of.Counts)
			}
		}
		verdicts[want.Verdict]++
		require.Empty(t, differences(normal(t, want), normal(t, got)), "seed %d: %d verifiers", seed, n)
	}
	for name, n := range map[string]uint64{
		"missing": total.Missing, "given up": total.GivenUp, "duplicate": total.Duplicate, "corrupt": total.Corrupt, "beyond": total.Beyond,
		"disagreeing": total.Disagreeing, "content": total.Wrong, "orphans": orphans, "torn": torn, "split": uint64(split), "odd": odd,
	} {
		assert.NotZero(t, n, "no plan had anything %s", name)
	}
	assert.NotZero(t, verdicts[Pass], "no run was well: %v", verdicts)
	assert.NotZero(t, verdicts[Fail], "all runs were well: %v", verdicts)
	t.Logf("%v, %+v", verdicts, total)
}
