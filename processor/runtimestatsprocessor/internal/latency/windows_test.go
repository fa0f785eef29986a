// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// testSettings are the defaults, with the guard for tight distributions off.
func testSettings() Settings {
	return Settings{
		MaxKeys:  2_000,
		Length:   time.Minute,
		MinCount: 100,
		Classes:  Classes{Elevated: 0.95, Outlier: 0.99, Extreme: 0.999},
	}
}

const ms = int64(time.Millisecond)

// observe sends durations of 1, 2, ..., n milliseconds to one key and returns the last verdict.
func observe(windows *Windows, service, operation string, n int) (last Verdict) {
	resource := windows.Resource(service)
	for i := range n {
		last = resource.Observe(operation, 2, int64(i+1)*ms)
	}
	return last
}

func TestWarmUp(t *testing.T) {
	now := time.Unix(0, 0)
	windows := New(testSettings(), now)

	// The hundredth span still gets no verdict, but it completes the window: the next one is judged at once.
	require.Equal(t, Warming, observe(windows, "orders", "GET", 100).State)
	resource := windows.Resource("orders")
	verdict := resource.Observe("GET", 2, 50*ms)
	require.Equal(t, Judged, verdict.State)
	assert.InDelta(t, 49.5, verdict.Percentile(), 0.5)
	assert.Equal(t, Normal, verdict.Class)
	assert.Equal(t, int64(100), verdict.Baseline.Count)
	assert.InEpsilon(t, 50*ms, verdict.Baseline.P50, 0.011)
	assert.InEpsilon(t, 90*ms, verdict.Baseline.P90, 0.011)
	assert.InEpsilon(t, 99*ms, verdict.Baseline.P99, 0.011)
	assert.InEpsilon(t, 2, verdict.Baseline.Ratio(100*ms), 0.011)

	// Another kind, operation or service is another key.
	assert.Equal(t, Warming, resource.Observe("GET", 3, 50*ms).State)
	assert.Equal(t, Warming, resource.Observe("PUT", 2, 50*ms).State)
	assert.Equal(t, Warming, observe(windows, "stock", "GET", 1).State)
	assert.Equal(t, 4, windows.Keys())
}

// A window that has lost spans to age, and holds fewer than MinCount, says nothing until as many have come as are missing.
func TestCoolingDown(t *testing.T) {
	now := time.Unix(0, 0)
	windows := New(testSettings(), now)
	observe(windows, "orders", "GET", 34)
	for range 60 {
		now = now.Add(time.Minute)
		if windows.Tick(now); now.Equal(time.Unix(0, 0).Add(11 * time.Minute)) {
			require.Equal(t, Judged, observe(windows, "orders", "GET", 86+1).State)
			windows.Tick(now.Add(time.Second))
		}
	}
	resource := windows.Resource("orders")
	for i := range 14 {
		require.Equal(t, Warming, resource.Observe("GET", 2, 50*ms).State, "span %d", i)
	}
	for resource.Observe("GET", 2, 50*ms).State == Warming {
		require.Less(t, resource.Observe("GET", 2, 50*ms).State, Overflow)
	}
	assert.InDelta(t, 100, resource.Observe("GET", 2, 50*ms).Baseline.Count, 1)
}

func TestPercentileIsTheMidRank(t *testing.T) {
	now := time.Unix(0, 0)
	windows := New(testSettings(), now)
	resource := windows.Resource("orders")
	for i := range 1_000 {
		duration := 1 * ms // 60 %
		switch {
		case i%10 >= 9:
			duration = 100 * ms // 10 %
		case i%10 >= 6:
			duration = 10 * ms // 30 %
		}
		resource.Observe("GET", 2, duration)
	}
	windows.Tick(now.Add(time.Second))

	for _, tt := range []struct {
		duration int64
		want     float64
	}{
		{0, 0},
		{1 * ms, 30},
		{5 * ms, 60},
		{10 * ms, 75},
		{50 * ms, 90},
		{100 * ms, 95},
		{200 * ms, 100},
		{math.MaxInt64, 100},
	} {
		verdict := resource.Observe("GET", 2, tt.duration)
		assert.InDelta(t, tt.want, verdict.Percentile(), 0.1, "%v", time.Duration(tt.duration))
	}
}

