// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// longRun is an auditor of sources that have sent many items, of which it has audited the first and the last, as if it had audited all between them.
func longRun(verifier, sources int, each uint64) *Auditor {
	a := New(DefaultLimits(), time.Second, Expectations{Verifiers: 100})
	const shown = 200 // of each source at both ends: they fill the histogram, the timeline, and what is remembered of spans
	for i := range sources {
		name := fmt.Sprintf("00000000-0000-0000-%04d-%012d", verifier, i)
		audit := func(from, to uint64) {
			for x := from; x < to; x++ {
				it := Item{Kind: Numbered, Run: "run", Source: name, Sequence: x, At: noon.UnixNano() + int64(x)*(int64(604_800*time.Second)/int64(each))}
				it.Span = (uint64(verifier*sources+i)<<40 | x) * 0x9E3779B97F4A7C15
				if x%10 != 9 {
					it.Parent = (uint64(verifier*sources+i)<<40 | (x - x%10 + 9)) * 0x9E3779B97F4A7C15
				}
				it.Trace = it.Span | 1
				a.Audit(Traces, time.Unix(0, it.At+int64(x%100_000)*1000), []Item{it})
			}
		}
		audit(0, shown)
		s := a.runs[0].accounts[Traces].streams[name]
		s.next = each - shown
		audit(each-shown, each)
		m := marker("run", name, each, 0)
		m.Says.Sources, m.Says.Sends[Traces], m.Says.Process[Traces] = uint64(100*sources), true, stamp.Totals{Numbered: each, Squares: 10 * each}
		if i < 4 { // shards of 25 sources each
			m.Says.Shard = &stamp.Shard{Index: uint64(4*verifier + i), Total: 400}
			for at := range int64(128) {
				for trace := range uint64(1000) {
					m.Says.Shard.Offered[Traces].AddCluster(noon.UnixNano()+at*int64(604_800*time.Second)/128, trace*0x9E3779B97F4A7C15, int64(25*each/128/1000))
				}
			}
			m.Says.Shard.Offered[Traces].Add(noon.UnixNano(), 25*each-m.Says.Shard.Offered[Traces].Total())
		}
		a.Audit(Traces, noon.Add(604_800*time.Second), []Item{m})
	}
	return a
}

// BenchmarkMerge merges the states of 100 verifiers, each of which has audited 10^9 spans of 100 sources without loss.
func BenchmarkMerge(b *testing.B) {
	const verifiers, sources, each = 100, 100, 10_000_000
	states := make([]*State, verifiers)
	size := 0
	for i := range states {
		of := exampleOrigin(fmt.Sprintf("verifier-%02d", i))
		of.Written = noon.Add(604_900 * time.Second)
		text, err := longRun(i, sources, each).Export(of, false)
		require.NoError(b, err)
		read, err := ReadStates(text)
		require.NoError(b, err)
		states[i], size = read[0], max(size, len(text))
	}
	require.Less(b, size, 1<<20, "a state")
	b.ReportAllocs()
	for b.Loop() {
		m := NewMerge()
		require.NoError(b, m.Add(states...))
		report, err := m.Report(Asked{})
		require.NoError(b, err)
		s := report.Runs[0].Signals[0]
		require.Equal(b, Pass, report.Verdict, messages(report.Runs[0].Findings))
		require.EqualValues(b, verifiers*sources*each, s.Received)
		require.Zero(b, s.Missing+s.Duplicate+s.Orphans)
	}
	b.ReportMetric(float64(size)/1e3, "KB/state")
}

// A run of a week: 10^10 items of a million sources, and 100 verifiers.
const (
	weekSources   = 1_000_000
	weekEach      = 10_000
	weekVerifiers = 100
)

// deal lets the items of some sources of such a run come to verifiers, in batches of a source, as the load balancer before them deals. It returns how many came.
func deal(sources, batch int, to func() *Auditor) (items int) {
	return dealOf(sources, weekEach, batch, to)
}

