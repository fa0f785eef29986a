// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// oddRun sends ten ordinary spans, and of two odd kinds five each, whose items may be changed or dropped. Of log.no_body two more were refused, and the
// generator knows. The ordinary ones must be counted as if there were no others.
func oddRun(t *testing.T, e Expectations, treat func(kind string, n int) (dropped, changed bool)) RunReport {
	t.Helper()
	a := serving(e)
	for i := range 10 {
		a.Audit(Traces, noon, []Item{{Kind: Numbered, Run: "r", Source: "a", Sequence: uint64(i), Span: uint64(i + 1), At: noon.UnixNano()}})
	}
	kinds := []string{"span.zero_trace_id", "span.own_parent"}
	for i := range 10 {
		kind := kinds[i%2]
		dropped, changed := treat(kind, i/2)
		if dropped {
			continue
		}
		a.Audit(Traces, noon, []Item{{
			Kind: Numbered, Run: "r", Source: "a", Sequence: uint64(i), Odd: kind, Corrupt: changed, Span: 7, Parent: 7, At: 1 << 62, Trace: 1, TraceNumbered: true,
		}})
	}
	says := &stamp.End{Total: 10, Sources: 1, Sends: [Signals]bool{Traces: true}, Shard: &stamp.Shard{Total: 1}, Odd: []stamp.OddKind{
		{Name: kinds[0], Items: 5}, {Name: kinds[1], Items: 5, GivenUp: 2}, {Name: "log.no_body", Signal: Logs, Items: 9},
	}}
	says.Process[Traces] = stamp.Totals{Numbered: 10, Squares: 10}
	says.Shard.Offered[Traces].Add(noon.UnixNano(), 10)
	a.Audit(Traces, noon, []Item{{Kind: End, Run: "r", Source: "a", Says: says}})
	restored := serving(e)
	goOn(t, a, restored, Origin{Final: true}, false)
	report := restored.Report(noon.Add(time.Hour), true)
	require.Len(t, report.Runs, 1)
	s := report.Runs[0].Signals[0]
	assert.EqualValues(t, 10, s.Sent)
	assert.EqualValues(t, 10, s.Received)
	assert.Zero(t, s.Lost+s.Missing+s.Duplicate+s.Corrupt+s.Orphans+s.IncompleteTraces+uint64(s.OutOfOrder)+s.Torn)
	assert.EqualValues(t, 10, s.Latency.Count, "times of odd items say nothing")
	return report.Runs[0]
}

// TestOdd: what a pipeline does with odd items is counted by kind, and held against what is expected of each.
func TestOdd(t *testing.T) {
	type treatment = func(kind string, n int) (dropped, changed bool)
	intact := func(string, int) (bool, bool) { return false, false }
	only := func(of string, dropped, changed bool) treatment {
		return func(kind string, _ int) (bool, bool) { return dropped && kind == of, changed && kind == of }
	}
	first := func(of treatment) treatment {
		return func(kind string, n int) (bool, bool) {
			dropped, changed := of(kind, n)
			return dropped && n == 0, changed && n == 0
		}
	}
	const zero, own = "span.zero_trace_id", "span.own_parent"
	for name, tc := range map[string]struct {
		expect  *OddExpectation
		treat   treatment
		verdict Verdict
		message string
	}{
		"all arrive":                         {nil, intact, Pass, ""},
		"one is missing":                     {nil, first(only(zero, true, false)), Fail, "span.zero_trace_id: 1 of 5 items are missing, and nobody told the generator"},
		"one is changed":                     {nil, first(only(zero, false, true)), Fail, "span.zero_trace_id: 1 of 5 items arrived, and not as they were sent"},
		"dropped, as expected":               {&OddExpectation{Dropped: []string{zero}}, only(zero, true, false), Pass, ""},
		"dropped, as a pattern expects":      {&OddExpectation{Dropped: []string{"span.zero*"}}, only(zero, true, false), Pass, ""},
		"not all dropped":                    {&OddExpectation{Dropped: []string{zero}}, first(only(zero, true, false)), Fail, "span.zero_trace_id: 4 of 5 items arrived; want none"},
		"changed, as expected":               {&OddExpectation{Changed: []string{zero}}, only(zero, false, true), Pass, ""},
		"not all changed":                    {&OddExpectation{Changed: []string{zero}}, first(only(zero, false, true)), Fail, "span.zero_trace_id: 4 of 5 items arrived as they were sent; want them changed"},
		"dropped, where changed is expected": {&OddExpectation{Changed: []string{zero}}, only(zero, true, false), Fail, "span.zero_trace_id: 5 of 5 items are missing"},
		"another is dropped":                 {&OddExpectation{Dropped: []string{zero}}, func(string, int) (bool, bool) { return true, false }, Fail, "span.own_parent: 5 of 7 items are missing"},
		"either":                             {&OddExpectation{Either: []string{"*"}}, first(only(own, true, false)), Pass, ""},
		"nothing of it was sent":             {&OddExpectation{Dropped: []string{"metric.nan"}}, intact, Unknown, "metric.nan: nothing of it was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			run := oddRun(t, Expectations{Odd: tc.expect}, tc.treat)
			assert.Equal(t, tc.verdict, run.Verdict, findingsOf(&run))
			assert.Contains(t, findingsOf(&run), tc.message)
		})
	}
}

