// SPDX-License-Identifier: Apache-2.0

package arrive_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// The tests of processes compare them with theory. Seeds are fixed, so a test either always passes or never; bounds are 4
// standard errors, which a correct process exceeds with one seed of 16,000.

func open(tb testing.TB, text string) arrive.Open {
	tb.Helper()
	a, err := spec.DecodeArrivals(fleettest.Tree(tb, text))
	require.NoError(tb, err)
	return a.(arrive.Open)
}

// countBetween counts the arrivals of one run in each interval between two times.
func countBetween(a arrive.Open, r sim.Rand, edges ...sim.Time) []float64 {
	counts := make([]float64, len(edges)-1)
	seq := a.Start(r)
	for at := seq.Next(); at < edges[len(edges)-1]; at = seq.Next() {
		if i, exact := slices.BinarySearch(edges, at); exact {
			counts[i]++
		} else if i > 0 {
			counts[i-1]++
		}
	}
	return counts
}

// moments are the mean and variance of observations, each with its standard error.
func moments(x []float64) (mean, meanError, variance, varianceError float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	fourth := 0.0
	for _, v := range x {
		d := (v - mean) * (v - mean)
		variance += d / (n - 1)
		fourth += d * d / n
	}
	return mean, math.Sqrt(variance / n), variance, math.Sqrt((fourth - variance*variance) / n)
}

// assertMoments compares observations with the mean and variance that theory says.
func assertMoments(t *testing.T, mean, variance float64, x []float64) {
	t.Helper()
	m, me, v, ve := moments(x)
	assert.InDelta(t, mean, m, 4*me, "mean")
	assert.InDelta(t, variance, v, 4*ve, "variance")
}

// TestCounts: how many requests arrive in an interval, in the mean and how differently from run to run.
func TestCounts(t *testing.T) {
	const second = sim.Time(time.Second)
	// A Markov-modulated Poisson process that is on with probability p has, with s = 1/on + 1/off, a rate whose covariance
	// over a time u is C exp(-s u), C = (rate - off_rate)^2 p (1-p). The variance of the count over t is that of a Poisson
	// process and 2 C (t/s - (1 - exp(-s t))/s^2).
	onOff := func(rate, offRate, on, off, t float64) (mean, variance float64) {
		p, s := on/(on+off), 1/on+1/off
		mean = (p*rate + (1-p)*offRate) * t
		c := (rate - offRate) * (rate - offRate) * p * (1 - p)
		return mean, mean + 2*c*(t/s+math.Expm1(-s*t)/(s*s))
	}
	burst, burstVariance := onOff(40, 0, 0.5, 2, 5)
	lull, lullVariance := onOff(40, 10, 1, 0.5, 3)
	for _, tt := range []struct {
		name, arrivals string
		from, to       sim.Time
		mean, variance float64
	}{
		{"poisson", "{process: poisson, rate: 20}", 3 * second, 5 * second, 40, 40},
		// Erlang-2 gaps: every second arrival of a Poisson process of twice the rate. Of N of these N/2 arrive, less 1/2 if N
		// is odd, which of many it is with probability 1/2, whatever N/2.
		{"erlang", "{process: gamma, rate: 20, shape: 2}", 0, second, 20 - 0.25, 40.0/4 + 1.0/16},
		{"bursts", "{process: on_off, rate: 40, on: 500ms, off: 2s}", 0, 5 * second, burst, burstVariance},
		{"bursts later", "{process: on_off, rate: 40, on: 500ms, off: 2s}", 100 * second, 105 * second, burst, burstVariance},
		{"lulls", "{process: on_off, rate: 40, on: 1s, off: 500ms, off_rate: 10}", 0, 3 * second, lull, lullVariance},
		{"sine, a period", "{process: sine, rate: 20, amplitude: 0.8, period: 2s}", 2 * second, 4 * second, 40, 40},
		{"sine, going up", "{process: sine, rate: 20, amplitude: 1, period: 8s}", 0, 2 * second, 40 * (1 + 2/math.Pi), 40 * (1 + 2/math.Pi)},
		{"ramp", "{process: stages, stages: [{duration: 10s, target: 50}]}", 4 * second, 6 * second, 50, 50},
		{"steep ramp", "{process: stages, stages: [{duration: 1s, target: 2}]}", 0, second / 2, 0.25, 0.25},
		{"steep ramp down", "{process: stages, start_rate: 2, stages: [{duration: 1s, target: 0}]}", second / 2, second, 0.25, 0.25},
		{"jump", "{process: stages, start_rate: 5, stages: [{duration: 2s, target: 5}, {duration: 0s, target: 100}, {duration: 2s, target: 100}]}", second, 3 * second, 105, 105},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := open(t, tt.arrivals)
			runs := make([]float64, 20_000)
			if tt.from > 10*second {
				runs = runs[:4000]
			}
			for i := range runs {
				runs[i] = countBetween(a, sim.Stream(11, uint64(i)), tt.from, tt.to)[0]
			}
			assertMoments(t, tt.mean, tt.variance, runs)
		})
	}
}

