// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// relativeError is that of a histogram bucket, a little rounded up.
const relativeError = 0.0055

// oracle keeps everything and computes the table the plain way.
type oracle struct {
	spans, warm, outliers uint64
	latency, queueWait    []int64
	polled, lived         float64
	steals                uint64
	stealsCarried         bool
}

func (o *oracle) observe(s Span) {
	o.spans++
	if s.Latency.Known {
		o.latency = append(o.latency, s.Latency.Number)
	}
	if s.QueueWait.Known {
		o.queueWait = append(o.queueWait, s.QueueWait.Number)
	}
	if s.BusyRatio.Known {
		o.polled += s.BusyRatio.Number * float64(s.Latency.Number)
		o.lived += float64(s.Latency.Number)
	}
	if s.Steals.Known {
		o.steals += uint64(s.Steals.Number)
		o.stealsCarried = true
	}
	if s.Warm {
		o.warm++
		if s.Outlier {
			o.outliers++
		}
	}
}

func (o *oracle) check(t *testing.T, c Column) {
	t.Helper()
	assert.Equal(t, o.spans, c.Spans)
	checkQuantiles(t, o.latency, c.Latency)
	checkQuantiles(t, o.queueWait, c.QueueWait)
	assert.Equal(t, o.lived > 0, c.Polled.Known)
	if c.Polled.Known {
		assert.InDelta(t, o.polled/o.lived, c.Polled.Number, 1e-12)
	}
	assert.Equal(t, Value[uint64]{o.steals, o.stealsCarried}, c.Steals)
	assert.Equal(t, o.warm > 0, c.Outliers.Known)
	if c.Outliers.Known {
		assert.InDelta(t, float64(o.outliers)/float64(o.warm), c.Outliers.Number, 1e-12)
	}
}

func checkQuantiles(t *testing.T, values []int64, got Quantiles) {
	t.Helper()
	assert.Equal(t, len(values) > 0, got.P50.Known)
	assert.Equal(t, len(values) > 0, got.P99.Known)
	if len(values) == 0 {
		return
	}
	slices.Sort(values)
	at := func(q float64) int64 { return values[int(math.Ceil(q*float64(len(values))))-1] }
	assert.InEpsilon(t, at(0.50), got.P50.Number, relativeError)
	assert.InEpsilon(t, at(0.99), got.P99.Number, relativeError)
}

// randomSpan returns a span of a random runtime that carries each value, or not, as the runtime's sender does: smol's
// never measures, async_std's not always.
func randomSpan(random *rand.Rand) Span {
	s := Span{
		Runtime: runtimes()[random.IntN(RuntimeCount)],
		Latency: Known(int64(5e6 * math.Exp(random.NormFloat64()))),
		Warm:    random.IntN(10) > 0,
		Outlier: random.IntN(100) == 0,
	}
	if s.Runtime == tokio || s.Runtime == asyncStd && random.IntN(2) == 0 {
		s.QueueWait = Known(int64(30e3 * math.Exp(random.NormFloat64()/2)))
		s.BusyRatio = Known(random.Float64())
		s.Steals = Known(random.Int64N(5))
	}
	return s
}

func TestTotalsAgainstOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(42, 42))
	var totals Totals
	var oracles [RuntimeCount]oracle
	for range 200_000 {
		s := randomSpan(random)
		totals.Observe(&s)
		oracles[s.Runtime].observe(s)
	}
	snapshot := totals.Snapshot()
	require.Len(t, snapshot.Columns, RuntimeCount)
	assert.Zero(t, snapshot.Malformed)
	assert.EqualValues(t, 200_000, snapshot.Counts.Total())
	for i, column := range snapshot.Columns {
		assert.Equal(t, runtimes()[i], column.Runtime)
		t.Run(column.Runtime.String(), func(t *testing.T) { oracles[column.Runtime].check(t, column) })
	}
}

func TestOnlyRuntimesThatOccurred(t *testing.T) {
	var totals Totals
	assert.Empty(t, totals.Snapshot().Columns)
	totals.Observe(&Span{})
	totals.Observe(&Span{Runtime: asyncStd})
	snapshot := totals.Snapshot()
	// A span that says nothing is counted, and everything else about it is unknown.
	assert.Equal(t, []Column{{Runtime: asyncStd, Spans: 1}, {Runtime: Unknown, Spans: 1}}, snapshot.Columns)
	assert.Equal(t, counts(map[Runtime]uint64{asyncStd: 1, Unknown: 1}), snapshot.Counts)
}