// TestOddDropped: where ordinary items are dropped on purpose, odd ones may be, too; changed they may not be.
func TestOddDropped(t *testing.T) {
	for _, e := range []Expectations{
		{Sampled: &Sampled{Ratio: 0.9, Tolerance: 0.5, Signals: []Signal{Traces}}},
		{Classes: &ClassesExpectation{Kept: []string{"errors"}, Either: []string{Rest}, Signals: []Signal{Traces}}},
		{Consistent: true},
	} {
		run := oddRun(t, e, func(_ string, n int) (bool, bool) { return n < 3, false })
		assert.NotContains(t, findingsOf(&run), "odd: ")
		run = oddRun(t, e, func(_ string, n int) (bool, bool) { return n < 3, true })
		assert.Contains(t, findingsOf(&run), "odd: ")
	}
}

// TestOddReport: what was refused is not missing, and a copy is not counted twice.
func TestOddReport(t *testing.T) {
	run := oddRun(t, Expectations{}, func(kind string, n int) (bool, bool) {
		return kind == "span.zero_trace_id" && n < 2, kind == "span.own_parent" && n == 4
	})
	assert.Equal(t, []OddReport{
		{Kind: "span.zero_trace_id", Sent: 5, Received: 3, Missing: 2},
		{Kind: "span.own_parent", Sent: 7, Refused: 2, Received: 5, Changed: 1},
	}, run.Signals[0].Odd)
	assert.Equal(t, OddCounts{OddSent: 12, OddRefused: 2, OddReceived: 8, OddChanged: 1, OddMissing: 2}, run.Signals[0].OddCounts)

	a := serving(Expectations{})
	odd := Item{Kind: Numbered, Run: "r", Source: "a", Odd: "span.own_parent"}
	a.Audit(Traces, noon, []Item{odd, odd})
	report := a.Report(noon.Add(time.Hour), true)
	s := report.Runs[0].Signals[0]
	assert.Equal(t, []OddReport{{Kind: "span.own_parent", Sent: 1, Received: 1, Duplicate: 1}}, s.Odd)
	assert.Contains(t, findingsOf(&report.Runs[0]), "what was sent of odd items is not known", "no end marker has come")
	many := make([]Item, 1000)
	for i := range many {
		many[i] = Item{Kind: Numbered, Run: "r", Source: "a", Sequence: uint64(i + 1), Odd: time.Duration(i).String()}
	}
	tally := a.Audit(Traces, noon, many)
	assert.EqualValues(t, 1000-stamp.MostOddKinds+1, tally.OverLimit, "whoever sends decides on names, not on memory")
}
