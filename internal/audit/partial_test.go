// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// part is what comes to one of several verifiers, some time after noon.
type part struct {
	verifier int
	after    time.Duration
	items    []Item
}

// verdictsOf plays what comes to some verifiers, in its order, and returns the reports of one that had it all, of all states, and of that of the first alone.
func verdictsOf(t *testing.T, e Expectations, parts []part) (one, all, first RunReport) {
	t.Helper()
	whole, two := New(DefaultLimits(), time.Second, e), []*Auditor{New(DefaultLimits(), time.Second, e), New(DefaultLimits(), time.Second, e)}
	for _, p := range parts {
		whole.Audit(Traces, noon.Add(p.after), p.items)
		two[p.verifier].Audit(Traces, noon.Add(p.after), p.items)
	}
	states := []*State{stateOf(t, two[0], origin("a")), stateOf(t, two[1], origin("b"))}
	return whole.Report(noon.Add(time.Hour), true).Runs[0], mergedOf(t, Asked{Verifiers: 2}, states...).Runs[0], mergedOf(t, Asked{Verifiers: 2}, states[0]).Runs[0]
}

// origin is that of a verifier that was there an hour before noon and an hour after it.
func origin(verifier string) Origin {
	of := exampleOrigin(verifier)
	of.Started, of.Written = noon.Add(-time.Hour), noon.Add(time.Hour)
	return of
}

// told is an end marker that says that there are some sources, and what its own has sent.
func toldBy(source string, sources, total uint64) Item {
	m := marker("r", source, total, 0)
	m.Says.Sources, m.Says.Sends[Traces] = sources, true
	m.Says.Process[Traces] = stamp.Totals{Numbered: total}
	return m
}

func changedBy(items []Item, change func(*Item)) []Item {
	items = slices.Clone(items)
	for i := range items {
		change(&items[i])
	}
	return items
}

