// SPDX-License-Identifier: Apache-2.0

package advise

import (
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
		{"no difference", Request{}, same, "tokio", "the runs show no difference to be sure of, and its ecosystem is the larger one"},
		{"ease of use", Request{Goal: "api"}, same, "smol", "the document rates its ease of use higher"},
		{"size", Request{Goal: "size"}, same, "smol", "the document rates its size higher"},
		{"ecosystem", Request{Goal: "ecosystem"}, same, "tokio", "the document rates its ecosystem higher"},
		{
			"none carries the load",
			Request{},
			[]Simulation{at(1000, 20, 400, 0.05), at(1000, 20, 700, 0.05), at(500, 9000, 500, 0.05)},
			"", "no runtime meets latency.p99=10ms at 1,000/s; the highest simulated rate that met it is 700/s, on async_std: lower the rate, allow a higher limit, or add workers",
		},
		{
			"no rate meets the SLO",
			Request{},
			[]Simulation{at(1000, 20, 0, 0.05), at(1000, 20, 0, 0.05), at(1000, 20, 0, 0.05)},
			"", "no runtime meets latency.p99=10ms at any simulated rate, however low: allow a higher limit, or shorten the requests",
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
			"", "no runtime that has what is needed meets latency.p99=10ms at 1,000/s; the highest simulated rate that met it is 400/s, on tokio: lower the rate, allow a higher limit, or add workers",
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
			"tokio", "what else fits is discontinued",
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
			"smol", "it carries the higher load",
		},
		{
			"smol carries more",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 9000, 0.05), at(1000, 5, 6000, 0.05)},
			"smol", "it carries the higher load",
		},
		{
			"the difference is inside the intervals",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.2), at(1000, 5, 5000, 0.2), at(1000, 5, 6000, 0.2)},
			"tokio",
			"the runs show no difference to be sure of, and its ecosystem is the larger one",
		},
		{
			"smol is faster",
			Request{},
			[]Simulation{at(1000, 5, 5000, 0.05), at(1000, 5, 5000, 0.05), at(1000, 4, 5000, 0.05)},
			"smol",
			"it is faster at the offered load; in how much they carry there is no difference to be sure of",
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
					assert.Contains(t, []string{Simulated, FromDocument, Corrected}, reason.Source)
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
