// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// traced is a generator of one source that sends spans, of classes or of traces, and then says how many there were.
type traced struct {
	items    []Item
	classes  []stamp.Class
	rootless uint64
	givenUp  uint64
}

// trace sends a trace of n spans, the root last, of which one marks the trace as one of a class; late ones end after the root.
func (g *traced) trace(id uint64, n, late int, class uint32) {
	for i := range n + late {
		it := Item{
			Kind: Numbered, Run: "r", Source: "a", Sequence: uint64(len(g.items)), Trace: id, Span: id<<8 + uint64(i+1), Parent: id<<8 + uint64(n),
			TraceNumbered: true, TraceSpan: uint32(i + 1), At: noon.UnixNano(),
		}
		if i+1 == n {
			it.Parent, it.Root = 0, true
		}
		if class > 0 && i == n/2 {
			it.TraceClass = class
		}
		g.items = append(g.items, it)
	}
}

func (g *traced) marker() Item {
	n := uint64(len(g.items))
	says := &stamp.End{Total: n, GivenUp: g.givenUp, Sources: 1, Sends: [Signals]bool{Traces: true}, Classes: g.classes, Rootless: g.rootless}
	says.Process[Traces] = stamp.Totals{Numbered: n, GivenUp: g.givenUp, Squares: n}
	says.Shard = &stamp.Shard{Total: 1}
	says.Shard.GivenUp[Traces] = g.givenUp
	says.Shard.Offered[Traces].Add(noon.UnixNano(), n-g.givenUp)
	return Item{Kind: End, Run: "r", Source: "a", Says: says}
}

// arrive lets what is not dropped arrive.
func (g *traced) arrive(t *testing.T, e Expectations, dropped func(Item) bool) RunReport {
	t.Helper()
	a := serving(e)
	for _, it := range append(g.items, g.marker()) {
		if it.Kind == End || !dropped(it) {
			a.Audit(Traces, noon, []Item{it})
		}
	}
	report := a.Report(noon.Add(time.Hour), true)
	require.Len(t, report.Runs, 1)
	return report.Runs[0]
}

func findingsOf(r *RunReport) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Expectation + ": " + f.Message + "\n")
	}
	return b.String()
}