// TestPartOfARun: what is certain of a run may not be of a part of it, and what is certain of the part is of the whole.
func TestPartOfARun(t *testing.T) {
	ten, end := upTo("r", "s", 10), []Item{toldBy("s", 1, 10)}
	wrong := func(it *Item) {
		it.Content = Content{Read: true, Faults: []Fault{{Kind: Removed, Part: Part{OnItem, 1}, Name: "key"}}}
	}
	right := func(it *Item) { it.Content = Content{Read: true} }
	slow := func(it *Item) { it.At = noon.Add(-time.Minute).UnixNano() }
	corrupt := func(it *Item) { it.Corrupt = true }
	stray := func(it *Item) { it.Corrupt, it.Stray, it.Run = true, true, "unknown" }
	odd := func(it *Item) { it.Odd = "span.own_parent" }
	oddChanged := func(it *Item) { it.Odd, it.Corrupt = "span.own_parent", true }
	for name, tc := range map[string]struct {
		expect     Expectations
		parts      []part
		one, first Verdict // of one that has it all, and of the first of two alone
	}{
		"too late, another had the end": {
			Expectations{Deadline: time.Minute, MaxDuplicates: 1},
			[]part{{0, 0, ten[:5]}, {1, 0, ten[5:]}, {1, time.Second, end}, {0, 2 * time.Minute, ten[:1]}},
			Pass, Unknown,
		},
		"too late": {
			Expectations{Deadline: time.Minute}, []part{{0, 0, ten[:5]}, {1, 0, ten[5:]}, {0, 2 * time.Minute, end}}, Fail, Fail,
		},
		"a late copy of an end marker": {
			Expectations{Deadline: time.Minute, MaxDuplicates: 1}, []part{{0, 0, ten}, {1, time.Second, end}, {0, 2 * time.Minute, end}}, Pass, Unknown,
		},
		"a share with wrong content": {
			Expectations{Content: &ContentExpectation{Max: 0.2}},
			[]part{{0, 0, changedBy(ten[:1], wrong)}, {1, 0, changedBy(ten[1:], right)}, {1, 0, end}},
			Pass, Unknown,
		},
		"a share with wrong content, and all is known that was sent": {
			Expectations{Content: &ContentExpectation{Max: 0.2}},
			[]part{{0, 0, changedBy(ten[:5], wrong)}, {1, 0, changedBy(ten[5:], right)}, {0, 0, end}},
			Fail, Fail,
		},
		"wrong content": {
			Expectations{}, []part{{0, 0, changedBy(ten[:1], wrong)}, {1, 0, changedBy(ten[1:], right)}, {1, 0, end}}, Fail, Fail,
		},
		"a share that is corrupt": {
			Expectations{MaxCorrupt: 0.2}, []part{{0, 0, changedBy(ten[:1], corrupt)}, {1, 0, ten[1:]}, {1, 0, end}}, Pass, Unknown,
		},
		"a share that is slow": {
			Expectations{LatencyP99: time.Second},
			[]part{{0, 0, changedBy(upTo("r", "s", 1), slow)}, {1, 0, late100ms(upTo("r", "s", 1000)[1:], noon)}, {1, 0, []Item{toldBy("s", 1, 1000)}}},
			Pass, Unknown,
		},
		"out of order, another had it before": {
			Expectations{Ordered: true, MaxDuplicates: 1}, []part{{1, 0, ten[:5]}, {0, 0, ten[5:]}, {0, 0, ten[4:5]}, {0, 0, end}}, Pass, Unknown,
		},
		"more than an end marker of another signal tells": {
			Expectations{AllowUnexpected: true}, []part{{0, 0, upTo("r", "s", 11)}, {1, 0, end}}, Pass, Unknown,
		},
		"an odd item as it was sent, and changed": {
			Expectations{Odd: &OddExpectation{Changed: []string{"span.own_parent"}}, MaxDuplicates: 1},
			[]part{
				{0, 0, changedBy(ten[:1], odd)},
				{1, 0, changedBy(ten[:1], oddChanged)},
				{0, 0, ten},
				{0, 0, []Item{tellsAll(toldBy("s", 1, 10), 1)}},
			},
			Fail, Fail,
		},
		"a copy without its random value": {
			Expectations{Consistent: true, MaxDuplicates: 1},
			[]part{{0, 0, changedBy(ten, drawn)}, {1, 0, ten[:1]}, {0, 0, []Item{drawnBy(toldBy("s", 1, 10))}}},
			Pass, Unknown,
		},
		"a stray of an unknown run": {
			Expectations{MaxCorrupt: 0.2}, []part{{0, 0, changedBy(ten[:1], stray)}, {0, 0, ten}, {1, 0, end}}, Pass, Unknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			one, all, first := verdictsOf(t, tc.expect, tc.parts)
			assert.Equal(t, tc.one, one.Verdict, messages(one.Findings))
			if all.Verdict != Unknown {
				assert.Equal(t, tc.one, all.Verdict, messages(all.Findings))
			}
			assert.Equal(t, tc.first, first.Verdict, messages(first.Findings))
		})
	}
}

// drawn gives an item a random value and a threshold.
func drawn(it *Item) { it.HasRV, it.RV, it.HasTH = true, 1<<55, true }

// drawnBy lets an end marker tell of as many items with that value as were sent.
func drawnBy(m Item) Item {
	m = tellsAll(m, 0)
	m.Says.Odd, m.Says.Randomness = nil, &stamp.Randomness{}
	m.Says.Randomness[stamp.PartOf(1<<55)] = m.Says.Total
	return m
}

// tellsAll makes an end marker tell what its shard, the only one, has sent, odd items included.
func tellsAll(m Item, odd uint64) Item {
	m.Says.Shard = &stamp.Shard{Total: 1}
	m.Says.Shard.Offered[Traces].Add(noon.UnixNano(), m.Says.Total)
	m.Says.Odd = []stamp.OddKind{{Name: "span.own_parent", Signal: Traces, Items: odd}}
	return m
}
