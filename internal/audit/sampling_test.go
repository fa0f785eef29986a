// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// load is what a generator sends: traces, some a second, of some size each, whose spans end within a time.
type load struct {
	seconds, perSecond int
	size               func(r *rand.Rand, second int) int
	lasts              time.Duration
	sources, shards    int
	mute               []int // sources whose end markers are lost
}

// span is one item of a load.
type span struct {
	at       time.Duration // after noon
	trace    uint64
	source   int
	sequence uint64
}

func of(n int) func(*rand.Rand, int) int { return func(*rand.Rand, int) int { return n } }

// spans are those of all traces in the order of their ends. Each trace goes through one source or two.
func (l *load) spans(r *rand.Rand) (all []span) {
	for second := range l.seconds {
		for range l.perSecond {
			start := time.Duration(second)*time.Second + time.Duration(r.Int64N(int64(time.Second)))
			trace, source := r.Uint64(), r.IntN(l.sources)
			for i := range l.size(r, second) {
				all = append(all, span{start + time.Duration(r.Int64N(int64(l.lasts))), trace, (source + i%2) % l.sources, 0})
			}
		}
	}
	slices.SortFunc(all, func(a, b span) int { return int(a.at - b.at) })
	next := make([]uint64, l.sources)
	for i := range all {
		s := &all[i]
		s.sequence = next[s.source]
		next[s.source]++
	}
	return all
}

// judge plays the load through a pipeline that keeps some spans, and all end markers of metrics, and returns what is found.
func (l *load) judge(t *testing.T, r *rand.Rand, e Sampled, keeps func(*span) bool) RunReport {
	t.Helper()
	e.Signals = []Signal{Traces}
	a := New(DefaultLimits(), time.Second, Expectations{Sampled: &e, MaxLoss: 0.25})
	a.Serve(Traces)
	a.Serve(Metrics)
	shards := make([]stamp.Shard, l.shards)
	totals := make([]stamp.Totals, l.sources)
	spreads := make([]timeline.Spread, l.sources)
	items := make([]Item, 0, 1024)
	name := func(source int) string { return fmt.Sprint("source", source) }
	for _, s := range l.spans(r) {
		at := noon.Add(s.at).UnixNano()
		shards[s.source%l.shards].Offered[Traces].AddCluster(at, s.trace, 1)
		totals[s.source].Numbered++
		spreads[s.source].Add(s.trace, 1)
		if !keeps(&s) {
			continue
		}
		if items = append(items, Item{Kind: Numbered, Run: "r", Source: name(s.source), Sequence: s.sequence, At: at}); len(items) == cap(items) {
			a.Audit(Traces, noon.Add(s.at), items)
			items = items[:0]
		}
	}
	end := noon.Add(time.Duration(l.seconds) * time.Second)
	a.Audit(Traces, end, items)
	for source := range l.sources {
		totals[source].Squares = uint64(spreads[source].Squares())
		shards[source%l.shards].Squares[Traces] += totals[source].Squares
		shards[source%l.shards].Offered[Metrics].Add(end.UnixNano(), 1)
	}
	for source := range l.sources {
		says := &stamp.End{Sources: uint64(l.sources), Total: 1, Sends: [Signals]bool{true, true}, Shard: &shards[source%l.shards]}
		says.Shard.Index, says.Shard.Total = uint64(source%l.shards), uint64(l.shards)
		says.Process = [Signals]stamp.Totals{totals[source], {Numbered: 1, Squares: 1}}
		a.Audit(Metrics, end, upTo("r", name(source), 1))
		if slices.Contains(l.mute, source) {
			continue
		}
		a.Audit(Metrics, end, []Item{{Kind: End, Run: "r", Source: name(source), Says: says}})
	}
	report := restarted(t, a).Report(end.Add(time.Hour), true).Runs[0]
	require.True(t, report.Signals[0].SentKnown)
	return report
}