// TestClasses: what arrives of 30 items of a class, 20 of another and 50 of none must be exactly what is expected.
func TestClasses(t *testing.T) {
	g := traced{classes: []stamp.Class{{Name: "health", Items: [Signals]uint64{30}}, {Name: "errors", Items: [Signals]uint64{20}}, {Name: "none"}}}
	for i := range 100 {
		class := uint32(0)
		switch {
		case i < 30:
			class = 1
		case i < 50:
			class = 2
		}
		g.items = append(g.items, Item{Kind: Numbered, Run: "r", Source: "a", Sequence: uint64(i), Class: class, At: noon.UnixNano()})
	}
	only := func(classes ...uint32) func(Item) bool {
		return func(it Item) bool { return !slices.Contains(classes, it.Class) }
	}
	but := func(sequence uint64, of func(Item) bool) func(Item) bool {
		return func(it Item) bool { return of(it) != (it.Sequence == sequence) }
	}
	for name, tc := range map[string]struct {
		expect  ClassesExpectation
		dropped func(Item) bool
		verdict Verdict
		message string
	}{
		"a filter":                    {ClassesExpectation{Dropped: []string{"health"}}, only(0, 2), Pass, ""},
		"one too many dropped":        {ClassesExpectation{Dropped: []string{"health"}}, but(99, only(0, 2)), Fail, "rest: 1 of 50 items are lost; want all"},
		"one too few dropped":         {ClassesExpectation{Dropped: []string{"health"}}, but(7, only(0, 2)), Fail, "health: 1 of 30 items arrived; want none"},
		"one of another class lost":   {ClassesExpectation{Dropped: []string{"health"}}, but(49, only(0, 2)), Fail, "errors: 1 of 20 items are lost"},
		"only errors":                 {ClassesExpectation{Kept: []string{"errors"}}, only(2), Pass, ""},
		"only errors, and one more":   {ClassesExpectation{Kept: []string{"errors"}}, but(99, only(2)), Fail, "rest: 1 of 50 items arrived; want none"},
		"one for one":                 {ClassesExpectation{Kept: []string{"errors"}}, but(99, but(49, only(2))), Fail, "errors: 1 of 20 items are lost"},
		"some of the rest":            {ClassesExpectation{Kept: []string{"errors"}, Either: []string{Rest}}, but(99, only(2)), Pass, ""},
		"nothing is dropped":          {ClassesExpectation{Dropped: []string{"health"}}, only(0, 1, 2), Fail, "health: 30 of 30 items arrived; want none"},
		"no such class":               {ClassesExpectation{Dropped: []string{"healthy"}}, only(0, 1, 2), Unknown, "healthy: the generator has no such class"},
		"a class of which none is":    {ClassesExpectation{Dropped: []string{"none"}}, only(0, 1, 2), Unknown, "none: nothing of it was sent"},
		"lost, where none is dropped": {ClassesExpectation{Dropped: []string{"none"}}, but(3, only(0, 1, 2)), Fail, "max_loss"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.expect.Signals = []Signal{Traces}
			run := g.arrive(t, Expectations{Classes: &tc.expect}, tc.dropped)
			assert.Equal(t, tc.verdict, run.Verdict, findingsOf(&run))
			assert.Contains(t, findingsOf(&run), tc.message)
		})
	}
	// The end marker belongs to the rest. Here that of metrics tells what was sent.
	for rest, want := range map[fate]Verdict{kept: Fail, dropped: Pass} {
		e := ClassesExpectation{Dropped: []string{"health"}, Signals: []Signal{Traces}}
		arrives := only(0, 2)
		if rest == dropped {
			e, arrives = ClassesExpectation{Kept: []string{"errors"}, Signals: []Signal{Traces}}, only(2)
		}
		a := serving(Expectations{Classes: &e})
		for _, it := range g.items {
			if !arrives(it) {
				a.Audit(Traces, noon, []Item{it})
			}
		}
		marker := g.marker()
		marker.Says.Total, marker.Says.Sends[Metrics] = 1, true
		marker.Says.Process[Metrics] = stamp.Totals{Numbered: 1, Squares: 1}
		marker.Says.Shard.Offered[Metrics].Add(noon.UnixNano(), 1)
		a.Audit(Metrics, noon, []Item{{Kind: Numbered, Run: "r", Source: "a", At: noon.UnixNano()}, marker})
		run := a.Report(noon.Add(time.Hour), true).Runs[0]
		assert.Equal(t, want, run.Verdict, findingsOf(&run))
	}
	silent := traced{items: g.items}
	run := silent.arrive(t, Expectations{Classes: &ClassesExpectation{Dropped: []string{"health"}, Signals: []Signal{Traces}}}, only(0, 2))
	assert.Equal(t, Unknown, run.Verdict, "nobody says what was sent")
}

// TestClassesOfTraces: a tail sampler keeps all traces that have an error, whole, in whatever order their spans come.
func TestClassesOfTraces(t *testing.T) {
	g := traced{}
	sent := [3]uint64{}
	for id := range uint64(60) {
		n, late, class := 2+int(id)%7, int(id)%2, uint32(id%3)
		g.trace(id+1, n, late, class)
		sent[class] += uint64(n + late)
	}
	g.classes = []stamp.Class{
		{Name: "errors", Traces: true, Items: [Signals]uint64{sent[1]}}, {Name: "slow", Traces: true, Items: [Signals]uint64{sent[2]}},
	}
	errors := func(it Item) bool { return (it.Trace-1)%3 != 1 }
	for name, tc := range map[string]struct {
		dropped func(Item) bool
		verdict Verdict
		message string
	}{
		"all errors, and no others": {errors, Pass, ""},
		"a trace more":              {func(it Item) bool { return errors(it) && it.Trace != 60 }, Fail, "slow: "},
		"a trace without class":     {func(it Item) bool { return errors(it) && it.Trace != 58 }, Fail, "rest: "},
		"a trace less":              {func(it Item) bool { return errors(it) || it.Trace == 2 }, Fail, "errors: "},
		"a span less":               {func(it Item) bool { return errors(it) || it.Trace == 2 && it.TraceSpan == 1 }, Fail, "errors: 1 of"},
		"the span that tells":       {func(it Item) bool { return errors(it) || it.Trace == 2 && it.TraceClass == 1 }, Fail, "errors: "},
	} {
		t.Run(name, func(t *testing.T) {
			e := Expectations{Classes: &ClassesExpectation{Kept: []string{"errors"}, Signals: []Signal{Traces}}}
			run := g.arrive(t, e, tc.dropped)
			assert.Equal(t, tc.verdict, run.Verdict, findingsOf(&run))
			assert.Contains(t, findingsOf(&run), tc.message)
		})
	}
	g.givenUp = 1
	e := Expectations{Classes: &ClassesExpectation{Kept: []string{"errors"}, Signals: []Signal{Traces}}}
	run := g.arrive(t, e, errors)
	assert.Equal(t, Unknown, run.Verdict, "a span that was given up may be the one that tells")
}