// dealOf does so with as many items of each source as are asked for.
func dealOf(sources, each, batch int, to func() *Auditor) (items int) {
	of := make([]Item, 0, batch+1)
	for i := range sources {
		name := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		for x := 0; x < each; x += batch {
			a := to()
			if a == nil {
				continue
			}
			of = of[:0]
			for k := range batch {
				of = append(of, Item{Kind: Numbered, Run: "run", Source: name, Sequence: uint64(x + k), At: noon.UnixNano() + int64(x)*6e10})
			}
			a.Audit(Logs, time.Unix(0, of[batch-1].At+1e6), of)
			items += batch
		}
		m := marker("run", name, uint64(each), 0)
		m.Says.Sources, m.Says.Sends[Logs], m.Says.Process[Logs] = weekSources, true, stamp.Totals{Numbered: uint64(each), Squares: uint64(each)}
		if a := to(); a != nil {
			a.Audit(Logs, noon.Add(7*24*time.Hour), []Item{m})
		}
	}
	return items
}

func weekAuditor() *Auditor {
	limits := DefaultLimits()
	limits.Sources, limits.GapBytes = weekSources, 2<<30
	return New(limits, time.Second, Expectations{Verifiers: weekVerifiers, Sources: 1})
}

// measured is what an auditor holds, when its gaps are as small as they can be.
func measured(a *Auditor, before uint64) float64 {
	for i := range a.runs[0].accounts {
		for _, s := range a.runs[0].accounts[i].streams {
			a.gaps.measure(&s.numbers)
		}
	}
	return float64(heap() - before)
}

// BenchmarkWeek audits what one verifier gets of that run, of a part of the sources, by how the load balancer deals. It measures what a verifier of all sources holds
// and writes, and the time that an item takes.
func BenchmarkWeek(b *testing.B) {
	for _, c := range []struct {
		name    string
		sources int // that are audited
		of      int // that one verifier sees
		batch   int // items of a source that come together
		others  bool
	}{
		{"by source", 1000, weekSources / weekVerifiers, 100, false},
		{"in batches of 100", 20_000, weekSources, 100, true},
		{"each item for itself", 1000, weekSources, 1, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			var memory, state float64
			items := 0
			for b.Loop() {
				before, r := heap(), rand.New(rand.NewPCG(1, 1))
				a := weekAuditor()
				items += deal(c.sources, c.batch, func() *Auditor {
					if c.others && r.IntN(weekVerifiers) > 0 {
						return nil
					}
					return a
				})
				memory = measured(a, before)
				text, err := a.Export(exampleOrigin("a"), false)
				require.NoError(b, err)
				require.Zero(b, a.Report(noon, true).Runs[0].Signals[0].OverLimit)
				state = float64(len(text))
			}
			whole := float64(c.of) / float64(c.sources)
			b.ReportMetric(memory*whole/1e6, "MB/verifier")
			b.ReportMetric(state*whole/1e6, "MB/state")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(items), "ns/item")
		})
	}
}

// BenchmarkMergeWeek merges the states of all 100 verifiers, of a part of the sources, which came to them in batches. It measures what a merge of all sources holds,
// and how long it takes.
func BenchmarkMergeWeek(b *testing.B) {
	const sources = 1000
	r := rand.New(rand.NewPCG(1, 1))
	verifiers := make([]*Auditor, weekVerifiers)
	for i := range verifiers {
		verifiers[i] = weekAuditor()
	}
	deal(sources, 100, func() *Auditor { return verifiers[r.IntN(weekVerifiers)] })
	m := NewMerge()
	for i, a := range verifiers {
		text, err := a.Export(exampleOrigin(fmt.Sprint("verifier", i)), false)
		require.NoError(b, err)
		states, err := ReadStates(text)
		require.NoError(b, err)
		require.NoError(b, m.Add(states...))
		verifiers[i] = nil
	}
	before := heap()
	var memory float64
	for b.Loop() {
		report, err := m.Report(Asked{})
		require.NoError(b, err)
		s := report.Runs[0].Signals[0]
		require.EqualValues(b, sources*weekEach, s.Received)
		require.Zero(b, s.Missing+s.Duplicate)
		memory = float64(heap() - before) // with the report
		runtime.KeepAlive(report)
	}
	b.ReportMetric(memory*weekSources/sources/1e6, "MB/merge")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*weekSources/sources, "s/merge")
}

