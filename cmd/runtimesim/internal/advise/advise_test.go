// SPDX-License-Identifier: Apache-2.0

package advise

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
)

// at is a measurement at 1,000/s: what is served, the p99, and the knee, each give or take a share.
func at(served, p99ms, capacity, doubt float64) Simulation {
	p99 := knee.Estimate{Mean: p99ms * 1e6, HalfWidth: p99ms * 1e6 * doubt}
	return Simulation{
		AtOffered: &knee.Point{Achieved: knee.Estimate{Mean: served}, P99: p99, Limited: p99, Meets: p99ms <= 10},
		Knee:      capacity, KneeLow: capacity * (1 - doubt), KneeHigh: capacity * (1 + doubt),
	}
}

func TestDecide(t *testing.T) {
	same := []Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05)}
	for _, tt := range []struct {
		name      string
		request   Request
		simulated []Simulation
		want      string
		because   string
	}{
		{"a library of Tokio's", Request{Needs: []string{"tonic"}}, same, "tokio", "the others are ruled out"},
		{"a small binary", Request{MaxBinary: 1e6}, same, "smol", "the others are ruled out"},
		{"both", Request{Needs: []string{"tonic"}, MaxBinary: 1e6}, same, "", "each runtime lacks something that is needed, or is too large: ask for less"},
		{"what nobody has", Request{Needs: []string{"priority"}}, same, "", "each runtime lacks something that is needed, or is too large: ask for less"},
		{"no difference", Request{}, same, "tokio", "the runs show no difference that is sure and at least 10 %, and its ecosystem is the larger one"},
		{"ease of use", Request{Goal: "api"}, same, "smol", "the document rates its ease of use higher"},
		{"size", Request{Goal: "size"}, same, "smol", "the document rates its size higher"},
		{"ecosystem", Request{Goal: "ecosystem"}, same, "tokio", "the document rates its ecosystem higher"},
		{
			"none carries the load",
			Request{},
			[]Simulation{at(1000, 20, 400, 0.05), at(1000, 20, 700, 0.05), at(500, 9000, 500, 0.05)},
			"", "no runtime meets latency.p99=10ms at 1,000/s; the highest simulated rate that met it is 700/s, on async_std: lower the rate, allow a higher --slo, or add workers",
		},
		{
			"no rate meets the SLO",
			Request{},
			[]Simulation{at(1000, 20, 0, 0.05), at(1000, 20, 0, 0.05), at(1000, 20, 0, 0.05)},
			"", "no runtime meets latency.p99=10ms at any simulated rate, however low: allow a higher --slo, or shorten the requests",
		},
		{
			"the queue grows, but slowly",
			Request{},
			[]Simulation{at(900, 5, 1000, 0.05), at(900, 5, 2000, 0.05), at(900, 5, 1000, 0.05)},
			"", "no runtime serves all of 1,000/s: lower the rate, or add workers",
		},
		{
			"what has the library does not meet the SLO",
			Request{Needs: []string{"tonic"}},
			[]Simulation{at(1000, 20, 400, 0.05), at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05)},
			"", "no runtime that has what is needed meets latency.p99=10ms at 1,000/s; the highest simulated rate that met it is 400/s, on tokio: lower the rate, allow a higher --slo, or add workers",
		},
		{
			"what is left perhaps meets the SLO",
			Request{Needs: []string{"tonic"}},
			[]Simulation{at(1000, 10.2, 0, 0.05), at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05)},
			"", "no runtime met latency.p99=10ms at 1,000/s, though the runs leave it open for tokio: more --replications or --tasks decide",
		},
		{
			"what is left perhaps misses the SLO",
			Request{Needs: []string{"tonic"}},
			[]Simulation{at(1000, 9.8, 2000, 0.05), at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05)},
			"tokio", "the others are ruled out; the runs leave it open whether it meets the SLO",
		},
		{
			"requests pile up",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05), at(700, 9000, 600, 0.05)},
			"tokio", "smol is ruled out, and async_std is discontinued",
		},
		{
			"one misses the SLO",
			Request{},
			[]Simulation{at(1000, 20, 500, 0.05), at(1000, 20, 500, 0.05), at(1000, 5, 5000, 0.05)},
			"smol", "the others are ruled out",
		},
		{
			"one may miss it",
			Request{},
			[]Simulation{at(1000, 10.2, 990, 0.05), at(1000, 20, 500, 0.05), at(1000, 5, 5000, 0.05)},
			"smol", "async_std is ruled out, and tokio did not meet latency.p99=10ms at 1,000/s, though not beyond doubt",
		},
		{
			"one may miss it, and has the larger ecosystem",
			Request{Goal: "ecosystem"},
			[]Simulation{at(1000, 10.2, 990, 0.05), at(1000, 20, 500, 0.05), at(1000, 9.6, 1050, 0.05)},
			"smol", "async_std is ruled out, and tokio did not meet latency.p99=10ms at 1,000/s, though not beyond doubt; the runs leave it open whether it meets the SLO",
		},
		{
			"a sure difference of 4 %",
			Request{},
			[]Simulation{at(1000, 3.28, 3064, 0.005), at(1000, 3.15, 3064, 0.005), at(1000, 3.14, 3064, 0.005)},
			"tokio", "the runs show no difference that is sure and at least 10 %, and its ecosystem is the larger one",
		},
		{
			"a knee that is surely 8 % higher",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.005), at(1000, 5, 5000, 0.005), at(1000, 5, 5400, 0.005)},
			"tokio", "the runs show no difference that is sure and at least 10 %, and its ecosystem is the larger one",
		},
		{
			"smol carries more",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 9000, 0.05), at(1000, 5, 6000, 0.05)},
			"smol", "it carries the higher load; async_std carries more, but is discontinued",
		},
		{
			"async-std alone met it",
			Request{},
			[]Simulation{at(1000, 10.2, 990, 0.05), at(1000, 5, 5000, 0.05), at(1000, 10.3, 990, 0.05)},
			"async_std", "tokio did not meet latency.p99=10ms at 1,000/s, though not beyond doubt, and smol did not meet latency.p99=10ms at 1,000/s, " +
				"though not beyond doubt; beware: " + discontinued,
		},
		{
			"async-std and tokio met it, and smol is not sure",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05), at(1000, 10.3, 990, 0.05)},
			"tokio", "smol did not meet latency.p99=10ms at 1,000/s, though not beyond doubt, and async_std is discontinued",
		},
		{
			"async-std is faster",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 4, 5000, 0.05), at(1000, 5, 5000, 0.05)},
			"tokio", "the runs show no difference that is sure and at least 10 %, and its ecosystem is the larger one; async_std is faster, but is discontinued",
		},
		{
			"no difference, and smol is in use",
			Request{InUse: "smol"},
			same,
			"smol", "the runs show no difference that is sure and at least 10 %, and it is the runtime in use",
		},
		{
			"no difference, and async-std is in use",
			Request{InUse: "async_std"},
			same,
			"tokio", "the runs show no difference that is sure and at least 10 %, and its ecosystem is the larger one",
		},
		{
			"smol is in use, and tokio is faster",
			Request{InUse: "smol"},
			[]Simulation{at(1000, 4, 5000, 0.05), at(1000, 4, 5000, 0.05), at(1000, 5, 5000, 0.05)},
			"tokio", "at the offered load its p99 latency is 20 % lower than that of smol",
		},
		{
			"the difference is inside the intervals",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.2), at(1000, 5, 5000, 0.2), at(1000, 5, 6000, 0.2)},
			"tokio",
			"the runs show no difference that is sure and at least 10 %, and its ecosystem is the larger one",
		},
		{
			"smol is faster",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05), at(1000, 4, 5000, 0.05)},
			"smol",
			"at the offered load its p99 latency is 20 % lower than that of tokio",
		},
		{
			"only async-std is left",
			Request{Needs: []string{"tide"}, MaxBinary: 2e6},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05), at(1000, 50, 500, 0.05)},
			"async_std",
			"the others are ruled out; beware: " + discontinued,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.request
			r.Offered = 1000
			r.SLO = knee.SLO{Metric: "latency", Statistic: "p99", Limit: 10 * time.Millisecond}
			if r.Goal == "" {
				r.Goal = Goals()[0]
			}
			a := Decide(&r, tt.simulated)
			assert.Equal(t, tt.want, a.Runtime)
			assert.Equal(t, tt.because, a.Because)
			require.Len(t, a.Candidates, 3)
			for _, c := range a.Candidates {
				against := 0
				for _, reason := range c.Reasons {
					assert.Contains(t, []string{Simulated, FromDocument, Corrected, InUse}, reason.Source)
					if !reason.For {
						against++
					}
				}
				if c.RuledOut {
					assert.Positive(t, against, "%s is ruled out for no reason", c.Runtime)
					assert.NotEqual(t, tt.want, c.Runtime)
				}
			}
		})
	}
}