// TestWholeTraces: a trace of which something arrived has all its spans, or it is torn.
func TestWholeTraces(t *testing.T) {
	g := traced{}
	for id := range uint64(40) {
		g.trace(id+1, 1+int(id)%5, int(id)%2, 0)
	}
	for name, tc := range map[string]struct {
		dropped func(Item) bool
		torn    int
	}{
		"nothing":         {func(Item) bool { return false }, 0},
		"whole traces":    {func(it Item) bool { return it.Trace%3 == 0 }, 0},
		"a leaf":          {func(it Item) bool { return it.Trace == 5 && it.TraceSpan == 1 }, 1},
		"a root":          {func(it Item) bool { return it.Trace == 5 && it.Parent == 0 }, 1},
		"all but a leaf":  {func(it Item) bool { return it.Trace == 5 && it.TraceSpan > 1 }, 1},
		"all but a late":  {func(it Item) bool { return it.Trace == 10 && it.TraceSpan < 6 }, 1},
		"spans by chance": {func(it Item) bool { return it.Sequence%2 == 0 }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			e := Expectations{WholeTraces: true, MaxLoss: 1}
			run := g.arrive(t, e, tc.dropped)
			if tc.torn == 0 {
				assert.Equal(t, Pass, run.Verdict, findingsOf(&run))
				assert.Zero(t, run.Signals[0].Torn)
				return
			}
			assert.Equal(t, Fail, run.Verdict, findingsOf(&run))
			assert.GreaterOrEqual(t, int(run.Signals[0].Torn), tc.torn)
			assert.Contains(t, findingsOf(&run), "whole_traces")
		})
	}
	leaf := func(it Item) bool { return it.Trace == 5 && it.TraceSpan == 1 }
	excused := g
	excused.rootless = 1
	run := excused.arrive(t, Expectations{WholeTraces: true, MaxLoss: 1}, leaf)
	assert.Equal(t, Unknown, run.Verdict, "the root of a trace may never have been sent")

	unnumbered := traced{items: upTo("r", "a", 5)}
	run = unnumbered.arrive(t, Expectations{WholeTraces: true}, func(Item) bool { return false })
	assert.Equal(t, Unknown, run.Verdict)
	assert.Contains(t, findingsOf(&run), "set verify_traces")

	// What is held of traces is bounded, and in no brief state.
	limits := DefaultLimits()
	limits.Traces = 10
	a := New(limits, time.Second, Expectations{WholeTraces: true})
	a.Serve(Traces)
	a.Audit(Traces, noon, append(append([]Item{}, g.items...), g.marker()))
	assert.Len(t, a.runs[0].traces.byKey, 10)
	assert.EqualValues(t, len(g.items), a.runs[0].accounts[Traces].classes[0], "of classes of items, all are counted")
	assert.Equal(t, Unknown, a.Report(noon.Add(time.Hour), true).Runs[0].Verdict)
	a = serving(Expectations{WholeTraces: true})
	a.Audit(Traces, noon, g.items)
	for brief, want := range map[bool]Verdict{false: Pass, true: Unknown} {
		after := serving(Expectations{WholeTraces: true})
		goOn(t, a, after, Origin{Final: true}, brief)
		after.Audit(Traces, noon, []Item{g.marker()})
		assert.Equal(t, want, after.Report(noon.Add(time.Hour), true).Runs[0].Verdict)
	}
}

// TestChildInPlaceOfRoot: a child that has lost its parent's id is no root, though items may be corrupt.
func TestChildInPlaceOfRoot(t *testing.T) {
	var g traced
	for id := range uint64(10) {
		g.trace(id+1, 3, 0, 0)
	}
	for i := range g.items {
		if it := &g.items[i]; it.TraceSpan == 1 {
			it.Parent, it.Corrupt = 0, true
		}
	}
	run := g.arrive(t, Expectations{WholeTraces: true, MaxLoss: 1, MaxCorrupt: 1}, func(it Item) bool { return it.Root })
	assert.Equal(t, Fail, run.Verdict)
	assert.EqualValues(t, 10, run.Signals[0].Torn)
	run = g.arrive(t, Expectations{WholeTraces: true, MaxLoss: 1, MaxCorrupt: 1}, func(Item) bool { return false })
	assert.Equal(t, Pass, run.Verdict)
}