// TestGaps: the gaps of renewal processes against their distribution functions, by Kolmogorov and Smirnov: the largest
// difference between the shares times sqrt(n) exceeds 1.95 with probability 0.001.
func TestGaps(t *testing.T) {
	const n = 200_000
	const rate = 1000
	for _, tt := range []struct {
		arrivals string
		variance float64                 // of the gap, in means squared
		cdf      func(x float64) float64 // x in means
	}{
		{"{process: poisson, rate: 1000}", 1, func(x float64) float64 { return -math.Expm1(-x) }},
		{"{process: gamma, rate: 1000, shape: 1}", 1, func(x float64) float64 { return -math.Expm1(-x) }},
		// Erlang: 1 - exp(-kx) * sum of (kx)^i/i! for i < k.
		{"{process: gamma, rate: 1000, shape: 2}", 0.5, func(x float64) float64 { return 1 - math.Exp(-2*x)*(1+2*x) }},
		{"{process: gamma, rate: 1000, shape: 3}", 1.0 / 3, func(x float64) float64 { return 1 - math.Exp(-3*x)*(1+3*x+4.5*x*x) }},
		// Half the square of a normal variable.
		{"{process: gamma, rate: 1000, shape: 0.5}", 2, func(x float64) float64 { return math.Erf(math.Sqrt(x / 2)) }},
		// Without off_rate the process is renewed at each arrival, and the gaps are hyperexponential (Kuczura 1973), with
		// rates r1, r2 that solve r^2 - (rate + 1/on + 1/off) r + rate/off = 0.
		{"{process: on_off, rate: 2000, on: 1ms, off: 1ms}", 2, func(x float64) float64 {
			const l, a, b = 2, 1, 1 // per mean gap
			root := math.Sqrt((l+a+b)*(l+a+b) - 4*l*b)
			r1, r2 := (l+a+b+root)/2, (l+a+b-root)/2
			p := (l - r2) / (r1 - r2)
			return 1 - p*math.Exp(-r1*x) - (1-p)*math.Exp(-r2*x)
		}},
	} {
		t.Run(tt.arrivals, func(t *testing.T) {
			seq := open(t, tt.arrivals).Start(sim.Stream(3))
			last := seq.Next() // on/off: the first gap is from the start, not from an arrival
			gaps := make([]float64, n)
			for i := range gaps {
				at := seq.Next()
				gaps[i] = float64(at-last) * rate / 1e9
				last = at
			}
			assertMoments(t, 1, tt.variance, gaps)
			slices.Sort(gaps)
			distance := 0.0
			for i, gap := range gaps {
				f := tt.cdf(gap)
				distance = max(distance, f-float64(i)/n, float64(i+1)/n-f)
			}
			assert.Less(t, distance*math.Sqrt(n), 1.95)
		})
	}
}

// TestSineByEighths: the load follows the wave, period after period.
func TestSineByEighths(t *testing.T) {
	const rate, amplitude, period, periods = 1000, 0.8, 10.0, 100
	a := open(t, "{process: sine, rate: 1000, amplitude: 0.8, period: 10s}")
	assert.InDelta(t, rate, a.PerSecond(), 0)
	var eighths [8]float64
	seq := a.Start(sim.Stream(1))
	for at := seq.Next(); at < periods*10*sim.Time(time.Second); at = seq.Next() {
		eighths[int(at.Duration().Seconds()/period*8)%8]++
	}
	for i, got := range eighths {
		// The integral of rate (1 + amplitude sin(2 pi t/period)).
		from, to := 2*math.Pi*float64(i)/8, 2*math.Pi*float64(i+1)/8
		want := periods * rate * period / (2 * math.Pi) * (to - from + amplitude*(math.Cos(from)-math.Cos(to)))
		assert.InDelta(t, want, got, 4*math.Sqrt(want), "eighth %d", i)
	}
}