// TestSLOStatistic: the runs are compared by what the SLO limits, which may be another statistic than the p99.
// TestEveryFinalist: of any number of runtimes the best is found wherever it stands, and what equals it.
func TestEveryFinalist(t *testing.T) {
	a := &Advice{}
	for _, knee := range []float64{5000, 9000, 5200, 9100} {
		a.Candidates = append(a.Candidates, &Candidate{Simulation: at(1000, 5, knee, 0.02)})
	}
	for _, of := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}} {
		best, equal, worse := split(of, a.carriesMore, func(x, y int) bool { return a.Candidates[x].Knee > a.Candidates[y].Knee })
		assert.Equal(t, 3, best)
		assert.ElementsMatch(t, []int{1, 3}, equal)
		assert.ElementsMatch(t, []int{0, 2}, worse)
	}
}

func TestSLOStatistic(t *testing.T) {
	one, two, three := at(1000, 5, 5000, 0.01), at(1000, 5, 5000, 0.01), at(1000, 4, 5000, 0.01)
	one.AtOffered.Limited, three.AtOffered.Limited = knee.Estimate{Mean: 1e6}, knee.Estimate{Mean: 2e6}
	a := Decide(&Request{
		Goal: Goals()[0], Offered: 1000, SLO: knee.SLO{Metric: "queue_wait", Statistic: "mean", Limit: 10 * time.Millisecond},
	}, []Simulation{one, two, three})
	assert.Equal(t, "tokio", a.Runtime)
	assert.Equal(t, "at the offered load its mean queue wait is 50 % lower than that of smol", a.Because)
	texts := reasons(a)
	assert.Contains(t, texts, "+ its mean queue wait is 50 % lower than that of smol at the offered load")
	assert.Contains(t, texts, "- the mean queue wait of tokio is 50 % lower at the offered load")
}

