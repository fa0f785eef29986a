// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// stateOf is the state of an auditor.
func stateOf(t *testing.T, a *Auditor, of Origin) *State {
	t.Helper()
	text, err := a.Export(of, false)
	require.NoError(t, err)
	return readOne(t, text)
}

func mergedOf(t *testing.T, asked Asked, states ...*State) Report {
	t.Helper()
	m := NewMerge()
	require.NoError(t, m.Add(states...))
	report, err := m.Report(asked)
	require.NoError(t, err)
	return report
}

// TestMergeIsSound: where a verdict depends on what only first copies tell, such as their classes, their random values and when they happened, and copies came to
// several verifiers, the merged verdict may be unknown, but it is never another one.
func TestMergeIsSound(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 50
	}
	seen := map[[2]Verdict]int{}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		p := plan{duplicate: 0.2 * float64(r.IntN(2)) * r.Float64(), disorder: r.IntN(1000)}
		if r.IntN(3) == 0 {
			p.lose = 0.2 * r.Float64()
		}
		e := enrichment{classes: r.IntN(2) == 0}
		e.wholeTraces = !e.classes && r.IntN(2) == 0
		series := [][]delivery{p.play(r, Traces, "r", "traces 0", 2000)}
		e.all(r, series)
		all := series[0]
		expect := Expectations{
			MaxLoss: 1, MaxDuplicates: 1, WholeTraces: r.IntN(2) == 0, Content: &ContentExpectation{Max: 2}, Odd: &OddExpectation{Either: []string{"*"}},
		}
		switch traces := []Signal{Traces}; {
		case e.classes || e.wholeTraces:
			expect.Classes = &ClassesExpectation{Kept: []string{"a"}, Either: []string{"b"}, Signals: traces}
			if r.IntN(2) == 0 {
				expect.Classes = &ClassesExpectation{Dropped: []string{"c"}, Signals: traces}
			}
			all = slices.DeleteFunc(all, func(d delivery) bool { // a pipeline that does as is expected, but for some
				return d.item.Kind == Numbered && expect.Classes.of([]string{Rest, "a", "b", "c"}[max(d.item.Class, d.item.TraceClass)]) == dropped && r.IntN(300) > 0
			})
		case r.IntN(2) == 0:
			expect.MaxLoss, expect.Consistent = 0, true
		default:
			expect.MaxLoss, expect.Sampled = 0, &Sampled{Ratio: 0.9, Tolerance: 0.2 * r.Float64(), Signals: traces}
		}
		one := New(DefaultLimits(), time.Second, expect)
		n := 2 + r.IntN(4)
		s := newShared(t, r, n, expect)
		route := routes[seed%len(routes)](r, n)
		for i := range all {
			one.Audit(all[i].signal, noon, []Item{all[i].item})
			s.take(route(&all[i], i), &all[i])
		}
		s.end()
		got, err := s.merged().Report(Asked{Verifiers: n})
		require.NoError(t, err)
		want := one.Report(noon.Add(time.Minute), true)
		seen[[2]Verdict{want.Verdict, got.Verdict}]++
		if got.Verdict != Unknown {
			require.Equal(t, want.Verdict, got.Verdict, "seed %d: want %v, got %v", seed, messages(want.Runs[0].Findings), messages(got.Runs[0].Findings))
		}
		if got.Runs[0].Signals[0].twice == 0 {
			require.Empty(t, differences(normal(t, want), normal(t, got)), "seed %d", seed)
		}
	}
	assert.NotZero(t, seen[[2]Verdict{Pass, Pass}], "%v", seen)
	assert.NotZero(t, seen[[2]Verdict{Fail, Fail}], "%v", seen)
	assert.NotZero(t, seen[[2]Verdict{Pass, Unknown}], "%v", seen)
	t.Log(seen)
}

// half sends a run whose numbers two verifiers share, even and odd ones, and ends it at the second.
func half(second bool) *Auditor {
	a := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
	for i := range uint64(10) {
		if (i%2 == 1) == second {
			a.Audit(Logs, noon, []Item{numbered("r", "s", i)})
		}
	}
	if second {
		a.Audit(Logs, noon.Add(time.Millisecond), []Item{marker("r", "s", 10, 0)})
	}
	return a
}