// BenchmarkHour audits what one verifier gets of an hour of a fleet, whose processes send 2,500 spans a second each, 500 in a request. It measures what a verifier of
// all sources holds and writes, what a merge of all states holds and takes, and how much it could not audit with the default of max_gap_mib. Only a part of the sources
// is audited.
func BenchmarkHour(b *testing.B) {
	const each, batch = 2500 * 3600, 500
	for _, c := range []struct {
		name                      string
		sources, audited, between int // between so many verifiers
	}{
		{"100 k a second", 40, 20, 2},
		{"1 M a second", 400, 20, 10},
		{"10 M a second", 4000, 20, 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			whole := float64(c.sources) / float64(c.audited)
			for b.Loop() {
				b.StopTimer()
				r, before := rand.New(rand.NewPCG(1, 1)), heap()
				verifiers := make([]*Auditor, c.between)
				for i := range verifiers {
					verifiers[i] = weekAuditor()
				}
				dealOf(c.audited, each, batch, func() *Auditor { return verifiers[r.IntN(len(verifiers))] })
				b.ReportMetric(overDefault(c.audited, each, batch, c.between, whole), "%not-audited")
				memory, m, state, wrote := 0.0, NewMerge(), 0, time.Duration(0)
				for _, a := range verifiers {
					memory = measured(a, before) / float64(c.between) // the last: when all are as small as they can be
				}
				for i, a := range verifiers {
					began := time.Now()
					text, err := a.Export(exampleOrigin(fmt.Sprint("verifier", i)), false)
					wrote += time.Since(began)
					require.NoError(b, err)
					states, err := ReadStates(text)
					require.NoError(b, err)
					require.NoError(b, m.Add(states...))
					state, verifiers[i] = max(state, len(text)), nil
				}
				before = heap()
				b.StartTimer()
				report, err := m.Report(Asked{})
				require.NoError(b, err)
				b.StopTimer()
				s := report.Runs[0].Signals[0]
				require.EqualValues(b, c.audited*each, s.Received)
				require.Zero(b, s.Missing+s.Duplicate)
				b.ReportMetric(memory*whole/1e6, "MB/verifier")
				b.ReportMetric(float64(state)*whole/1e6, "MB/state")
				b.ReportMetric(wrote.Seconds()*1e3*whole/float64(c.between), "ms/state")
				merged := float64(heap()) - float64(before) // with the report
				runtime.KeepAlive(report)
				runtime.KeepAlive(m)
				b.ReportMetric(merged*whole/1e6, "MB/merge")
				b.StartTimer()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*whole, "s/merge")
		})
	}
}

// overDefault is how much of what comes to one verifier is beyond the memory that it has for gaps by default, in percent. That is for all sources; those that are
// audited have their part.
func overDefault(sources, each, batch, verifiers int, whole float64) float64 {
	limits := DefaultLimits()
	limits.Sources, limits.GapBytes = weekSources, int(float64(limits.GapBytes)/whole)
	a, r := New(limits, time.Second, Expectations{Verifiers: verifiers}), rand.New(rand.NewPCG(2, 2))
	came := dealOf(sources, each, batch, func() *Auditor {
		if r.IntN(verifiers) > 0 {
			return nil
		}
		return a
	})
	return 100 * float64(a.Report(noon, true).Runs[0].Signals[0].OverLimit) / float64(came)
}