func reasons(a *Advice) (texts []string) {
	for _, c := range a.Candidates {
		for _, r := range c.Reasons {
			sign := "- "
			if r.For {
				sign = "+ "
			}
			texts = append(texts, sign+r.Text)
		}
	}
	return texts
}

// TestThreads: a runtime that loses because it starts fewer threads than the others is said to.
func TestThreads(t *testing.T) {
	fast, slow := at(1000, 5, 5000, 0.05), at(1000, 50, 500, 0.05)
	one := func(s Simulation, more *Simulation) Simulation {
		s.Workers = 1
		if more != nil {
			s.WithMore = more.AtOffered
		}
		return s
	}
	fast.Workers, slow.Workers = 4, 4
	const starts = "- starts one thread unless SMOL_THREADS=4 is set"
	for _, tt := range []struct {
		name          string
		request       Request
		others, smol  Simulation
		want, because string
		reason        string
	}{
		{
			"four would do",
			Request{},
			fast, one(slow, &fast),
			"tokio", "smol is ruled out, and async_std is discontinued; smol starts one thread, and with --workers 4 it would meet the SLO too",
			"+ with --workers 4 it would meet latency.p99=10ms at 1,000/s",
		},
		{
			"four would do, and nothing else does",
			Request{MaxBinary: 1e6},
			fast, one(slow, &fast),
			"", "no runtime that has what is needed meets latency.p99=10ms at 1,000/s; the highest simulated rate that met it is 500/s, on smol: " +
				"lower the rate, allow a higher --slo, or add workers; smol starts one thread, and with --workers 4 it would meet the SLO",
			"+ with --workers 4 it would meet latency.p99=10ms at 1,000/s",
		},
		{
			"four would not do either",
			Request{},
			fast, one(slow, &slow),
			"tokio", "smol is ruled out, and async_std is discontinued",
			"- with --workers 4 it would not meet latency.p99=10ms at 1,000/s either",
		},
		{
			"a library is missing",
			Request{Needs: []string{"tonic"}},
			fast, one(slow, &fast),
			"tokio", "the others are ruled out", starts,
		},
		{
			"one does, but carries less",
			Request{},
			fast, one(at(1000, 5, 1500, 0.05), nil),
			"tokio", "it carries the higher load; smol starts one thread: try --workers 4", starts,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.request
			r.Offered, r.Goal, r.SLO = 1000, Goals()[0], knee.SLO{Metric: "latency", Statistic: "p99", Limit: 10 * time.Millisecond}
			a := Decide(&r, []Simulation{tt.others, tt.others, tt.smol})
			assert.Equal(t, tt.want, a.Runtime)
			assert.Equal(t, tt.because, a.Because)
			assert.Contains(t, reasons(a), starts)
			assert.Contains(t, reasons(a), tt.reason)
		})
	}
}