func TestOutliersAreSlowerThanTheMedian(t *testing.T) {
	for _, tt := range []struct {
		ratio    float64
		duration int64
		want     Class
	}{
		{0, 14 * ms, Extreme},
		{2, 14 * ms, Elevated}, // within the slowest thousandth, yet only 1.4 times the median
		{2, 19 * ms, Elevated},
		{2, 21 * ms, Extreme},
	} {
		settings := testSettings()
		settings.Classes.MinRatioToMedian = tt.ratio
		windows := New(settings, time.Unix(0, 0))
		resource := windows.Resource("orders")
		random := rand.New(rand.NewPCG(15, 16))
		for range 20_000 {
			resource.Observe("GET", 2, int64(10e6+1e6*random.NormFloat64()))
		}
		windows.Tick(time.Unix(1, 0))
		assert.Equal(t, tt.want, resource.Observe("GET", 2, tt.duration).Class, "ratio %v, %d ms", tt.ratio, tt.duration/ms)
	}
}

// Nobody is woken for microseconds: a span that takes less than MinDuration is at most elevated, whatever its operation.
func TestOutliersTakeTheirTime(t *testing.T) {
	for _, tt := range []struct {
		least    time.Duration
		duration int64
		want     Class
	}{
		{0, 101_000, Outlier},
		{0, 410_000, Extreme},
		{time.Millisecond, 410_000, Elevated}, // eight times the median
		{time.Millisecond, ms - 1, Elevated},
		{time.Millisecond, ms, Extreme},
		{100 * time.Microsecond, 101_000, Outlier},
	} {
		settings := testSettings()
		settings.Classes.MinRatioToMedian, settings.Classes.MinDuration = 2, tt.least
		windows := New(settings, time.Unix(0, 0))
		resource := windows.Resource("orders")
		for i := range 1_000 {
			resource.Observe("GET", 2, 20_000+int64(i)*60)
		}
		windows.Tick(time.Unix(1, 0))
		assert.Equal(t, tt.want, resource.Observe("GET", 2, tt.duration).Class, "%v, %d ns", tt.least, tt.duration)
	}
}

// Below 10,000 spans nobody knows the slowest thousandth; four times the 99th percentile stands for it.
func TestExtremeNeedsManySpans(t *testing.T) {
	windows := New(testSettings(), time.Unix(0, 0))
	observe(windows, "few", "GET", 1_000)
	windows.Tick(time.Unix(1, 0))
	few := windows.Resource("few")
	assert.Equal(t, Outlier, few.Observe("GET", 2, 3_900*ms).Class)
	assert.Equal(t, Extreme, few.Observe("GET", 2, 4_100*ms).Class)

	observe(windows, "many", "GET", 11_000)
	windows.Tick(time.Unix(2, 0))
	many := windows.Resource("many")
	assert.Equal(t, Outlier, many.Observe("GET", 2, 10_950*ms).Class)
	assert.Equal(t, Extreme, many.Observe("GET", 2, 11_100*ms).Class)
}

func TestDurationsBeyondTheHistogram(t *testing.T) {
	windows := New(testSettings(), time.Unix(0, 0))
	resource := windows.Resource("batch")
	for range 200 {
		resource.Observe("nightly", 1, int64(time.Hour))
		resource.Observe("no-op", 1, 0)
	}
	nightly := resource.Observe("nightly", 1, int64(time.Hour))
	require.Equal(t, Judged, nightly.State)
	assert.Equal(t, Normal, nightly.Class, "an hour is usual here")
	assert.InDelta(t, 50, nightly.Percentile(), 0.01)

	noop := resource.Observe("no-op", 1, 0)
	assert.Equal(t, Normal, noop.Class)
	assert.Positive(t, noop.Baseline.P50, "a ratio to the median needs one")
}

