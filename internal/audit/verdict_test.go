// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

func upTo(run, source string, n uint64) []Item {
	all := make([]Item, n)
	for i := range all {
		all[i] = numbered(run, source, uint64(i))
	}
	return all
}

// arrivals are items of one signal, some time after noon.
type arrivals struct {
	after  time.Duration
	signal Signal
	items  []Item
}

func join(parts ...[]Item) (all []Item) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func late100ms(items []Item, at time.Time) []Item {
	for i := range items {
		items[i].At = at.Add(-100 * time.Millisecond).UnixNano()
	}
	return items
}

func TestVerdicts(t *testing.T) {
	announcing := func(total, sources uint64, signals ...Signal) []Item {
		m := marker("r", "s", total, 0)
		m.Says.Sources = sources
		for _, s := range signals {
			m.Says.Sends[s] = true
		}
		return []Item{m}
	}
	end := func(total, givenUp uint64) []Item { return []Item{marker("r", "s", total, givenUp)} }
	// refusing says which items were given up: count of them, from first on.
	refusing := func(total, first, count uint64) []Item {
		m := marker("r", "s", total, count)
		m.Says.Sources, m.Says.Sends[Logs] = 1, true
		var refused stamp.Ranges
		refused.Add(first, count)
		m.Says.Process[Logs] = stamp.Totals{Numbered: total, GivenUp: count, Refused: refused.Pack()}
		return []Item{m}
	}
	// Of ten, one is lost and one comes twice.
	faulty := []arrivals{{0, Traces, join(upTo("r", "s", 9), upTo("r", "s", 1), end(10, 0))}}
	half := []arrivals{{0, Traces, join(upTo("r", "s", 5), end(10, 0))}}
	traces := []Signal{Traces}
	// kept are the first n items of a total, and a marker that tells of its shard.
	kept := func(n, total uint64) []arrivals {
		m := marker("r", "s", total, 0)
		m.Says.Sources, m.Says.Sends[Traces] = 1, true
		m.Says.Process[Traces] = stamp.Totals{Numbered: total, Squares: total}
		m.Says.Shard = &stamp.Shard{Total: 1}
		if total > 0 {
			m.Says.Shard.Offered[Traces].Add(noon.UnixNano(), total)
		}
		items := upTo("r", "s", n)
		for i := range items {
			items[i].At = noon.UnixNano()
		}
		return []arrivals{{0, Traces, append(items, m)}}
	}
	for _, tc := range []struct {
		name     string
		expect   Expectations
		arrivals []arrivals
		at       time.Duration
		closing  bool
		want     Verdict
		findings []string // expectations of the run
	}{
		{"all is well", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(5, 0))}}, 2 * time.Second, false, Pass, nil},
		{"within the grace period", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(6, 0))}}, 900 * time.Millisecond, false, Running, nil},
		{"after it", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(6, 0))}}, time.Second, false, Fail, []string{"max_loss"}},
		{"the end ends the grace period", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(6, 0))}}, 0, true, Fail, []string{"max_loss"}},
		{"what was given up is not lost", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), refusing(6, 5, 1))}}, time.Second, false, Pass, nil},
		{"also in the middle", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 9)[:3], upTo("r", "s", 9)[5:], refusing(9, 3, 2))}}, time.Second, false, Pass, nil},
		{"as many as were given up are lost, and these arrived", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 9)[:3], upTo("r", "s", 9)[5:], refusing(9, 6, 2))}}, time.Second, false, Fail, []string{"max_loss"}},
		{"so are fewer", Expectations{MaxLoss: 0.1}, []arrivals{{0, Logs, join(upTo("r", "s", 9)[:3], upTo("r", "s", 9)[5:], refusing(9, 0, 3))}}, time.Second, false, Fail, []string{"max_loss"}},
		{"it is not known which", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(6, 1))}}, time.Second, false, Unknown, []string{"max_loss"}},
		{"all were given up", Expectations{}, []arrivals{{0, Logs, end(6, 6)}, {0, Traces, upTo("r", "s", 1)}, {0, Traces, end(1, 0)}}, time.Second, false, Unknown, []string{"runs"}},

		{"what was given up has arrived all the same", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 6), end(6, 2))}}, time.Second, false, Pass, nil},
		{"some of it has, and may hide a loss", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(6, 2))}}, time.Second, false, Unknown, []string{"max_loss"}},
		{"which may be", Expectations{MaxLoss: 0.25}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(6, 2))}}, time.Second, false, Pass, nil},

		{"loss and duplicates do not cancel", Expectations{}, faulty, time.Second, false, Fail, []string{"max_loss", "max_duplicates"}},
		{"limits are shares", Expectations{MaxLoss: 0.1, MaxDuplicates: 0.1}, faulty, time.Second, false, Pass, nil},
		{"just too much", Expectations{MaxLoss: 0.099, MaxDuplicates: 0.099}, faulty, time.Second, false, Fail, []string{"max_loss", "max_duplicates"}},
		{"duplicates are found before the end", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), upTo("r", "s", 1))}}, time.Second, false, Running, []string{"max_duplicates"}},

		{"no end", Expectations{}, []arrivals{{0, Logs, upTo("r", "s", 5)}}, time.Hour, false, Running, nil},
		{"no end at the end", Expectations{}, []arrivals{{0, Logs, upTo("r", "s", 5)}}, 0, true, Fail, []string{"end_marker"}},
		{"one source has no end", Expectations{}, []arrivals{
			{0, Logs, join(upTo("r", "t", 5), upTo("r", "s", 5), end(5, 0))},
		}, time.Second, false, Fail, []string{"end_marker"}},
		{"one source goes on: another shard", Expectations{}, []arrivals{
			{0, Logs, join(upTo("r", "s", 5), end(5, 0))},
			{2 * time.Second, Logs, upTo("r", "t", 5)},
		}, 2500 * time.Millisecond, false, Running, nil},
		{"a corrupt end is none", Expectations{MaxCorrupt: 1}, []arrivals{
			{0, Logs, join(upTo("r", "s", 5), []Item{{Kind: End, Run: "r", Source: "s", Says: &stamp.End{Total: 5}, Corrupt: true}})},
		}, 0, true, Fail, []string{"end_marker"}},
		{"a restarted generator with the same name", Expectations{MaxDuplicates: 1}, []arrivals{
			{0, Logs, join(upTo("r", "s", 5), end(5, 0), upTo("r", "s", 4), end(4, 0))},
		}, time.Second, false, Fail, []string{"end_marker"}},

		{"in time", Expectations{Deadline: time.Minute}, []arrivals{
			{0, Logs, upTo("r", "s", 5)}, {time.Minute, Logs, end(5, 0)},
		}, time.Hour, false, Pass, nil},
		{"too late", Expectations{Deadline: time.Minute}, []arrivals{
			{0, Logs, upTo("r", "s", 5)}, {time.Minute + time.Second, Logs, end(5, 0)},
		}, time.Hour, false, Fail, []string{"deadline"}},
		{"going to be too late", Expectations{Deadline: time.Minute}, []arrivals{{0, Logs, upTo("r", "s", 5)}}, time.Hour, false, Running, []string{"deadline"}},

		{"fast enough", Expectations{LatencyP99: 101 * time.Millisecond}, []arrivals{
			{0, Logs, join(late100ms(upTo("r", "s", 5), noon), end(5, 0))},
		}, time.Second, false, Pass, nil},
		{"too slow", Expectations{LatencyP99: 99 * time.Millisecond}, []arrivals{
			{0, Logs, join(late100ms(upTo("r", "s", 5), noon), end(5, 0))},
		}, time.Second, false, Fail, []string{"latency_p99"}},

		{"half is kept", Expectations{Sampled: &Sampled{0.5, 0, traces}}, kept(5, 10), time.Second, false, Pass, nil},
		{"within tolerance", Expectations{Sampled: &Sampled{0.45, 0.06, traces}}, kept(5, 10), time.Second, false, Pass, nil},
		{"too many kept", Expectations{Sampled: &Sampled{0.4, 0.05, traces}}, kept(5, 10), time.Second, false, Fail, []string{"sampled"}},
		{"too few kept", Expectations{Sampled: &Sampled{0.6, 0.05, traces}}, kept(5, 10), time.Second, false, Fail, []string{"sampled"}},
		{"not a sampled signal", Expectations{Sampled: &Sampled{0.5, 0, []Signal{Logs}}}, kept(5, 10), time.Second, false, Fail, []string{"max_loss"}},
		{"the end is not kept", Expectations{Sampled: &Sampled{1, 0, traces}}, []arrivals{{0, Traces, upTo("r", "s", 5)}}, time.Second, true, Unknown, []string{"sampled"}},
		{"too few kept of what is known to have been sent", Expectations{Sampled: &Sampled{0.6, 0.05, traces}}, half, time.Second, false, Fail, []string{"sampled", "sampled"}},
		{"nothing was sent", Expectations{Sampled: &Sampled{0.6, 0.05, traces}}, kept(0, 0), time.Second, false, Unknown, []string{"runs"}},

		{"a source of which nothing came", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), announcing(5, 2, Logs))}}, time.Second, false, Fail, []string{"end_marker"}},
		{"it may still come", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), announcing(5, 2, Logs))}}, 900 * time.Millisecond, false, Running, nil},
		{"it has come", Expectations{}, []arrivals{
			{0, Logs, join(upTo("r", "s", 5), announcing(5, 2, Logs))}, {0, Logs, []Item{marker("r", "t", 0, 0)}},
		}, time.Second, false, Pass, nil},
		{"a signal of which nothing came", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), announcing(5, 1, Logs, Traces))}}, time.Second, false, Fail, []string{"end_marker", "runs"}},
		{"it may still come, too", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), announcing(5, 1, Logs, Traces))}}, 900 * time.Millisecond, false, Running, nil},
		{"a signal that is audited elsewhere", Expectations{}, []arrivals{{0, Logs, join(upTo("r", "s", 5), announcing(5, 1, Logs, Metrics))}}, time.Second, false, Pass, nil},

		{"as many sources", Expectations{Sources: 1}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(5, 0))}}, time.Second, false, Pass, nil},
		{"too few sources", Expectations{Sources: 2}, []arrivals{{0, Logs, join(upTo("r", "s", 5), end(5, 0))}}, time.Second, false, Fail, []string{"sources"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := New(DefaultLimits(), time.Second, tc.expect)
			a.Serve(Traces)
			a.Serve(Logs)
			for _, x := range tc.arrivals {
				a.Audit(x.signal, noon.Add(x.after), x.items)
				a = restarted(t, a)
			}
			report := a.Report(noon.Add(tc.at), tc.closing)
			var findings []string
			for _, f := range report.Runs[0].Findings {
				findings = append(findings, f.Expectation)
			}
			assert.Equal(t, tc.findings, findings)
			assert.Equal(t, tc.want, report.Runs[0].Verdict)
			assert.Equal(t, tc.want, report.Verdict)
		})
	}
}