// TestStateMissing: without the state of each verifier, and all of their lives, nobody knows.
func TestStateMissing(t *testing.T) {
	origin := func(verifier string, change ...func(*Origin)) Origin {
		of := exampleOrigin(verifier)
		for _, c := range change {
			c(&of)
		}
		of.Processes = []Process{{ID: of.Incarnation, Started: of.Started}}
		return of
	}
	even, odd := half(false), half(true)
	running := func(o *Origin) { o.Final = false }
	dead := func(o *Origin) { o.Final, o.Written = false, noon.Add(500*time.Millisecond) }
	resumed := half(false)
	resumed.resumedAt = noon.Add(time.Millisecond).UnixNano()
	empty := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
	resumedEmpty := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
	resumedEmpty.resumedAt = noon.Add(time.Millisecond).UnixNano()
	resumedBefore := half(false)
	resumedBefore.resumedAt = noon.Add(-time.Millisecond).UnixNano()
	happened := half(true)
	happened.runs[0].happened = noon.Add(-2 * time.Minute).UnixNano()
	headless := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2, MaxLoss: 1})
	headless.Audit(Logs, noon, []Item{numbered("r", "s", 1), marker("r", "s", 2, 0)})
	headed := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2, MaxLoss: 1})
	headed.Audit(Logs, noon, []Item{numbered("r", "s", 0)})
	later := func(o *Origin) { o.Incarnation, o.Started = "2", noon.Add(time.Second) }
	during := func(o *Origin) { o.Started = noon.Add(time.Microsecond) }
	elsewhere := func(o *Origin) { o.Clock.Name = "there" }
	early := func(o *Origin) { o.Written = noon.Add(500 * time.Microsecond) }
	a, b := stateOf(t, even, origin("a")), stateOf(t, odd, origin("b"))
	for name, tc := range map[string]struct {
		states []*State
		asked  Asked
		want   Verdict
		says   string
	}{
		"all are there":                        {[]*State{a, b}, Asked{}, Pass, ""},
		"all are there, by their number":       {[]*State{a, b}, Asked{Verifiers: 2}, Pass, ""},
		"all are there, by name":               {[]*State{a, b}, Asked{Names: []string{"b", "a"}}, Pass, ""},
		"one is missing":                       {[]*State{b}, Asked{}, Unknown, "the states of 1 of 2 verifiers are missing"},
		"the one with the marker is":           {[]*State{a}, Asked{}, Unknown, "the states of 1 of 2 verifiers are missing"},
		"one is missing, by name":              {[]*State{a, b}, Asked{Names: []string{"a", "b", "c"}}, Unknown, `the state of verifier "c" is missing`},
		"there is another":                     {[]*State{a, b}, Asked{Names: []string{"a"}}, Unknown, `"b", which is none of those that were named`},
		"there are too many":                   {[]*State{a, b}, Asked{Verifiers: 1}, Unknown, "there are states of 2 verifiers, and there should be 1"},
		"one has seen nothing":                 {[]*State{a, b, stateOf(t, empty, origin("c"))}, Asked{Verifiers: 3}, Pass, ""},
		"one goes on, and the run does not":    {[]*State{stateOf(t, even, origin("a", running)), b}, Asked{}, Pass, ""},
		"one wrote before the grace was over":  {[]*State{stateOf(t, even, origin("a", running, func(o *Origin) { o.Written = noon.Add(time.Second) })), b}, Asked{}, Running, ""},
		"and nothing more will come":           {[]*State{stateOf(t, even, origin("a", running, func(o *Origin) { o.Written = noon.Add(time.Second) })), b}, Asked{Final: true}, Unknown, "some verifiers may have taken more"},
		"one died, and is back":                {[]*State{stateOf(t, even, origin("a", dead)), stateOf(t, empty, origin("a", later)), b}, Asked{}, Unknown, `verifier "a" died`},
		"two have one name":                    {[]*State{stateOf(t, even, origin("a", running)), stateOf(t, empty, origin("a", later, func(o *Origin) { o.Started = noon.Add(-time.Second) })), b}, Asked{Final: true}, Unknown, `verifier "a" is the name of two`},
		"one died, and went on":                {[]*State{stateOf(t, resumed, origin("a")), b}, Asked{}, Unknown, `verifier "a" died, and went on at 2026-01-01 12:00:00 UTC`},
		"one died, and knows nothing of it":    {[]*State{stateOf(t, even, origin("a")), b, stateOf(t, resumedEmpty, origin("c"))}, Asked{Verifiers: 3}, Unknown, `verifier "c" died, and went on`},
		"one died before":                      {[]*State{stateOf(t, resumedBefore, origin("a")), b}, Asked{}, Pass, ""},
		"the first that happened came to none": {[]*State{a, stateOf(t, happened, origin("b"))}, Asked{}, Unknown, `verifier "a" began to listen when the run had begun, or may have`},
		"the first of a source came to none":   {[]*State{stateOf(t, headless, origin("a")), stateOf(t, New(DefaultLimits(), time.Second, Expectations{Verifiers: 2, MaxLoss: 1}), origin("b"))}, Asked{}, Unknown, `or may have`},
		"the first of all sources came":        {[]*State{stateOf(t, headless, origin("a")), stateOf(t, headed, origin("b"))}, Asked{}, Pass, ""},
		"one ended before the run":             {[]*State{stateOf(t, even, origin("a", early)), b}, Asked{}, Unknown, `verifier "a" ended at 2026-01-01 12:00:00 UTC, before the run did`},
		"one ended, and is back":               {[]*State{a, stateOf(t, empty, origin("a", later)), b}, Asked{}, Unknown, `what one of its name took before is not known`},
		"one was there for an earlier run":     {[]*State{stateOf(t, empty, origin("a", func(o *Origin) { o.Incarnation, o.Started = "0", noon.Add(-time.Hour) })), a, b}, Asked{}, Pass, ""},
		"one came late":                        {[]*State{a, stateOf(t, odd, origin("b", during))}, Asked{}, Unknown, `verifier "b" began to listen when the run had begun`},
		"one came at once, by another clock":   {[]*State{a, stateOf(t, odd, origin("b", elsewhere, func(o *Origin) { o.Started = noon.Add(-time.Millisecond) }))}, Asked{}, Unknown, `verifier "b" began`},
		"two runs, one is asked for":           {[]*State{a, b}, Asked{Run: "r"}, Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			report := mergedOf(t, tc.asked, tc.states...)
			assert.Equal(t, tc.want, report.Verdict, messages(report.Runs[0].Findings))
			assert.Contains(t, fmt.Sprint(messages(report.Runs[0].Findings)), tc.says)
		})
	}
	empty.Audit(Logs, noon, []Item{{}})
	report := mergedOf(t, Asked{}, stateOf(t, empty, origin("a")))
	assert.Equal(t, Fail, report.Verdict, "there is an item without a stamp")
	report = mergedOf(t, Asked{}, stateOf(t, New(DefaultLimits(), time.Second, Expectations{Verifiers: 2}), origin("a")))
	assert.Equal(t, Unknown, report.Verdict, "others may have seen a run")
	report = mergedOf(t, Asked{Verifiers: 1}, stateOf(t, resumedEmpty, origin("a")))
	assert.Equal(t, Unknown, report.Verdict, "it may have seen a run before it died")
}

