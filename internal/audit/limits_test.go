// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func numbered(run, source string, sequence uint64) Item {
	return Item{Kind: Numbered, Run: run, Source: source, Sequence: sequence}
}

func marker(run, source string, total, givenUp uint64) Item {
	return Item{Kind: End, Run: run, Source: source, Says: &stamp.End{Total: total, GivenUp: givenUp}}
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// used measures what a function leaves behind in memory.
func used(t *testing.T, keep func() any) int {
	t.Helper()
	before := heap()
	kept := keep()
	after := heap()
	runtime.KeepAlive(kept)
	return int(after) - int(before)
}

func TestHostileNumbers(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	a.Audit(Logs, noon, []Item{
		numbered("r", "s", 0),
		numbered("r", "s", math.MaxInt64),
		numbered("r", "s", math.MaxUint64),
		numbered("r", "s", 1<<62),
		numbered("r", "s", 1),
		marker("r", "s", math.MaxUint64, 0),
		marker("r", "s", 2, 3),
		marker("r", "s", 2, 0),
		numbered("r", "s", 2),
		numbered("r", "s", math.MaxUint64),
	})
	report := a.Report(noon, true)
	assert.Equal(t, Counts{Sent: 2, Received: 2, Beyond: 7}, report.Runs[0].Signals[0].Counts)
	assert.Equal(t, Fail, report.Verdict)
	assert.Equal(t, []Finding{{Expectation: "allow_unexpected", Signal: "logs", Message: "7 items with a number that was never sent"}}, report.Runs[0].Findings)
}

func TestManySources(t *testing.T) {
	// A million sources, and as many runs, are more than the limits allow: those refused are counted, and memory is bounded.
	limits := DefaultLimits()
	a := New(limits, time.Second, Expectations{})
	refused := uint64(0)
	bytes := used(t, func() any {
		for i := range uint64(1_000_000) {
			tally := a.Audit(Traces, noon, []Item{
				numbered("run", fmt.Sprint("source", i), i%7),
				numbered(fmt.Sprint("run", i), "source", 0),
			})
			refused += tally.OverLimit
		}
		return a
	})
	assert.Less(t, bytes, 16<<20)
	assert.Len(t, a.runs, limits.Runs)
	assert.Equal(t, limits.Sources, a.sources)
	assert.EqualValues(t, 2_000_000-limits.Sources, refused)
	report := a.Report(noon, true)
	assert.Equal(t, refused, report.Unexpected.OverLimit+report.Runs[0].Signals[0].OverLimit)
}

// TestGapBudget spoils the gaps in the ways that cost most memory.
func TestGapBudget(t *testing.T) {
	for name, number := range map[string]func(*rand.Rand, uint64) uint64{
		"far apart":       func(_ *rand.Rand, i uint64) uint64 { return i << 30 },
		"every other":     func(_ *rand.Rand, i uint64) uint64 { return 2 * i },
		"one of a page":   func(_ *rand.Rand, i uint64) uint64 { return i << 16 },
		"anywhere":        func(r *rand.Rand, _ uint64) uint64 { return r.Uint64N(1 << 31) },
		"anywhere nearby": func(r *rand.Rand, _ uint64) uint64 { return r.Uint64N(1 << 28) },
	} {
		t.Run(name, func(t *testing.T) {
			limits := DefaultLimits()
			limits.GapBytes = 4 << 20
			a := New(limits, time.Second, Expectations{})
			r := rand.New(rand.NewPCG(1, 1))
			var sum Tally
			bytes := used(t, func() any {
				for i := range uint64(3_000_000) {
					tally := a.Audit(Logs, noon, []Item{numbered("r", strconv.FormatUint(i%10, 10), number(r, i/10))})
					sum.Received += tally.Received
					sum.OverLimit += tally.OverLimit
					sum.Duplicate += tally.Duplicate
					sum.Beyond += tally.Beyond
				}
				return a
			})
			assert.Less(t, bytes, 2*limits.GapBytes)
			assert.EqualValues(t, 3_000_000, sum.Received+sum.OverLimit+sum.Duplicate+sum.Beyond, "each is counted as one or the other")
			s := a.Report(noon, true).Runs[0].Signals[0]
			assert.Equal(t, []uint64{sum.Received, sum.Duplicate, sum.OverLimit}, []uint64{s.Received, s.Duplicate, s.OverLimit})
			t.Logf("%d KB, %+v", bytes>>10, sum)
		})
	}
}

func TestOldRunsMakeRoom(t *testing.T) {
	limits := Limits{Runs: 2, Sources: 100, GapBytes: 1 << 20, Spans: 100}
	a := New(limits, time.Second, Expectations{})
	a.Audit(Logs, noon, []Item{numbered("lossy", "s", 1), marker("lossy", "s", 2, 0)})
	a.Audit(Logs, noon, []Item{numbered("whole", "s", 0), marker("whole", "s", 1, 0)})

	// Both are within their grace: a third has to wait.
	assert.EqualValues(t, 1, a.Audit(Logs, noon.Add(500*time.Millisecond), []Item{numbered("third", "s", 0)}).OverLimit)

	// Then the oldest makes room; its verdict stays.
	later := noon.Add(2 * time.Second)
	assert.Zero(t, a.Audit(Logs, later, []Item{numbered("third", "s", 0)}).OverLimit)
	report := a.Report(later, true)
	assert.Equal(t, Forgotten{Runs: 1, Failed: 1}, report.Forgotten)
	assert.Equal(t, []string{"whole", "third"}, []string{report.Runs[0].Run, report.Runs[1].Run})
	assert.Equal(t, 2, a.sources)

	// One that never ends makes room when it has been silent for a minute. What it lacked may have come later.
	a.Audit(Logs, later, []Item{numbered("fourth", "s", 0)})
	assert.EqualValues(t, 1, a.Audit(Logs, later.Add(59*time.Second), []Item{numbered("fifth", "s", 0)}).OverLimit)
	assert.Zero(t, a.Audit(Logs, later.Add(61*time.Second), []Item{numbered("fifth", "s", 0)}).OverLimit)
	assert.Equal(t, Forgotten{Runs: 4, Failed: 1, Unknown: 2}, func() Forgotten {
		a.Audit(Logs, later.Add(2*time.Hour+2*time.Minute), []Item{numbered("sixth", "s", 0)})
		return a.Report(later, true).Forgotten
	}())
}

// TestForgedRuns: runs of which no checksum was ever right keep nobody out, nor do they push out who is there.
func TestForgedRuns(t *testing.T) {
	limits := DefaultLimits()
	limits.Spans, limits.Sources = 100, 100
	forge := func(a *Auditor, runs, sources int) {
		for i := range runs {
			for j := range sources {
				it := numbered(fmt.Sprint("forged", i), fmt.Sprint("source", j), 7)
				it.Corrupt, it.Span, it.Parent, it.Trace = true, uint64(i*sources+j+1), 1_000_000+uint64(i), 1
				a.Audit(Traces, noon, []Item{it})
			}
		}
	}
	for name, tc := range map[string][2]int{"many runs": {1000, 1}, "many sources": {1, 1000}, "both": {30, 30}} {
		t.Run(name, func(t *testing.T) {
			a := New(limits, time.Second, Expectations{})
			running := upTo("running", "s", 5)
			assert.Zero(t, a.Audit(Logs, noon, running).OverLimit)
			forge(a, tc[0], tc[1])
			for _, m := range []Item{marker("running", "s", 5, 0), marker("new", "s", 5, 0)} {
				assert.Zero(t, a.Audit(Logs, noon, append(upTo("new", "s", 5), m)).OverLimit)
			}
			a = restarted(t, a)
			forge(a, tc[0], tc[1])
			require.LessOrEqual(t, len(a.runs), limits.Runs)
			require.Equal(t, countSources(a), a.sources)
			awaited := 0
			verdicts := map[string]Counts{}
			for _, r := range a.runs {
				awaited += len(r.awaiting.parents)
			}
			assert.Equal(t, awaited, a.lineage.awaited)
			for _, r := range a.Report(noon, true).Runs {
				verdicts[r.Run] = r.Signals[0].Counts
			}
			assert.Equal(t, Counts{Sent: 5, Received: 5}, verdicts["running"])
			assert.Equal(t, Counts{Sent: 5, Received: 5, Duplicate: 5}, verdicts["new"])
			assert.NotZero(t, a.forgotten.Failed, "what made room is counted")
		})
	}
}

// TestForgedButIntact: whoever writes right checksums, too, keeps others out for a minute, and never makes a run that has more, or has just
// ended, make room.
func TestForgedButIntact(t *testing.T) {
	limits := Limits{Runs: 4, Sources: 100, GapBytes: 1 << 20, Spans: 100}
	a := New(limits, time.Second, Expectations{})
	a.Audit(Logs, noon, upTo("long", "s", 50))
	for i := range 3 {
		a.Audit(Logs, noon, upTo(fmt.Sprint("forged", i), "s", 1))
	}
	assert.EqualValues(t, 5, a.Audit(Logs, noon.Add(quiet), upTo("new", "s", 5)).OverLimit)
	later := noon.Add(quiet + 2*time.Second)
	assert.Zero(t, a.Audit(Logs, later, upTo("new", "s", 5)).OverLimit)
	var held []string
	for _, r := range a.runs {
		held = append(held, r.name)
	}
	assert.Equal(t, []string{"long", "forged1", "forged2", "new"}, held)
	assert.Equal(t, Forgotten{Runs: 1, Unknown: 1}, a.forgotten)
}

func TestTooManyAwaited(t *testing.T) {
	a := New(Limits{Runs: 1, Sources: 1, GapBytes: 1 << 20, Spans: 100}, time.Second, Expectations{})
	var spans []Item
	for i := range uint64(1000) {
		it := numbered("r", "s", i)
		it.Span, it.Parent, it.Trace = i+1, i+1_000_001, i+1
		spans = append(spans, it)
	}
	a.Audit(Traces, noon, spans)
	s := a.Report(noon, true).Runs[0].Signals[0]
	assert.Equal(t, []uint64{100, 100, 900}, []uint64{s.Orphans, s.IncompleteTraces, s.OrphansUnknown})
	assert.LessOrEqual(t, len(a.lineage.young)+len(a.lineage.older), 200)
}

// says makes an end marker's words of bytes.
func says(x uint64, data []byte) *stamp.End {
	end := &stamp.End{Total: x, GivenUp: uint64(data[1] >> 4), Sources: uint64(data[1] % 8), Sends: [Signals]bool{data[2]&1 != 0, data[2]&2 != 0}}
	end.Process[data[2]%3] = stamp.Totals{Numbered: x >> 16, GivenUp: min(x>>16, uint64(data[1]))}
	if data[3]&0x40 != 0 {
		end.Shard = &stamp.Shard{Index: uint64(data[1] % 3), Total: 3}
		end.Shard.Offered[data[2]%3].Add(int64(x>>16), x>>20)
	}
	return end
}

// FuzzAudit lets bytes be items of any kind, in any order. Whatever they are, each is counted once and the limits hold.
func FuzzAudit(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := Limits{Runs: 2, Sources: 4, GapBytes: 1 << 12, Spans: 8}
		a := New(limits, time.Second, Expectations{})
		var sum Tally
		markers, corruptMarkers, total := uint64(0), uint64(0), uint64(0)
		for ; len(data) >= 4; data = data[4:] {
			x := uint64(data[2]) << (data[3] % 64)
			it := Item{
				Kind: Kind(data[0] % 4), Corrupt: data[0]&0x80 != 0, Run: string(rune('a' + data[1]%4)), Source: string(rune('a' + data[1]>>2%4)),
				Sequence: x, Says: says(x, data), Span: uint64(data[2]), Parent: uint64(data[3]), Trace: uint64(data[2] / 8),
			}
			if it.Kind == End {
				markers++
			}
			if it.Kind == End && it.Corrupt {
				corruptMarkers++
			}
			total++
			tally := a.Audit(Signal(data[0]>>4%3), noon.Add(time.Duration(total)*time.Millisecond), []Item{it})
			sum.Received += tally.Received + tally.EndMarkers
			sum.Duplicate += tally.Duplicate
			sum.Beyond += tally.Beyond + tally.Unstamped + tally.Malformed + tally.OverLimit
			sum.Corrupt += tally.Corrupt
		}
		believed := sum.Received + sum.Duplicate + sum.Beyond
		require.LessOrEqual(t, believed, total)
		require.GreaterOrEqual(t, believed+corruptMarkers, total)
		require.LessOrEqual(t, len(a.runs), limits.Runs)
		require.LessOrEqual(t, a.sources, limits.Sources)
		require.Equal(t, a.sources, countSources(a))
		require.LessOrEqual(t, len(a.lineage.young)+len(a.lineage.older), 2*limits.Spans)
		for _, r := range a.Report(noon, true).Runs {
			for i := range r.Signals {
				s := &r.Signals[i]
				require.Equal(t, s.Sent, s.Received+s.Missing)
			}
		}
		restarted(t, a)
	})
}