// sampler keeps a share of the traces, by their key.
func sampler(share float64) func(*span) bool {
	return func(s *span) bool { return float64(s.trace*0x9E3779B97F4A7C15>>11)/(1<<53) < share }
}

// mixed sizes: most traces are small, some large. bursts: in every tenth second they all are.
func mixed(r *rand.Rand, _ int) int {
	if r.IntN(50) == 0 {
		return 150
	}
	return 1 + r.IntN(8)
}

func bursts(_ *rand.Rand, second int) int {
	if second%10 == 9 {
		return 80
	}
	return 1
}

// TestHealthySampling: whatever the load, and wherever in the tolerance the sampler's share lies, no stretch and no source of a healthy
// run is accused. The share of the whole run is held to the tolerance as it is, so it is not looked at here.
func TestHealthySampling(t *testing.T) {
	seeds := uint64(5)
	if testing.Short() {
		seeds = 1
	}
	for name, l := range map[string]load{
		"like the quickstart": {24, 200, of(7), 100 * time.Millisecond, 4, 1, nil},
		"two shards":          {24, 100, of(7), 100 * time.Millisecond, 6, 3, nil},
		"few":                 {10, 5, of(3), 100 * time.Millisecond, 1, 1, nil},
		"a marker lost":       {24, 100, mixed, 300 * time.Millisecond, 4, 1, []int{3}},
		"most markers lost":   {24, 100, bursts, 300 * time.Millisecond, 6, 2, []int{2, 3, 4, 5}},
		"mixed sizes":         {24, 100, mixed, 300 * time.Millisecond, 4, 1, nil},
		"bursts of large":     {40, 30, bursts, 300 * time.Millisecond, 4, 1, nil},
		"long traces":         {60, 20, of(20), 20 * time.Second, 2, 1, nil},
		"many windows":        {600, 10, of(6), time.Second, 3, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				r := rand.New(rand.NewPCG(seed, 1))
				for _, ratio := range []float64{0.01, 0.2, 0.5, 0.95} {
					tolerance := ratio / 8 * (1 - ratio)
					report := l.judge(t, r, Sampled{Ratio: ratio, Tolerance: tolerance}, sampler(ratio+tolerance*(2*r.Float64()-1)))
					for _, f := range report.Findings {
						require.False(t, strings.HasPrefix(f.Message, "from ") || strings.HasPrefix(f.Message, "source "),
							"seed %d, ratio %v: %s", seed, ratio, f.Message)
					}
				}
			}
		})
	}
}

// TestSamplingFaults: what a pipeline behind a sampler loses or adds is found where it is, though the share of the whole run may be well.
func TestSamplingFaults(t *testing.T) {
	const second = time.Second
	quickstart := load{24, 600, of(7), 100 * time.Millisecond, 5, 1, nil}
	kept, all := sampler(0.2), sampler(1)
	for name, tc := range map[string]struct {
		keeps func(*span) bool
		want  []string // begins of the messages, as regular expressions
	}{
		"healthy": {kept, nil},
		"the second half is lost": {
			func(s *span) bool { return s.at < 12*second && kept(s) },
			[]string{`^10\.\d+ % of 100800 sent`, `^from 12:00:1[12] to 12:00:2\d UTC: \d{1,3} of 5\d{4} arrived`},
		},
		"the last two seconds are lost": {
			func(s *span) bool { return s.at < 22*second && kept(s) },
			[]string{`^from 12:00:2[12] to 12:00:2\d UTC: \d{1,3} of \d{4} arrived`},
		},
		"two seconds in the middle are lost": {
			func(s *span) bool { return (s.at < 11*second || s.at > 13*second) && kept(s) },
			[]string{`^from 12:00:1[01] to 12:00:1[34] UTC: \d{1,3} of \d{4} arrived`},
		},
		"the first two seconds are lost": {
			func(s *span) bool { return s.at > 2*second && kept(s) },
			[]string{`^from 11:59:59 to 12:00:0[12] UTC: \d{1,3} of \d{4} arrived`},
		},
		"a burst at the end makes up for a loss before": {
			func(s *span) bool {
				return s.at < 16*second && kept(s) || s.at > 22400*time.Millisecond && all(s)
			},
			[]string{`^from 12:00:1[56] to 12:00:2[12] UTC`, `^from 12:00:2[12] to 12:00:2\d UTC`},
		},
		"one source of five is lost, in part": {
			func(s *span) bool { return kept(s) && (s.source != 3 || s.at < 8*second) },
			[]string{`^source "source3": \d+ of \d+ arrived`},
		},
		"all is lost": {
			func(*span) bool { return false },
			[]string{`^0 % of 100800 sent`, `^from .*: 0 of`},
		},
		"nothing is dropped": {
			all, []string{`^100 % of 100800 sent`, `^from .*`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			report := quickstart.judge(t, rand.New(rand.NewPCG(1, 1)), Sampled{Ratio: 0.2, Tolerance: 0.03}, tc.keeps)
			require.Len(t, report.Findings, len(tc.want), "%v", report.Findings)
			for i, f := range report.Findings {
				assert.Equal(t, []any{"sampled", "traces", false}, []any{f.Expectation, f.Signal, f.Unknown})
				assert.Regexp(t, tc.want[i], f.Message)
				assert.True(t, strings.HasSuffix(f.Message, "; want 20 % +- 3 %"), f.Message)
			}
			want := Fail
			if tc.want == nil {
				want = Pass
			}
			assert.Equal(t, want, report.Verdict)
		})
	}
}

