// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// fleet is a generator of some sources, each of which sends 10 spans, 4 points and 6 records.
type fleet struct {
	sources, shards int
	givenUp         uint64 // of the spans of each source
}

var fleetSends = [Signals]uint64{10, 4, 6}

func (f *fleet) marker(signal Signal, source int) Item {
	says := &stamp.End{Total: fleetSends[signal], Sources: uint64(f.sources), Sends: [Signals]bool{true, true, true}}
	shard := &stamp.Shard{Index: uint64(source % f.shards), Total: uint64(f.shards)}
	for i := range f.sources {
		if i%f.shards != source%f.shards {
			continue
		}
		for s, n := range fleetSends {
			if s == int(Traces) {
				n -= f.givenUp
				shard.GivenUp[s] += f.givenUp
			}
			shard.Offered[s].Add(noon.UnixNano(), n)
		}
	}
	for s, n := range fleetSends {
		says.Process[s] = stamp.Totals{Numbered: n, Squares: n}
	}
	says.Process[Traces].GivenUp = f.givenUp
	says.GivenUp, says.Shard = says.Process[signal].GivenUp, shard
	return Item{Kind: End, Run: "r", Source: sourceName(source), Says: says}
}

func sourceName(n int) string { return string(rune('a' + n)) }

// send lets all items of some signals arrive, with their end markers.
func (f *fleet) send(a *Auditor, of ...Signal) {
	for _, signal := range of {
		for source := range f.sources {
			a.Audit(signal, noon, append(upTo("r", sourceName(source), fleetSends[signal]), f.marker(signal, source)))
		}
	}
}

func serving(e Expectations) *Auditor {
	a := New(DefaultLimits(), time.Second, e)
	for s := range Signals {
		a.Serve(s)
	}
	return a
}

// messages of a report's findings. Those that make a verdict unknown begin with a question mark.
func messages(findings []Finding) (all []string) {
	for _, f := range findings {
		text := f.Expectation + " " + f.Signal + ": " + f.Message
		if f.Unknown {
			text = "? " + text
		}
		all = append(all, text)
	}
	return all
}

// judged is the only run's report in the end, which a restart of the auditor does not change.
func judged(t *testing.T, a *Auditor) RunReport {
	t.Helper()
	report := restarted(t, a).Report(noon.Add(time.Minute), true)
	require.Len(t, report.Runs, 1)
	return report.Runs[0]
}

// TestSignalLost: of a signal that is lost as a whole, the markers of the others tell what was sent, and what of it was given up.
func TestSignalLost(t *testing.T) {
	a := serving(Expectations{})
	f := fleet{sources: 2, shards: 1, givenUp: 3}
	f.send(a, Metrics, Logs)
	r := judged(t, a)
	assert.Equal(t, Fail, r.Verdict)
	assert.Equal(t, []string{
		"max_loss traces: 14 lost, 14 sent: 100 %; want at most 0 %",
		"end_marker traces: 2 of 2 end markers are lost; what was sent is known from others",
	}, messages(r.Findings))
	traces := r.Signals[0]
	assert.True(t, traces.SentKnown)
	assert.Equal(t, Counts{Sent: 20, Missing: 20, GivenUp: 6, Lost: 14}, traces.Counts)
	assert.Equal(t, SourceReport{Source: "a", Told: true, Final: true, Counts: Counts{Sent: 10, Missing: 10, GivenUp: 3, Lost: 7}, squares: 10}, traces.BySource[0])
	assert.Equal(t, []int{0, 0}, []int{traces.Sources, traces.Ended})
	assert.Equal(t, Shards{1, 1}, r.Shards)
}