// TestTurnedAway: a runtime that turns requests away misses the SLO, however fast the others are.
func TestTurnedAway(t *testing.T) {
	fast, full := at(1000, 5, 5000, 0.05), at(1000, 5, 500, 0.05)
	full.AtOffered.Shed, full.AtOffered.Meets = knee.Estimate{Mean: 0.01, HalfWidth: 0.001}, false
	a := Decide(&Request{Goal: Goals()[0], Offered: 1000, SLO: knee.SLO{Metric: "latency", Statistic: "p99", Limit: 10 * time.Millisecond}},
		[]Simulation{full, fast, fast})
	assert.True(t, a.Candidates[0].RuledOut)
	assert.Contains(t, reasons(a), "- misses latency.p99=10ms at 1,000/s")
	assert.Equal(t, "smol", a.Runtime)
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"1MB": 1e6, "800kB": 8e5, "1.5mb": 1.5e6, "2GB": 2e9} {
		got, err := ParseSize(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "1", "MB", "-1MB", "0MB", "1e9GB", "oneMB", "1MBB"} {
		_, err := ParseSize(text)
		assert.EqualError(t, err, `--max-binary: "`+text+`" is not allowed; want a size of more than 0, such as 800kB or 1.5MB`)
	}
	assert.Equal(t, "2.5MB", FormatSize(2_500_000))
	assert.Equal(t, "500kB", FormatSize(500_000))
}

