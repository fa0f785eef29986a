// SPDX-License-Identifier: Apache-2.0

package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

func exampleRun() *Run {
	return &Run{
		Runtime: "tokio", Version: "1.53", Workers: 4, Seed: 1, Cost: "default",
		Tasks: 100_000, WarmupTasks: 5000, VirtualS: 35.7, WallS: 0.05, ThroughputPerS: 2801.1, Utilization: 0.7012,
		QueueWait: Durations{357_210.4, 0, 1_220_000, 1_980_000, 3_240_000, 5_170_000, 999_600},
		Latency:   Durations{1_360_000, 999, 2_990_000, 3_870_000, 5_550_000, 7_780_000, 61_000_000_000},
		Counters: CountersTotal{
			Polls: 100_000, Parks: 96_182, Noops: 38_924, Steals: 1018, StealOperations: 1000, Finished: 100_000,
		},
		pollsPerPark: 1.7465,
	}
}

func TestText(t *testing.T) {
	var out strings.Builder
	require.NoError(t, exampleRun().Write(&out, "tokio 1.53, 4 workers: poisson:2800"))
	assert.Equal(t, `tokio 1.53, 4 workers: poisson:2800

              mean    p50     p90     p95     p99    p999     max
queue wait   357µs      0  1.22ms  1.98ms  3.24ms  5.17ms  1.00ms
latency     1.36ms  999ns  2.99ms  3.87ms  5.55ms  7.78ms   61.0s

requests        100,000  5,000 of them warm-up, not in the durations above
throughput      2,801/s
utilization       70.1%  of 4 workers
steals            1,018  in 1,000 operations
parks            96,182  38,924 without a poll since the one before
polls per park     1.75
virtual time      35.7s
wall time        50.0ms  2,000,000 tasks/s simulated
`, out.String())
}

// TestOperations: a service with several has a table of them, a row each; in a comparison a column for each runtime.
func TestOperations(t *testing.T) {
	of := func(name string, tasks, warmup uint64, ms int64) Operation {
		d := Durations{P50: ms * 1e6, P99: 3 * ms * 1e6, Max: 9 * ms * 1e6}
		return Operation{Name: name, Tasks: tasks, WarmupTasks: warmup, QueueWait: d, Latency: d}
	}
	r := exampleRun()
	r.Operations = []Operation{of("GET /", 99_000, 4990, 1)}
	var out strings.Builder
	require.NoError(t, r.Write(&out, "x"))
	assert.NotContains(t, out.String(), "GET /", "the only operation has the figures of all requests")

	r.Operations = append(r.Operations, of("POST /", 1000, 10, 7), of("never", 0, 0, 0))
	require.NoError(t, r.Write(&out, "x"))
	assert.Contains(t, out.String(), `
operation  requests  queue wait p50  queue wait p99  latency p50  latency p99  latency max
GET /        99,000          1.00ms          3.00ms       1.00ms       3.00ms       9.00ms
POST /        1,000          7.00ms          21.0ms       7.00ms       21.0ms       63.0ms
never             0               -               -            -            -            -

requests        100,000  5,000 of them`)

	other := exampleRun()
	other.Operations = []Operation{of("GET /", 1, 0, 2), of("POST /", 1, 1, 8), of("never", 0, 0, 0)}
	out.Reset()
	require.NoError(t, WriteComparison(&out, "x", []string{"tokio", "smol"}, []*Run{r, other}))
	assert.True(t, strings.HasSuffix(out.String(), `
latency p50 of   tokio    smol
GET /           1.00ms  2.00ms
POST /          7.00ms       -
never                -       -

latency p99 of   tokio    smol
GET /           3.00ms  6.00ms
POST /          21.0ms       -
never                -       -
`), out.String())
}

func TestCaveats(t *testing.T) {
	r := exampleRun()
	r.Partial, r.unfinished, r.QuantileError, r.WarmupTasks, r.Shed = true, 1234, 0.0054, r.Tasks, 5678
	var out strings.Builder
	require.NoError(t, r.Write(&out, "x"))
	assert.Contains(t, out.String(), "partial: the run ended early; requests in flight: 1,234\n")
	assert.Contains(t, out.String(), "turned away: 5,678 requests, which came while as many as max_in_flight were in flight\n")
	assert.Contains(t, out.String(), "no request finished after the warm-up: there are no durations\n")
	assert.Contains(t, out.String(), "\nlatency        -    -    -    -    -     -    -\n")
	assert.Contains(t, out.String(), "quantiles are exact to 0.54%; those below 1.02µs are given as 512ns\n")
}