// TestStages: a day in k6's words, stage by stage.
func TestStages(t *testing.T) {
	a := open(t, `{process: stages, start_rate: 100, stages: [
		{duration: 10s, target: 100},
		{duration: 10s, target: 500},
		{duration: 0s, target: 5000},
		{duration: 2s, target: 5000},
		{duration: 0s, target: 0},
		{duration: 5s, target: 0},
		{duration: 10s, target: 1000},
		{duration: 10s, target: 0}]}`)
	assert.InDelta(t, 5000, a.PerSecond(), 0)
	edges := []sim.Time{}
	for _, s := range []int64{0, 10, 15, 20, 22, 27, 32, 37, 42, 47} {
		edges = append(edges, sim.Time(s)*sim.Time(time.Second))
	}
	counts := countBetween(a, sim.Stream(9), edges...)
	for i, want := range []float64{1000, 5 * 200, 5 * 400, 10_000, 0, 5 * 250, 5 * 750, 5 * 750, 5 * 250} {
		assert.InDelta(t, want, counts[i], 4*math.Sqrt(want), "from %v", edges[i].Duration())
	}
	seq := a.Start(sim.Stream(9))
	last := sim.Time(0)
	for at := seq.Next(); at != sim.Never; at = seq.Next() {
		last = at
	}
	assert.InDelta(t, 47, last.Duration().Seconds(), 1)
	assert.Less(t, last, sim.Time(47*time.Second))
	assert.Equal(t, sim.Never, seq.Next(), "for good")
}

// TestStagesOfAYear: nothing is lost to rounding in stages that last long.
func TestStagesOfAYear(t *testing.T) {
	a := open(t, "{process: stages, start_rate: 0.002, stages: [{duration: 8760h, target: 0}, {duration: 8760h, target: 0.002}]}")
	const year = 8760 * sim.Time(time.Hour)
	counts := countBetween(a, sim.Stream(2), 0, year/2, year, 2*year)
	n := 0.001 * year.Duration().Seconds()
	for i, want := range []float64{n * 3 / 4, n / 4, n} {
		assert.InDelta(t, want, counts[i], 4*math.Sqrt(want))
	}
}

// TestSameSeedSameArrivals: a sequence is a function of its stream, and streams differ.
func TestSameSeedSameArrivals(t *testing.T) {
	for _, text := range []string{
		"{process: poisson, rate: 100}",
		"{process: gamma, rate: 100, shape: 0.25}",
		"{process: on_off, rate: 1000, on: 1s, off: 4s, off_rate: 1}",
		"{process: sine, rate: 100, amplitude: 0.8, period: 1s}",
		"{process: stages, stages: [{duration: 100s, target: 100}]}",
	} {
		t.Run(text, func(t *testing.T) {
			times := func(a arrive.Open, r sim.Rand) (all []sim.Time) {
				seq := a.Start(r)
				for range 1000 {
					all = append(all, seq.Next())
				}
				return all
			}
			first := times(open(t, text), sim.Stream(1))
			assert.Equal(t, first, times(open(t, text), sim.Stream(1)))
			assert.NotEqual(t, first, times(open(t, text), sim.Stream(2)))
			assert.True(t, slices.IsSorted(first))
		})
	}
}

// BenchmarkNext is the time to draw one arrival.
func BenchmarkNext(b *testing.B) {
	replay := &arrive.Replay{Gaps: slices.Repeat([]sim.Time{1000, 2000, 3000}, 1000), Repeat: true}
	for _, bb := range []struct {
		name     string
		arrivals arrive.Open
	}{
		{"constant", open(b, "{process: constant, rate: 1000}")},
		{"poisson", open(b, "{process: poisson, rate: 1000}")},
		{"gamma-0.25", open(b, "{process: gamma, rate: 1000, shape: 0.25}")},
		{"gamma-4", open(b, "{process: gamma, rate: 1000, shape: 4}")},
		{"on_off", open(b, "{process: on_off, rate: 1000, on: 1s, off: 4s}")},
		{"sine", open(b, "{process: sine, rate: 1000, amplitude: 0.8, period: 24h}")},
		{"stages", open(b, "{process: stages, stages: [{duration: 8760h, target: 1e6}]}")},
		{"replay", replay},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			seq := bb.arrivals.Start(sim.Stream(1))
			last := sim.Time(0)
			for b.Loop() {
				last = seq.Next()
			}
			if last == sim.Never {
				b.Fatal("the arrivals have ended")
			}
		})
	}
	b.Run("closed", func(b *testing.B) {
		c := arrive.Closed{Users: 1000, Think: dist.Exponential{Mean: sim.Time(time.Second)}}
		user := sim.Stream(1)
		b.ReportAllocs()
		var sum sim.Time
		for b.Loop() {
			sum += c.ThinkTime(&user)
		}
		if sum == 0 {
			b.Fatal("nobody thinks")
		}
	})
}