func TestNothingCame(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	assert.Equal(t, Running, a.Report(noon, false).Verdict)
	report := a.Report(noon, true)
	assert.Equal(t, Fail, report.Verdict)
	assert.Equal(t, "runs", report.Findings[0].Expectation)
}

func TestUnexpectedItems(t *testing.T) {
	for allow, want := range map[bool]Verdict{true: Pass, false: Fail} {
		a := New(DefaultLimits(), time.Second, Expectations{AllowUnexpected: allow})
		a.Audit(Metrics, noon, []Item{numbered("r", "s", 0), {}, {Kind: Malformed}, marker("r", "s", 1, 0), numbered("r", "s", 9)})
		report := a.Report(noon, true)
		assert.Equal(t, Unexpected{Unstamped: 1, Malformed: 1}, report.Unexpected)
		assert.EqualValues(t, 1, report.Runs[0].Signals[0].Beyond)
		assert.Equal(t, want, report.Verdict)
	}
}

// TestClocks: what comes from the future is counted apart, and changes no latency.
func TestClocks(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	items := upTo("r", "s", 4)
	items[0].At = noon.Add(-time.Second).UnixNano()
	items[1].At = noon.Add(time.Second).UnixNano()
	items[2].At = 0 // not known
	items[3].At, items[3].Corrupt = noon.Add(-time.Hour).UnixNano(), true
	a.Audit(Logs, noon, items)
	latency := a.Report(noon, true).Runs[0].Signals[0].Latency
	assert.Equal(t, LatencyReport{Count: 1, Skewed: 1, P50: latency.P50, P99: latency.P99, Max: time.Second}, latency)
	assert.InEpsilon(t, time.Second, latency.P99, 0.006)
}