// TestSequence: of the states of one incarnation the latest counts.
func TestSequence(t *testing.T) {
	a := half(false)
	of := exampleOrigin("a")
	early := stateOf(t, a, of)
	a.Audit(Logs, noon, []Item{numbered("r", "s", 100)})
	of.Sequence = 2
	late := stateOf(t, a, of)
	for _, order := range [][]*State{{early, late}, {late, early}, {late, late, early, early}} {
		s := mergedOf(t, Asked{}, order...).Runs[0].Signals[0]
		assert.EqualValues(t, 6, s.Received)
		assert.Zero(t, s.Duplicate)
	}
	m := NewMerge()
	of.Sequence = 1
	require.NoError(t, m.Add(early))
	require.ErrorContains(t, m.Add(stateOf(t, a, of)), `verifier "a", incarnation 1, state 1 is there twice, and the two differ`)
	_, err := NewMerge().Report(Asked{})
	require.ErrorContains(t, err, "there is no state")

	require.NoError(t, m.Add(stateOf(t, New(DefaultLimits(), time.Second, Expectations{MaxLoss: 1, Ordered: true, Verifiers: 2}), exampleOrigin("b"))))
	_, err = m.Report(Asked{})
	require.ErrorContains(t, err, `verifiers "a" and "b" expect different things (MaxLoss, Ordered); want the same in expect of all`)
}