// TestSharesAddUp: a reader adds the two shares of a span's time. A short span that is polled all the time and a long one that waits are
// more than 100 % together if each span has the same weight in one of the shares and its duration in the other.
func TestSharesAddUp(t *testing.T) {
	var totals Totals
	totals.Observe(&Span{Latency: Known[int64](100), QueueWait: Known[int64](0), BusyRatio: Known(1.0)})
	totals.Observe(&Span{Latency: Known[int64](900), QueueWait: Known[int64](900), BusyRatio: Known(0.0)})
	column := totals.Snapshot().Columns[0]
	assert.Equal(t, Known(0.9), column.Queued)
	assert.Equal(t, Known(0.1), column.Polled)
}

func TestValuesOutOfRangeAreLeftOut(t *testing.T) {
	for name, s := range map[string]Span{
		"negative latency":    {Latency: Known[int64](-1)},
		"negative queue wait": {QueueWait: Known[int64](math.MinInt64)},
		"negative busy ratio": {BusyRatio: Known(-0.01)},
		"busy ratio above 1":  {BusyRatio: Known(1.01)},
		"busy ratio NaN":      {BusyRatio: Known(math.NaN())},
		"busy ratio infinite": {BusyRatio: Known(math.Inf(1))},
		"negative steals":     {Steals: Known[int64](-1)},
		"unreadable":          {Malformed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var totals Totals
			totals.Observe(&s)
			snapshot := totals.Snapshot()
			assert.Equal(t, []Column{{Runtime: Unknown, Spans: 1}}, snapshot.Columns)
			assert.EqualValues(t, 1, snapshot.Malformed)
		})
	}
}

func TestStealsSaturate(t *testing.T) {
	var totals Totals
	for range 5 {
		totals.Observe(&Span{Steals: Known[int64](math.MaxInt64)})
	}
	assert.Equal(t, Known[uint64](math.MaxUint64), totals.Snapshot().Columns[0].Steals)
}

func TestOutlierMeansNothingUnlessWarm(t *testing.T) {
	var totals Totals
	totals.Observe(&Span{Outlier: true})
	assert.False(t, totals.Snapshot().Columns[0].Outliers.Known)
	totals.Observe(&Span{Warm: true})
	assert.Equal(t, Known(0.0), totals.Snapshot().Columns[0].Outliers)
}

func TestRuntimeNames(t *testing.T) {
	for i, runtime := range runtimes() {
		assert.Equal(t, runtime, RuntimeNamed(runtime.String()))
		assert.Equal(t, runtime != Unknown && !semconv.Runtimes[i].Baseline, runtime.Real())
	}
	for _, name := range []string{"", "unknown", "Tokio", "async-std", "glommio"} {
		assert.Equal(t, Unknown, RuntimeNamed(name), name)
	}
	assert.Equal(t, "unknown", Unknown.String())
}

// Batches of 7,500 spans every 5 s are 1,500 a second, however few of them there are.
func TestRunRateOfBatches(t *testing.T) {
	var totals Totals
	start := time.Unix(1_700_000_000, 0)
	batch := func(after time.Duration, spans int, runtime Runtime) {
		for range spans {
			totals.Observe(&Span{Runtime: runtime})
		}
		totals.EndBatch(start.Add(after))
	}

	batch(0, 0, tokio)
	assert.Equal(t, Rates{}, totals.Snapshot().Run, "an empty batch is no arrival")

	batch(5*time.Second, 7_500, tokio)
	assert.Equal(t, Rates{}, totals.Snapshot().Run, "one arrival has no rate")

	batch(10*time.Second, 7_500, tokio)
	batch(15*time.Second, 7_500, tokio)
	batch(15*time.Second, 100, smol)
	batch(time.Minute, 0, tokio)
	run := totals.Snapshot().Run
	assert.Equal(t, 10*time.Second, run.Window, "silence before and after does not count")
	assert.Equal(t, Known(1_510.0), run.Total)
	assert.Equal(t, Known(1_500.0), run.Of(tokio))
	assert.Equal(t, Known(10.0), run.Of(smol))
	assert.Equal(t, Value[float64]{}, run.Of(asyncStd))
}

func TestRunRateOfRuntimeOnlyInFirstBatch(t *testing.T) {
	var totals Totals
	totals.Observe(&Span{Runtime: tokio})
	totals.EndBatch(time.Unix(1, 0))
	totals.Observe(&Span{Runtime: smol})
	totals.EndBatch(time.Unix(2, 0))
	run := totals.Snapshot().Run
	assert.False(t, run.Of(tokio).Known)
	assert.Equal(t, Known(1.0), run.Of(smol))
}

func TestRatesBetween(t *testing.T) {
	from, to := counts(map[Runtime]uint64{tokio: 10, smol: 5}), counts(map[Runtime]uint64{tokio: 30, smol: 5})
	rates := RatesBetween(from, to, 4*time.Second)
	assert.Equal(t, Known(5.0), rates.Total)
	assert.Equal(t, Known(5.0), rates.Of(tokio))
	assert.Equal(t, Known(0.0), rates.Of(smol), "measured to be none")
	assert.Equal(t, Rates{}, RatesBetween(from, to, 0))
}