func TestComparison(t *testing.T) {
	ideal := exampleRun()
	ideal.Partial = true
	ideal.Counters.Steals = 0
	var out strings.Builder
	require.NoError(t, WriteComparison(&out, "poisson:2800", []string{"tokio:1.53", "ideal"}, []*Run{exampleRun(), ideal}))
	assert.NotContains(t, out.String(), "latency p50 of")
	assert.Contains(t, out.String(), "\nideal: partial: the run ended early; ")
	assert.Contains(t, out.String(), `
                 tokio:1.53    ideal
version                1.53     1.53
workers                   4        4
requests            100,000  100,000
throughput          2,801/s  2,801/s
`)
	assert.Contains(t, out.String(), "\nsteals                1,018        0\n")
}

func TestKnee(t *testing.T) {
	const ms = 1e6
	rate := func(x float64) *float64 { return &x }
	point := func(rate, p99, halfWidth float64) *knee.Point {
		return &knee.Point{
			Rate: rate, Meets: p99 <= 20*ms, Limited: knee.Estimate{Mean: p99, HalfWidth: halfWidth}, Achieved: knee.Estimate{Mean: rate, HalfWidth: 1},
			P50: knee.Estimate{Mean: ms}, P99: knee.Estimate{Mean: p99, HalfWidth: halfWidth}, Utilization: knee.Estimate{Mean: 0.5, HalfWidth: 0.001},
		}
	}
	k := Knee{
		SLO: knee.SLO{Metric: "latency", Statistic: "p99", Limit: 20 * time.Millisecond}, Replications: 6, Confidence: 0.95,
		LastRate: rate(200), FirstRate: rate(400), SureMeets: rate(100), SureMiss: rate(400),
		Points:     []*knee.Point{point(100, 12*ms, ms), point(200, 19*ms, 2*ms), point(400, 300*ms, 50*ms)},
		mostServed: 395,
	}
	var out strings.Builder
	require.NoError(t, k.Write(&out, "heading"))
	assert.Equal(t, `heading

rate /s  achieved /s    utilization  latency p50      latency p99  SLO
100       100 ± 1.00  50.0% ± 0.10%   1.00ms ± 0  12.0ms ± 1.00ms  meets
200       200 ± 1.00  50.0% ± 0.10%   1.00ms ± 0  19.0ms ± 2.00ms  meets <
400       400 ± 1.00  50.0% ± 0.10%   1.00ms ± 0   300ms ± 50.0ms  misses

the knee is at 200/s: up to there each simulated rate met latency.p99 of 20.0ms; the next one, 400/s, is 100% higher and missed it
the capacity is at least 395/s: the most that was served; no run clearly overloaded the workers
the intervals leave no doubt that the SLO is met up to 100/s, and that it is missed from 400/s on
± are half-widths of 95 % confidence intervals over 6 replications
`, out.String())

	k.SLO = knee.SLO{Metric: "queue_wait", Statistic: "p999", Limit: 20 * time.Millisecond}
	k.LastRate, k.Partial = nil, true
	out.Reset()
	require.NoError(t, k.Write(&out, "heading"))
	assert.Contains(t, out.String(), "latency p99  queue wait p999  SLO\n")
	assert.Contains(t, out.String(),
		"partial, the search was interrupted: no rate met queue_wait.p999 of 20.0ms: at 100/s, the lowest tried, it is 12.0ms, with the workers 50.0% busy\n")

	k.Points[0].Utilization.Mean = 0.005
	k.Points[0].InFlight.Mean = 0.02
	assert.NotContains(t, k.conclusion(), "without load", "requests meet each other")
	k.Points[0].InFlight.Mean = 0.005
	assert.Contains(t, k.conclusion(), "with the workers 0.50% busy: so it is without load too; allow a higher --slo, or shorten the requests")

	k.LastRate, k.FirstRate = rate(400), nil
	assert.Contains(t, k.conclusion(), "every rate met queue_wait.p999 of 20.0ms: 400/s was the highest tried")

	k.SureMiss, k.Capacity = nil, rate(390)
	out.Reset()
	require.NoError(t, k.Write(&out, "heading"))
	assert.Contains(t, out.String(), "\nthe capacity is 390/s: what the workers served when more came\n")
	assert.Contains(t, out.String(), "\nthe intervals leave no doubt that the SLO is met up to 100/s\n", "the half that is known")
	k.SureMeets, k.SureMiss = nil, rate(400)
	assert.Equal(t, "the intervals leave no doubt that it is missed from 400/s on", k.sure())
	k.SureMiss = nil
	assert.Empty(t, k.sure())
}