// TestForgottenElsewhere: a verifier that holds a run no more may have had some of it. What it has forgotten besides is no matter.
func TestForgottenElsewhere(t *testing.T) {
	a := New(Limits{Runs: 1, Sources: 100, GapBytes: 1 << 20, Spans: 100}, time.Second, Expectations{Verifiers: 2})
	a.Audit(Logs, noon, []Item{numbered("old", "s", 0), marker("old", "s", 1, 0)})
	later := noon.Add(10 * time.Second)
	a.Audit(Logs, later, []Item{numbered("new", "s", 0)})
	b := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
	b.Audit(Logs, noon, []Item{numbered("old", "t", 0), marker("old", "t", 1, 0)})
	b.Audit(Logs, later, []Item{numbered("new", "s", 1), marker("new", "s", 2, 0)})
	states := []*State{stateOf(t, a, exampleOrigin("a")), stateOf(t, b, exampleOrigin("b"))}
	report := mergedOf(t, Asked{}, states...)
	assert.Equal(t, []Verdict{Unknown, Pass}, []Verdict{report.Runs[0].Verdict, report.Runs[1].Verdict})
	assert.Contains(t, messages(report.Runs[0].Findings)[0], `verifier "a" holds the run no more`)
	assert.Equal(t, Unknown, report.Verdict)
	assert.Equal(t, Forgotten{Runs: 1, Unknown: 1}, report.Forgotten)
	assert.Equal(t, Pass, mergedOf(t, Asked{Run: "new"}, states...).Verdict)
}

// TestClocksApart: what the clocks of two machines measured says nothing, whatever it is; what one clock measured does.
func TestClocksApart(t *testing.T) {
	expect := Expectations{LatencyP99: time.Second, Deadline: time.Minute, Verifiers: 2}
	began := func(took time.Duration) *Auditor {
		a := New(DefaultLimits(), time.Second, expect)
		items := late100ms(upTo("r", "s", 2), noon)
		a.Audit(Logs, noon, items[:1])
		a.Audit(Logs, noon.Add(took), []Item{marker("r", "s", 2, 0)})
		return a
	}
	other := New(DefaultLimits(), time.Second, expect)
	other.Audit(Logs, noon, late100ms(upTo("r", "s", 2), noon)[1:])
	for name, tc := range map[string]struct {
		clock string
		known time.Duration // error of the clocks
		took  time.Duration
		want  []string
	}{
		"one clock":                  {"here", 0, 30 * time.Second, nil},
		"two clocks":                 {"there", 0, 30 * time.Second, []string{"latency_p99", "deadline"}},
		"nobody knows which":         {"", time.Millisecond, 30 * time.Second, []string{"latency_p99"}},
		"two clocks that are right":  {"there", time.Millisecond, 30 * time.Second, []string{"latency_p99"}},
		"and it was just in time":    {"there", time.Millisecond, time.Minute, []string{"latency_p99", "deadline"}},
		"two clocks that may be off": {"there", time.Minute, 30 * time.Second, []string{"verifiers", "verifiers", "latency_p99", "deadline"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := exampleOrigin("a"), exampleOrigin("b")
			a.Clock.Error, b.Clock = tc.known, Clock{tc.clock, tc.known}
			report := mergedOf(t, Asked{}, stateOf(t, began(tc.took), a), stateOf(t, other, b))
			var found []string
			for _, f := range report.Runs[0].Findings {
				assert.True(t, f.Unknown, f)
				found = append(found, f.Expectation)
			}
			assert.ElementsMatch(t, tc.want, found)
			assert.Equal(t, tc.clock != "here", report.Runs[0].Signals[0].Latency.NotComparable)
		})
	}
}

// TestOrphansOfSeveral: a parent that came to another verifier is no orphan's. If that verifier may have forgotten it, nobody knows.
func TestOrphansOfSeveral(t *testing.T) {
	span := func(sequence, id, parent uint64) Item {
		it := numbered("r", "s", sequence)
		it.Span, it.Parent, it.Trace = id, parent, 1
		return it
	}
	a := New(DefaultLimits(), time.Second, Expectations{})
	a.Audit(Traces, noon, []Item{span(0, 1, 9), span(1, 2, 9), span(2, 3, 8)})
	small := Limits{Runs: 10, Sources: 100, GapBytes: 1 << 20, Spans: 2, Traces: 100}
	for name, tc := range map[string]struct {
		limits Limits
		items  []Item
		want   [3]uint64 // orphans, their traces, not known
	}{
		"the parent came":             {DefaultLimits(), []Item{span(3, 9, 0)}, [3]uint64{1, 1, 0}},
		"a child came twice":          {DefaultLimits(), []Item{span(0, 1, 9), span(4, 4, 9)}, [3]uint64{4, 1, 0}},
		"it is forgotten":             {small, []Item{span(3, 9, 0), span(5, 101, 0), span(6, 102, 0), span(7, 103, 0), span(8, 104, 0)}, [3]uint64{0, 0, 3}},
		"it has forgotten, and waits": {small, []Item{span(0, 1, 9), span(5, 101, 0), span(6, 102, 0), span(7, 103, 0), span(8, 104, 0)}, [3]uint64{2, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := New(tc.limits, time.Second, Expectations{})
			b.Audit(Traces, noon, tc.items)
			s := mergedOf(t, Asked{Verifiers: 2}, stateOf(t, a, exampleOrigin("a")), stateOf(t, b, exampleOrigin("b"))).Runs[0].Signals[0]
			assert.Equal(t, tc.want, [3]uint64{s.Orphans, s.IncompleteTraces, s.OrphansUnknown})
		})
	}
}