// TestQuota: a quota that stops a runtime is named, and workers are advised only where the workers are short.
func TestQuota(t *testing.T) {
	machine := func(s Simulation, used, throttled float64, short knee.Scarce) Simulation {
		s.AtOffered.Machine = &knee.Machine{
			CPUs: 8, Quota: 1, CPUUtilization: knee.Estimate{Mean: used}, ThrottledPeriods: knee.Estimate{Mean: throttled},
			ThrottledCPUs: knee.Estimate{Mean: 3}, Short: short,
		}
		s.Workers = 8
		return s
	}
	few := func(s, fewer Simulation) Simulation {
		fewer.Workers = 2
		s.Fewer = &fewer
		return s
	}
	stopped := func() Simulation { return machine(at(1000, 50, 500, 0.05), 0.4, 0.25, knee.Quota) }
	const stops = "- the quota of 1 CPU stops it in 25.0% of the periods: on average 3.00 CPUs stand still with a thread on them"
	const most = "no runtime meets latency.p99=10ms at 1,000/s; the highest simulated rate that met it is 500/s, on tokio: lower the rate, allow a higher --slo, or "
	for _, tt := range []struct {
		name      string
		simulated Simulation
		because   string
		reasons   []string
	}{
		{
			"fewer workers would do", few(stopped(), at(1000, 5, 2000, 0.05)),
			most + "raise the quota of 1 CPU; the quota stops its 8 workers, and with --workers 2 tokio would meet the SLO",
			[]string{stops, "+ with --workers 2 it would meet latency.p99=10ms at 1,000/s"},
		},
		{
			"fewer workers carry more", few(stopped(), at(1000, 20, 800, 0.05)),
			most + "raise the quota of 1 CPU; the quota stops its 8 workers, and with --workers 2 tokio would meet the SLO up to 800/s",
			[]string{stops, "+ with --workers 2 it would meet the SLO up to 800/s"},
		},
		{
			"fewer workers are no better", few(stopped(), at(1000, 50, 520, 0.05)),
			most + "raise the quota of 1 CPU",
			[]string{stops, "- with --workers 2 it would not meet latency.p99=10ms at 1,000/s either"},
		},
		{
			"fewer workers perhaps do", few(stopped(), at(1000, 9.5, 500, 0.1)),
			most + "raise the quota of 1 CPU; the quota stops its 8 workers, and with --workers 2 tokio would meet the SLO, though not beyond doubt",
			[]string{stops, "+ with --workers 2 it would be too close to latency.p99=10ms at 1,000/s to be sure"},
		},
		{
			"fewer workers are perhaps better", few(stopped(), at(1000, 49, 600, 0.5)),
			most + "raise the quota of 1 CPU",
			[]string{stops, "- with --workers 2 it would not meet latency.p99=10ms at 1,000/s either"},
		},
		{"too few workers", machine(at(1000, 50, 500, 0.05), 0.4, 0, knee.Workers), most + "add workers", nil},
		{"too few CPUs", machine(at(1000, 50, 500, 0.05), 1, 0, knee.CPUs), most + "add CPUs", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{Offered: 1000, Goal: Goals()[0], SLO: knee.SLO{Metric: "latency", Statistic: "p99", Limit: 10 * time.Millisecond}}
			a := Decide(&r, []Simulation{tt.simulated, tt.simulated, tt.simulated})
			assert.Equal(t, tt.because, a.Because)
			assert.Subset(t, reasons(a), tt.reasons)
			if tt.reasons == nil {
				assert.NotContains(t, strings.Join(reasons(a), "\n"), "quota")
			}
		})
	}
}

// TestFewerWorkers: what is tried is what the quota keeps busy, and twice that, if a quota stops more than that.
func TestFewerWorkers(t *testing.T) {
	for _, tt := range []struct {
		quota, throttled float64
		workers          int
		meets            bool
		want             []int
	}{
		{1, 0.1, 8, false, []int{1, 2}},
		{1.5, 0.1, 8, false, []int{2, 4}},
		{1.5, 0.1, 4, false, []int{2}},
		{4, 0.1, 4, false, nil},
		{1, 0, 8, false, nil},
		{1, 0.1, 8, true, nil},
	} {
		s := Simulation{Workers: tt.workers, AtOffered: &knee.Point{
			Meets: tt.meets, Machine: &knee.Machine{CPUs: 8, Quota: tt.quota, ThrottledPeriods: knee.Estimate{Mean: tt.throttled}},
		}}
		assert.Equal(t, tt.want, s.FewerWorkers(), "%+v", tt)
	}
	assert.Nil(t, (&Simulation{Workers: 8, AtOffered: &knee.Point{}}).FewerWorkers())
}