// FuzzState damages states whose checksum is right all the same. Whatever they are, they allocate no more than some times their length, and what the budget for
// missing numbers allows.
func FuzzState(f *testing.F) {
	a := exampleAuditor()
	state, err := a.Export(exampleOrigin("a"), false)
	require.NoError(f, err)
	states, err := ReadStates(state)
	require.NoError(f, err)
	second, err := exampleAuditor().Export(exampleOrigin("b"), false)
	require.NoError(f, err)
	others, err := ReadStates(second)
	require.NoError(f, err)
	other := others[0]
	f.Add(states[0].body[states[0].accounts:])
	f.Fuzz(func(t *testing.T, accounts []byte) {
		body := slices.Concat(states[0].body[:states[0].accounts], accounts)
		of := readOne(t, writeStates([]*State{{body: body}}))
		var decoded *Auditor
		var err error
		took := allocated(func() { decoded, err = of.auditor(mergedLimits(len(body))) })
		require.LessOrEqual(t, took, 1<<30+200*len(accounts))
		next := New(DefaultLimits(), time.Second, Expectations{})
		if _, failed := next.Import(writeStates([]*State{{body: body}}), noon); failed != nil {
			require.Error(t, err)
			assert.Empty(t, next.runs, "a bad state changes nothing")
			return
		}
		require.NoError(t, err)
		decoded.Report(noon, true)
		next.Report(noon, true)
		next.Audit(Traces, noon, []Item{numbered("r", "s", 4), marker("r", "s", 4, 0), numbered("r", "s", 1<<20)})
		next.Report(noon, true)
		m := NewMerge()
		require.NoError(t, m.Add(of, other))
		took = allocated(func() { _, err = m.Report(Asked{}) })
		require.NoError(t, err)
		require.LessOrEqual(t, took, 1<<30)
	})
}

// allocated is how many bytes a function allocates.
func allocated(of func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	of()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// TestRunComesAgain: of a run that made room before it had ended, and goes on, what came before is not lost.
func TestRunComesAgain(t *testing.T) {
	a := New(Limits{Runs: 1, Sources: 100, GapBytes: 1 << 20, Spans: 100}, time.Second, Expectations{})
	a.Audit(Logs, noon, []Item{numbered("paused", "s", 0)})
	a.Audit(Logs, noon.Add(2*time.Minute), []Item{numbered("other", "s", 0), marker("other", "s", 1, 0)})
	later := noon.Add(4 * time.Minute)
	a.Audit(Logs, later, []Item{numbered("paused", "s", 1), marker("paused", "s", 2, 0)})
	report := a.Report(later.Add(time.Hour), true)
	assert.Equal(t, Unknown, report.Runs[0].Verdict)
	assert.Contains(t, messages(report.Runs[0].Findings)[1], "? forgotten_runs : the run made room for others before it had ended, and came again")
	assert.Equal(t, Forgotten{Runs: 2, Unknown: 1}, report.Forgotten)
}