// TestLateListener: a verifier that hears of a source when it has sent more than others may skip is not taken in, and costs nothing.
func TestLateListener(t *testing.T) {
	const far = 20_000_000_000
	a := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
	a.Audit(Logs, noon, []Item{numbered("r", "s", far), numbered("r", "s", far+1), marker("r", "s", far+2, 0)})
	s := a.Report(noon, true).Runs[0].Signals[0]
	assert.Equal(t, Counts{Sent: far + 2, Received: 2, Missing: far, Lost: far}, s.Counts)
	assert.Zero(t, a.gaps.used)
	assert.Less(t, len(stateOf(t, a, exampleOrigin("a")).body), 1000)
	b := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
	b.Audit(Logs, noon, upTo("r", "s", 2))
	b.runs[0].accounts[Logs].streams["s"].next = far // so long ago that it has had them all
	report := mergedOf(t, Asked{}, stateOf(t, a, exampleOrigin("a")), stateOf(t, b, exampleOrigin("b")))
	assert.Equal(t, Pass, report.Verdict)
	assert.EqualValues(t, far+2, report.Runs[0].Signals[0].Received)
}

// manyShards lets an auditor hear the end markers of more shards than are held, in some order.
func manyShards(shards uint64, order func(i uint64) uint64) *Auditor {
	a := serving(Expectations{})
	for i := range shards {
		i = order(i)
		m := marker("r", strconv.FormatUint(i, 10), 1, 0)
		m.Says.Sources, m.Says.Sends[Logs] = shards, true
		m.Says.Process[Logs] = stamp.Totals{Numbered: 1}
		m.Says.Shard = &stamp.Shard{Index: i, Total: shards}
		m.Says.Shard.Offered[Logs].Add(noon.UnixNano(), 1)
		for k := range 100 {
			m.Says.Odd = append(m.Says.Odd, stamp.OddKind{Name: fmt.Sprintf("kind %50d", k), Items: 1 << 40})
		}
		a.Audit(Logs, noon, []Item{numbered("r", strconv.FormatUint(i, 10), 0), m})
	}
	return a
}

// TestManyShards: what more shards said than are held is still known to one verifier, and not told to others. If another holds what this one does not, all is known:
// what each shard said counts once, and none counts of which nobody told.
func TestManyShards(t *testing.T) {
	shards := uint64(mostStatements/4000 + 10)
	a := manyShards(shards, func(i uint64) uint64 { return i })
	assert.NotNil(t, a.runs[0].told.folded)
	assert.LessOrEqual(t, a.runs[0].told.held, mostStatements)
	r := a.Report(noon, true).Runs[0]
	assert.Equal(t, Shards{shards, shards}, r.Shards)
	of := stateOf(t, a, exampleOrigin("a"))
	merged := mergedOf(t, Asked{}, of).Runs[0]
	assert.Less(t, merged.Shards.Seen, shards)
	assert.Equal(t, shards, merged.Shards.Total)

	others := stateOf(t, manyShards(shards, func(i uint64) uint64 { return shards - 1 - i }), exampleOrigin("b"))
	all, err := of.auditor(mergedLimits(1 << 20))
	require.NoError(t, err)
	other, err := others.auditor(mergedLimits(1 << 20))
	require.NoError(t, err)
	all.unite(other)
	told := all.runs[0].told.sum()
	assert.Equal(t, shards, told.offered[Logs].Total())
	assert.True(t, told.complete())

	all, err = of.auditor(mergedLimits(1 << 20))
	require.NoError(t, err)
	all.runs[0].told.folded = &toldSum{} // of others
	told = all.runs[0].told.sum()
	assert.Equal(t, told.shards, told.offered[Logs].Total(), "none is told that is not in the sum")
	assert.False(t, told.complete())
}