// TestSourceLost: of a source of which nothing at all comes, the others' markers tell that it is there, and what all of the shard sent.
func TestSourceLost(t *testing.T) {
	a := serving(Expectations{})
	f := fleet{sources: 2, shards: 1}
	a.Audit(Traces, noon, append(upTo("r", "a", 10), f.marker(Traces, 0)))
	a.Audit(Metrics, noon, append(upTo("r", "a", 4), f.marker(Metrics, 0)))
	a.Audit(Logs, noon, append(upTo("r", "a", 6), f.marker(Logs, 0)))
	r := judged(t, a)
	require.Len(t, r.Signals, 3)
	for _, s := range r.Signals {
		n := fleetSends[s.Signal]
		assert.Equal(t, Counts{Sent: 2 * n, Received: n, Missing: n, Lost: n}, s.Counts)
		assert.True(t, s.SentKnown)
	}

	// With two shards, the other one has told nothing: what is known is the least.
	a = serving(Expectations{})
	f.shards = 2
	a.Audit(Traces, noon, append(upTo("r", "a", 10), f.marker(Traces, 0)))
	traces := judged(t, a).Signals[0]
	assert.Equal(t, Counts{Sent: 10, Received: 10}, traces.Counts)
	assert.False(t, traces.SentKnown)
}

// TestMarkersLost: a lost end marker is a lost item. Where some may be lost and it is known what was sent, that holds for markers, too: but not if
// a source lost everything, or a signal all its markers.
func TestMarkersLost(t *testing.T) {
	for name, tc := range map[string]struct {
		maxLoss  float64
		unmarked int
		gone     int
		want     []string
	}{
		"none may be lost":     {0, 1, 0, []string{"end_marker traces: 1 of 10 end markers are lost; what was sent is known from others"}},
		"a tenth may be lost":  {0.1, 1, 0, nil},
		"just too many":        {0.1, 2, 0, []string{"end_marker traces: 2 of 10 end markers are lost; what was sent is known from others"}},
		"all markers":          {0.9, 10, 0, []string{"end_marker traces: 10 of 10 end markers are lost; what was sent is known from others"}},
		"a source in a signal": {0.1, 1, 1, []string{"end_marker traces: nothing at all came of 1 of 10 sources, no end marker either; what they sent is known from others"}},
	} {
		a := serving(Expectations{MaxLoss: tc.maxLoss})
		f := fleet{sources: 10, shards: 1}
		for source := range f.sources {
			if source >= tc.gone {
				a.Audit(Traces, noon, upTo("r", sourceName(source), 10))
			}
			if source >= tc.unmarked {
				a.Audit(Traces, noon, []Item{f.marker(Traces, source)})
			}
		}
		f.send(a, Metrics, Logs)
		assert.Equal(t, tc.want, messages(judged(t, a).Findings), name)
	}
}

// TestProcessLost: that one process of ten is lost, with all its markers, is more than the loss of a tenth.
func TestProcessLost(t *testing.T) {
	a := serving(Expectations{MaxLoss: 0.1})
	f := fleet{sources: 10, shards: 1}
	for signal := range Signals {
		for source := range f.sources - 1 {
			a.Audit(signal, noon, append(upTo("r", sourceName(source), fleetSends[signal]), f.marker(signal, source)))
		}
	}
	r := judged(t, a)
	assert.Equal(t, Fail, r.Verdict)
	assert.Len(t, r.Findings, 3)
	assert.Contains(t, messages(r.Findings)[0], "end_marker traces: nothing at all came of 1 of 10 sources")
}

// TestMarkersDisagree: a generator that is restarted under the same run_id sends another account.
func TestMarkersDisagree(t *testing.T) {
	a := serving(Expectations{})
	first, second := fleet{sources: 1, shards: 1}, fleet{sources: 1, shards: 1, givenUp: 2}
	a.Audit(Traces, noon, append(upTo("r", "a", 10), first.marker(Traces, 0)))
	second.send(a, Metrics, Logs)
	r := judged(t, a)
	assert.Equal(t, Fail, r.Verdict)
	assert.Contains(t, messages(r.Findings)[0], "end_marker : 2 end markers disagree")

	// A marker that says less than what has come is wrong.
	a = serving(Expectations{})
	a.Audit(Traces, noon, upTo("r", "a", 11))
	first.send(a, Metrics, Logs)
	assert.EqualValues(t, 1, judged(t, a).Signals[0].Disagreeing)
}

// TestNotServed: what a run sends elsewhere is not missed.
func TestNotServed(t *testing.T) {
	a := New(DefaultLimits(), time.Second, Expectations{})
	a.Serve(Metrics)
	f := fleet{sources: 2, shards: 1}
	f.send(a, Metrics)
	r := judged(t, a)
	assert.Equal(t, Pass, r.Verdict)
	assert.Len(t, r.Signals, 1)
}