// TestAfterGrace: an item that comes when the verdict was out corrects it, and is counted.
func TestAfterGrace(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	a.Audit(Logs, noon, []Item{numbered("r", "s", 0), marker("r", "s", 2, 0)})
	require.Equal(t, Fail, a.Report(noon.Add(time.Second), false).Verdict)
	a.Audit(Logs, noon.Add(2*time.Second), []Item{numbered("r", "s", 1)})
	report := a.Report(noon.Add(2*time.Second), false)
	assert.Equal(t, Pass, report.Verdict)
	assert.Equal(t, Counts{Sent: 2, Received: 2, AfterGrace: 1}, report.Runs[0].Signals[0].Counts)
}

// TestLineage: parents before and after their children, and one that never comes.
func TestLineage(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	span := func(sequence, id, parent, trace uint64) Item {
		it := numbered("r", "s", sequence)
		it.Span, it.Parent, it.Trace = id, parent, trace
		return it
	}
	a.Audit(Traces, noon, []Item{span(0, 1, 2, 1), span(1, 2, 0, 1), span(2, 3, 2, 1), span(3, 11, 12, 2), span(4, 13, 12, 2), span(5, 21, 22, 3)})
	s := a.Report(noon, true).Runs[0].Signals[0]
	assert.Equal(t, []uint64{3, 2}, []uint64{s.Orphans, s.IncompleteTraces})
	a.Audit(Traces, noon, []Item{span(6, 12, 0, 2)})
	s = a.Report(noon, true).Runs[0].Signals[0]
	assert.Equal(t, []uint64{1, 1}, []uint64{s.Orphans, s.IncompleteTraces})
}

// TestLineageOfTwoRuns: two runs of one seed have the same ids. Of one the parent is lost; of the other it comes, before or after.
func TestLineageOfTwoRuns(t *testing.T) {
	item := func(run string, n, span, parent uint64) Item {
		it := numbered(run, "s", n)
		it.Trace, it.Span, it.Parent = 7, span, parent
		return it
	}
	whole := []Item{item("whole", 0, 1, 0), item("whole", 1, 2, 1), marker("whole", "s", 2, 0)}
	lossy := []Item{item("lossy", 1, 2, 1), marker("lossy", "s", 2, 0)}
	for _, order := range [][][]Item{{whole, lossy}, {lossy, whole}} {
		a := New(DefaultLimits(), time.Second, Expectations{})
		for _, items := range order {
			a.Audit(Traces, noon, items)
		}
		for _, r := range restarted(t, a).Report(noon, true).Runs {
			want := map[string]uint64{"whole": 0, "lossy": 1}[r.Run]
			assert.Equal(t, []uint64{want, want}, []uint64{r.Signals[0].Orphans, r.Signals[0].IncompleteTraces}, r.Run)
		}
	}
}