// TestKneeWithoutPoints: an interrupted search that has seen nothing explains no figures.
func TestKneeWithoutPoints(t *testing.T) {
	k := Knee{SLO: knee.SLO{Metric: "latency", Statistic: "p99", Limit: time.Millisecond}, Replications: 6, Confidence: 0.95, Partial: true}
	var out strings.Builder
	require.NoError(t, k.Write(&out, "heading"))
	assert.Equal(t, "heading\n\npartial, the search was interrupted: no rate was simulated\n", out.String())
}

func TestAdvice(t *testing.T) {
	rate := func(x float64) *float64 { return &x }
	offered := &knee.Point{Achieved: knee.Estimate{Mean: 798}}
	a := Advice{
		Because: "x", SLO: knee.SLO{Metric: "latency", Statistic: "p99", Limit: time.Millisecond},
		Candidates: []Candidate{
			{Runtime: "tokio", Offered: offered, Knee: rate(3064), Capacity: rate(3630)},
			{Runtime: "async_std", Offered: offered, mostServed: 798},
			{Runtime: "smol", Offered: offered, Knee: rate(knee.HighestRate), mostServed: 1e6},
		},
	}
	var out strings.Builder
	require.NoError(t, a.Write(&out, "heading"))
	text := regexp.MustCompile(" +").ReplaceAllString(out.String(), " ")
	assert.Contains(t, text, " meets latency.p99=1ms capacity\n")
	assert.Contains(t, text, " up to 3,064/s 3,630/s\n")
	assert.Contains(t, text, " at no rate at least 798/s\n")
	assert.Contains(t, text, " at all rates tried at least 1,000,000/s\n")
	assert.NotContains(t, text, "p95")
	a.SLO.Statistic = "p95"
	out.Reset()
	require.NoError(t, a.Write(&out, "heading"))
	assert.Contains(t, regexp.MustCompile(" +").ReplaceAllString(out.String(), " "), " latency p99 latency p95 utilization meets latency.p95=1ms capacity\n")
	assert.Contains(t, text, "meets up to: the highest simulated rate that met the SLO; a rate at most 5 % higher missed it\n")
}

// TestBenchNotPlayed: an interrupted benchmark has no figures where none were made.
func TestBenchNotPlayed(t *testing.T) {
	var out strings.Builder
	require.NoError(t, WriteBench(&out, "heading", []Bench{{Runtime: "smol", Workers: 1, DocumentLowNS: 1e5, DocumentNS: 2e5, DocumentHighNS: 3e5}}))
	assert.Regexp(t, `smol +1 +100\.00 - 200\.00 - 300\.00 +- +5,000,000 +- +not played\n`, out.String())
}

func TestFormats(t *testing.T) {
	for ns, want := range map[int64]string{0: "0", 1: "1ns", 999: "999ns", 1000: "1.00µs", 999_499: "999µs", 999_500: "1.00ms", 1e9: "1.00s", 86_400e9: "86400s"} {
		assert.Equal(t, want, format.Duration(ns))
	}
	for x, want := range map[float64]string{0: "0", 0.001: "0.001", 0.0523: "0.052", 1: "1.00", 9.995: "10.0", 99.95: "100", 1234567.4: "1,234,567"} {
		assert.Equal(t, want, format.Rate(x))
	}
	assert.Equal(t, "7.00%", format.Share(0.07))
	assert.Equal(t, "36.5s", format.Seconds(36.5))
	assert.Equal(t, "1,000,000s", format.Seconds(1e6))
}