// TestUnseenSourceLost: what a shard sent, without what its sources that are known sent, is what those sent that are not. If nothing of that
// arrives, it is found, though the share of the whole run is well.
func TestUnseenSourceLost(t *testing.T) {
	fleet := load{seconds: 24, perSecond: 600, size: of(7), lasts: 100 * time.Millisecond, sources: 4, shards: 1, mute: []int{3}}
	share := sampler(0.6)
	for name, tc := range map[string]struct {
		keeps func(*span) bool
		want  Verdict
		finds []string
	}{
		"all of it arrives": {share, Pass, nil},
		"nothing of it does": {func(s *span) bool { return s.source != 3 && share(s) }, Fail, []string{
			`^sampled traces: 1 of 4 sources without an end marker, together: 0 of 2\d{4} arrived, 0 %; want 50 % \+- 12 %$`,
		}},
		"a part of it does": {func(s *span) bool { return (s.source != 3 || s.at < 8*time.Second) && share(s) }, Fail, []string{
			`^sampled traces: 1 of 4 sources without an end marker, together: \d{4} of 2\d{4} arrived`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			report := fleet.judge(t, rand.New(rand.NewPCG(1, 1)), Sampled{Ratio: 0.5, Tolerance: 0.12}, tc.keeps)
			found := messages(report.Findings)
			require.Len(t, found, len(tc.finds), "%v", found)
			for i, want := range tc.finds {
				assert.Regexp(t, want, found[i])
			}
			assert.Equal(t, tc.want, report.Verdict)
		})
	}
}

// TestSourceIsPrintable: whatever a source is called, a terminal can bear the finding that names it.
func TestSourceIsPrintable(t *testing.T) {
	s := SignalReport{Signal: Traces, SentKnown: true, Counts: Counts{Sent: 300_000, Received: 100_000}, BySource: []SourceReport{
		{Source: "\x1b[31mred", Ended: true, Counts: Counts{Sent: 100_000}},
		{Source: "b", Ended: true, Counts: Counts{Sent: 100_000, Received: 50_000}},
		{Source: "c", Ended: true, Counts: Counts{Sent: 100_000, Received: 50_000}},
	}}
	r := RunReport{Shards: Shards{1, 1}}
	r.judgeSampled(&Sampled{Ratio: 0.33, Tolerance: 0.2}, &s)
	assert.Equal(t, []string{`sampled traces: source "\x1b[31mred": 0 of 100000 arrived, 0 %; want 33 % +- 20 %`}, messages(r.Findings))
}
