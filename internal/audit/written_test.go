// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// edges are numbers at which something begins or ends.
var edges = []uint64{0, 1, 2, 1<<16 - 1, 1 << 16, 1 << 22, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1 << 40, 1<<48 - 2, 1<<48 - 1, 1 << 48, 1 << 63, math.MaxUint64}

// edgy is an item with numbers at edges.
func edgy(r *rand.Rand) Item {
	edge := func() uint64 { return edges[r.IntN(len(edges))] }
	it := numbered("r", string(rune('a'+r.IntN(3))), edge()+uint64(r.IntN(2)))
	it.At, it.Class, it.TraceClass = int64(edge()), uint32(edge()), uint32(edge())
	it.Span, it.Parent, it.Trace = edge(), edge(), edge()
	it.TraceNumbered, it.TraceSpan, it.HasRV, it.RV, it.HasTH, it.TH = r.IntN(2) == 0, uint32(edge()), true, edge(), true, edge()
	it.Corrupt, it.Stray, it.Past = r.IntN(3) == 0, r.IntN(20) == 0, r.IntN(3) == 0
	it.Content = Content{Met: edge(), Had: uint32(edge()), Faults: []Fault{{Kind: FaultKind(r.IntN(int(FaultKinds))), Name: strings.Repeat("<\x00\xff", 200), Pattern: r.IntN(3)}}}
	switch r.IntN(4) {
	case 0:
		it.Odd = []string{"", strings.Repeat("<", stamp.LongestOddKind), "span.zero_end"}[r.IntN(3)]
	case 1:
		total := edge()
		it = marker("r", it.Source, total, min(total, edge()))
		it.Says.Sources, it.Says.Sends[r.IntN(3)] = edge(), true
		it.Says.Rootless = edge()
		if n := edge(); n <= 1<<48 {
			it.Says.Process[r.IntN(3)] = stamp.Totals{Numbered: n, GivenUp: n, Squares: math.MaxInt64}
		}
	}
	return it
}

// TestWrittenIsRead: whatever an auditor writes it can read, whatever has come.
func TestWrittenIsRead(t *testing.T) {
	rounds := uint64(60)
	if testing.Short() {
		rounds = 20
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 5))
		a := New(DefaultLimits(), time.Second, Expectations{})
		for range 1 + r.IntN(60) {
			tally := a.Audit(Signal(r.IntN(int(Signals))), noon, []Item{edgy(r)})
			for _, w := range tally.Wanted {
				text, err := json.Marshal(strings.Repeat("x", LongestEvidence-2))
				require.NoError(t, err)
				text = []byte(strings.ReplaceAll(string(text), "x", "<"))
				require.Len(t, text, LongestEvidence)
				a.Show(w, text, "")
			}
		}
		text, err := a.Export(exampleOrigin("a"), false)
		require.NoError(t, err)
		next := New(DefaultLimits(), time.Second, Expectations{})
		_, err = next.Import(text, noon)
		require.NoError(t, err, "seed %d", seed)
		require.Equal(t, a.Report(noon, true), next.Report(noon, true), "seed %d", seed)
		again, err := next.Export(exampleOrigin("a"), false)
		require.NoError(t, err)
		require.Equal(t, text, again, "seed %d", seed)
	}
}

// TestFarApart: two numbers with all that lies between them missing are few bytes in a state, and can be read.
func TestFarApart(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	a.Audit(Logs, noon, []Item{numbered("r", "s", 0), numbered("r", "s", 1<<32)})
	of := stateOf(t, a, exampleOrigin("a"))
	assert.Less(t, len(of.body), 1000)
	s := mergedOf(t, Asked{}, of).Runs[0].Signals[0]
	assert.Equal(t, Counts{Sent: 1<<32 + 1, Received: 2, Missing: 1<<32 - 1, Lost: 1<<32 - 1, doubtful: 0}, s.Counts)
}

// TestHostileStates: few bytes that speak of many numbers do not take much memory.
func TestHostileStates(t *testing.T) {
	const most = 1 << 30
	spread := func(every, n uint64) *roaring64.Bitmap {
		set := roaring64.New()
		for i := range n {
			set.Add(i * every)
		}
		return set
	}
	ofNumbers := func(change func(s *stream)) *Auditor {
		a := New(DefaultLimits(), time.Second, Expectations{Verifiers: 2})
		a.Audit(Logs, noon, []Item{numbered("r", "s", 0)})
		change(a.runs[0].accounts[Logs].streams["s"])
		return a
	}
	for name, states := range map[string][]*Auditor{
		"one of each container has arrived": {ofNumbers(func(s *stream) {
			s.numbers = *numbersOf(spread(1<<16, 20_000))
		})},
		"the first and the last": {ofNumbers(func(s *stream) { s.next = 1 << 47 }), ofNumbers(func(s *stream) { s.first, s.next = 1<<48-1, 1<<48 })},
		"more than were sent":    {ofNumbers(func(s *stream) { s.next = 1 << 48 }), ofNumbers(func(s *stream) { s.endings = []ending{{1, 0, 1}} })},
		"more were sent": {
			ofNumbers(func(s *stream) { s.over, s.endings = roaring64.BitmapOf(5, 1<<48-1), []ending{{1, 0, 1}} }),
			ofNumbers(func(s *stream) { s.endings = []ending{{1 << 48, 0, 1}} }),
		},
		"odd items of all numbers": {ofNumbers(func(*stream) {}), func() *Auditor {
			a := ofNumbers(func(*stream) {})
			odd := &a.runs[0].accounts[Logs].odd
			for i := range 20 {
				odd.source(strconv.Itoa(i))
			}
			k := odd.kind("span.zero_end")
			for i := range uint64(20) {
				k.intact.AddRange(i<<32, (i+1)<<32-1)
			}
			k.intact.RunOptimize()
			return a
		}()},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMerge()
			for i, a := range states {
				require.NoError(t, m.Add(stateOf(t, a, exampleOrigin(strconv.Itoa(i)))))
			}
			took := allocated(func() {
				report, err := m.Report(Asked{})
				require.NoError(t, err)
				assert.NotEqual(t, Pass, report.Verdict)
			})
			assert.Less(t, took, most)
		})
	}
}