// TestKneeOnLimitedCPUs: a search says how much of them is used, and what is short.
func TestKneeOnLimitedCPUs(t *testing.T) {
	const ms = 1e6
	rate := func(x float64) *float64 { return &x }
	point := func(rate, busy, used, throttled float64, short knee.Scarce) *knee.Point {
		return &knee.Point{
			Rate: rate, Meets: rate < 200, Limited: knee.Estimate{Mean: 9 * ms}, Achieved: knee.Estimate{Mean: rate}, P99: knee.Estimate{Mean: 9 * ms},
			Utilization: knee.Estimate{Mean: busy},
			Machine: &knee.Machine{
				CPUs: 8, Quota: 1.5, CPUUtilization: knee.Estimate{Mean: used}, ThrottledPeriods: knee.Estimate{Mean: throttled}, Short: short,
			},
		}
	}
	k := Knee{
		CPUs: 8, Quota: 1.5, SLO: knee.SLO{Metric: "latency", Statistic: "p99", Limit: 10 * time.Millisecond}, Replications: 6, Confidence: 0.95,
		LastRate: rate(100), FirstRate: rate(200), Capacity: rate(190), CapacityOf: knee.Quota,
		Points: []*knee.Point{point(100, 0.1, 0.5, 0.25, knee.Quota), point(200, 0.2, 0.96, 0.5, knee.Quota)},
	}
	write := func() string {
		var out strings.Builder
		require.NoError(t, k.Write(&out, "heading"))
		return out.String()
	}
	assert.Contains(t, write(), `
rate /s  achieved /s  utilization  latency p50  latency p99  of the quota   throttled  SLO
100          100 ± 0   10.0% ± 0%        0 ± 0   9.00ms ± 0    50.0% ± 0%  25.0% ± 0%  meets <
200          200 ± 0   20.0% ± 0%        0 ± 0   9.00ms ± 0    96.0% ± 0%  50.0% ± 0%  misses
`)
	assert.Contains(t, write(), "\nat 200/s the quota of 1.5 CPUs is short: 96.0% of it is used, and it stops the process in 50.0% of the periods; the workers are 20.0% busy\n")
	assert.Contains(t, write(), "\nthe capacity is 190/s: what the quota of 1.5 CPUs served when more came\n")
	k.Points[1] = point(200, 0.2, 0.6, 0.5, knee.Quota)
	assert.Contains(t, write(), "\nat 200/s the quota of 1.5 CPUs is short at times: 60.0% of it is used, ")
	k.Points[1] = point(200, 0.99, 0.6, 0, knee.Workers)
	assert.Contains(t, write(), "\nat 200/s the workers are short: they are 99.0% busy, and 60.0% of the quota of 1.5 CPUs is used\n")
	k.Capacity = nil
	assert.Contains(t, write(), "; no run clearly overloaded the workers or used up the quota\n")
	k.LastRate, k.FirstRate = nil, rate(100)
	assert.Contains(t, write(), "at 100/s, the lowest tried, it is 9.00ms, with the workers 10.0% busy, and 50.0% of the quota of 1.5 CPUs used, which stops them in 25.0% of the periods\n")
	k.Points = []*knee.Point{point(0.1, 0.001, 0.001, 0.001, knee.Quota)}
	assert.Contains(t, write(), ": so it is without load too, when the quota of 1.5 CPUs stops single requests; raise --cpu-limit, allow a higher --slo, or shorten the requests\n")

	k.Quota, k.LastRate, k.FirstRate, k.Capacity, k.CapacityOf = 0, rate(100), rate(200), rate(190), knee.CPUs
	k.Points = []*knee.Point{point(100, 0.1, 0.5, 0, ""), point(200, 0.2, 0.97, 0, knee.CPUs)}
	assert.Contains(t, write(), "  of the CPUs  SLO\n")
	assert.Contains(t, write(), "\nat 200/s the 8 CPUs are short: 97.0% of their time is used; the workers are 20.0% busy\n")
	assert.Contains(t, write(), "\nthe capacity is 190/s: what the 8 CPUs served when more came\n")
}

func TestMachine(t *testing.T) {
	for want, spec := range map[string]workload.RuntimeSpec{
		"": {}, ", 1 CPU": {CPUs: 1}, ", 8 CPUs": {CPUs: 8}, ", 8 CPUs, quota of 1.5 CPUs": {CPUs: 8, Quota: host.Quota{CPUs: 1.5}},
		", 2 CPUs, quota of 1 CPU each 10ms": {CPUs: 2, Quota: host.Quota{CPUs: 1, Period: sim.Time(10 * time.Millisecond)}},
	} {
		assert.Equal(t, want, Machine(&spec))
	}
}

// TestHost: the CPU wait is all of it, and the part because of the quota is said.
func TestHost(t *testing.T) {
	h := &Host{CPUs: 8, Quota: 1, CPUNS: 4e9, WaitNS: 90e9, QuotaWaitNS: 80e9, ThrottledNS: 70e9, Periods: 10, ThrottledPeriods: 5, virtualNS: 1e9}
	assert.Equal(t, [][]string{
		{"CPU time", "50.0%", "of 8 CPUs"},
		{"CPU wait", "90.0s", "that threads were runnable without a CPU; 80.0s of that because of the quota"},
		{"throttled", "50.0%", "of 10 periods, for 70.0s of all CPUs, by a quota of 1 CPU"},
	}, h.rows())
	h.Quota = 0
	assert.Equal(t, []string{"CPU wait", "90.0s", "that threads were runnable without a CPU"}, h.rows()[1])
	r := hostOf(&workload.RuntimeSpec{CPUs: 8}, &simulate.Result{Host: host.Stats{Waited: 2, Stopped: 5, Throttled: 3}})
	assert.Equal(t, int64(7), r.WaitNS)
	assert.Equal(t, int64(5), r.QuotaWaitNS)
}