func TestOverflow(t *testing.T) {
	settings := testSettings()
	settings.MaxKeys = 3
	now := time.Unix(0, 0)
	windows := New(settings, now)
	observe(windows, "orders", "a", 150)
	observe(windows, "orders", "b", 1)
	observe(windows, "stock", "a", 1)

	// Neither a new key of a known resource nor a new resource finds room.
	assert.Equal(t, Overflow, observe(windows, "orders", "c", 1).State)
	assert.Equal(t, Overflow, observe(windows, "billing", "a", 1).State)
	assert.Equal(t, 3, windows.Keys())
	// Those with a window go on.
	assert.Equal(t, Judged, observe(windows, "orders", "a", 1).State)
	assert.Equal(t, Warming, observe(windows, "stock", "a", 1).State)

	// Two keys fall silent. When room is short they go as soon as their one or two spans would have faded to less than a half.
	dropped := 0
	for second := range 180 {
		if second == 90 { // as soon as there is a key again, the last place is taken
			require.Equal(t, 1, dropped)
			require.Equal(t, Warming, observe(windows, "billing", "a", 1).State)
		}
		observe(windows, "orders", "a", 10)
		now = now.Add(time.Second)
		dropped += windows.Tick(now)
	}
	assert.Equal(t, 2, dropped)
	assert.Equal(t, 2, windows.Keys())
	assert.Equal(t, Judged, observe(windows, "orders", "a", 1).State)
	assert.Equal(t, Warming, observe(windows, "orders", "c", 1).State)
	assert.Equal(t, 3, windows.Keys())
}

// A key goes after an hour without traffic. Where room is short it goes after Length*ln(2n), for n spans of those that have not faded.
func TestIdleKeysExpire(t *testing.T) {
	for _, tt := range []struct {
		mode    Mode
		crowded bool
		n       int
		want    float64 // seconds
	}{
		{Decay, false, 1, 3_600},
		{Decay, false, 100, 3_600},
		{Decay, false, 6_000, 3_600},
		{Sliding, false, 1, 3_600},
		{Sliding, false, 6_000, 3_600},
		{Decay, true, 1, 60 * math.Log(2)},
		{Decay, true, 100, 60 * math.Log(2*100)},
		{Decay, true, 6_000, 60 * math.Log(2*101)},
		{Sliding, true, 1, 60},
		{Sliding, true, 6_000, 60},
	} {
		now := time.Unix(0, 0)
		settings := testSettings()
		settings.Mode = tt.mode
		if tt.crowded {
			settings.MaxKeys = 1
		}
		windows := New(settings, now)
		observe(windows, "orders", "GET", tt.n)
		seconds := 0
		for windows.Keys() > 0 {
			seconds++
			require.LessOrEqual(t, seconds, 3_600)
			now = now.Add(time.Second)
			windows.Tick(now)
		}
		assert.InDelta(t, tt.want, seconds, 2, "%+v", tt)
		assert.Zero(t, windows.resources.len())
	}
}

// A batch may hold the view of a resource whose last key has just expired.
func TestResourceOutlivesItsKeys(t *testing.T) {
	windows := New(testSettings(), time.Unix(0, 0))
	resource := windows.Resource("orders")
	resource.Observe("GET", 2, ms)
	windows.Tick(time.Unix(1, 0)) // a new window survives its first tick whatever it holds
	require.Equal(t, 1, windows.Tick(time.Unix(10_000, 0)))

	require.Equal(t, Warming, resource.Observe("PUT", 2, ms).State)
	assert.Equal(t, 1, windows.Keys())
	again := windows.Resource("orders")
	require.NotNil(t, again.found)
	assert.Equal(t, 1, again.found.byName.len())
}

func TestTickNeedsTimeToPass(t *testing.T) {
	windows := New(testSettings(), time.Unix(1_000, 0))
	observe(windows, "orders", "GET", 1)
	assert.Zero(t, windows.Tick(time.Unix(10_000, 0)))
	assert.Zero(t, windows.Tick(time.Unix(0, 0)))
	assert.Equal(t, 1, windows.Keys())
}

// The dither keeps the expected weight of every span at exp(-age/Length), in full and in sparse buckets alike.
func TestFadingIsExact(t *testing.T) {
	settings := testSettings()
	w := newWindow(&settings)
	const one = 200 // buckets that hold a single span
	for i := range one {
		w.counts[i*8].Store(maxUnit)
	}
	w.counts[1_700].Store(1_000 * maxUnit)
	keep := math.Exp(-1.0 / 60)
	dither := uint64(0)
	var below cumulative
	for second := range 120 {
		dither += golden
		w.fade(fading{keep: uint64(keep * (1 << 32)), dither: dither}, &below)
		weight := math.Pow(keep, float64(second+1))
		assert.InEpsilon(t, one*weight, float64(below[1_700])/maxUnit, 0.01, "second %d", second)
		assert.InEpsilon(t, 1_000*weight, float64(below[1_701]-below[1_700])/maxUnit, 0.001, "second %d", second)
	}
}

// 280,000 spans a second in one bucket would exceed 32 bits at 256 a span; the unit gives way, the statistics stay.
func TestUnitHalvesBeforeABucketIsFull(t *testing.T) {
	settings := testSettings()
	w := newWindow(&settings)
	fast, slow := histogram.Index(1*ms), histogram.Index(2*ms)
	const perSecond = 1_000_000
	keep := math.Exp(-1.0 / 60)
	f := fading{keep: uint64(keep * (1 << 32))}
	for range 400 {
		w.counts[fast].Add(0.9 * perSecond * w.unit.Load())
		w.counts[slow].Add(0.1 * perSecond * w.unit.Load())
		f.dither += golden
		require.True(t, w.tick(step{fading: f}, &settings))
		require.Less(t, w.counts[fast].Load(), uint32(3<<30))
	}
	assert.Less(t, w.unit.Load(), uint32(maxUnit))
	verdict := w.observe(2*ms, &settings)
	assert.InDelta(t, 95, verdict.Percentile(), 0.1)
	assert.InEpsilon(t, perSecond*keep/(1-keep), verdict.Baseline.Count, 0.01)
}

func TestMemoryPerKey(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(window{}), uintptr(12_288), "the size class; 2,000 keys are 25 MB")
}

// Eight goroutines share keys while windows tick, expire, overflow and are stored.
func TestConcurrency(t *testing.T) {
	for mode, settings := range map[string]Settings{"decay": testSettings(), "sliding": slidingSettings()} {
		t.Run(mode, func(t *testing.T) { testConcurrency(t, settings) })
	}
}

func testConcurrency(t *testing.T, settings Settings) {
	t.Helper()
	settings.MaxKeys = 40
	now := time.Unix(0, 0)
	windows := New(settings, now)
	var observers sync.WaitGroup
	for worker := range 8 {
		observers.Go(func() {
			random := rand.New(rand.NewPCG(17, uint64(worker)))
			for range 50 {
				resource := windows.Resource(strconv.Itoa(random.IntN(3)))
				for range 100 {
					verdict := resource.Observe(strconv.Itoa(random.IntN(20)), 2, int64(5e6*random.ExpFloat64()))
					if verdict.State == Judged {
						assert.LessOrEqual(t, verdict.Rank, uint16(maxRank))
						assert.GreaterOrEqual(t, verdict.Baseline.Count, int64(settings.MinCount))
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		observers.Wait()
		close(done)
	}()
	for running := true; running; {
		now = now.Add(time.Second)
		windows.Tick(now)
		back := New(settings, now)
		_, err := back.Restore(windows.Snapshot(scope), scope, now)
		require.NoError(t, err, "a snapshot between spans is as good as any")
		select {
		case <-done:
			running = false
		default:
		}
	}
	assert.LessOrEqual(t, windows.Keys(), settings.MaxKeys)

	// Nothing but time is needed to give everything back. A window may have missed all ticks so far, and survives its first.
	for range 2 {
		now = now.Add(time.Hour)
		windows.Tick(now)
	}
	assert.Zero(t, windows.Keys())
}
