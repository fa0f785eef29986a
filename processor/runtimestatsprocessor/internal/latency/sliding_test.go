// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

func slidingSettings() Settings {
	settings := testSettings()
	settings.Mode = Sliding
	return settings
}

// counted returns what the only window of an operation holds, in spans.
func counted(windows *Windows, service, operation string) (counts bucketCounts) {
	resource := windows.Resource(service)
	window := resource.window(spanKey{name: operation, kind: 2})
	for i := range window.counts {
		counts[i] = window.counts[i].Load()
	}
	return counts
}

// After any sequence of ticks the window holds exactly the spans of the last six slices, each in full; and those of older slices, if there
// are too few spans and it is not an hour ago.
func TestSlidingIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(29, 30))
	settings := slidingSettings()
	settings.MinCount = 3 // too few to make one slice of two
	start := time.Unix(0, 0)
	windows := New(settings, start)
	type span struct{ slice, bucket int }
	var spans []span
	slice := 0 // the one being filled
	for now := start; slice < 3_000; {
		resource := windows.Resource("orders")
		for range 1 + random.IntN(20) {
			ns := int64(5e6 * math.Exp(random.NormFloat64()))
			resource.Observe("GET", 2, ns)
			spans = append(spans, span{slice, histogram.Index(ns)})
		}
		pause := time.Duration(1 + random.Int64N(int64(2*time.Second)))
		switch random.IntN(100) {
		case 0, 1:
			pause *= 20 // several slices without a tick
		case 2:
			pause *= 2_000
		}
		now = now.Add(pause)
		windows.Tick(now)

		slice = int(now.Sub(start) / (10 * time.Second))
		var want bucketCounts
		newer, last := 0, slice
		for i, s := range slices.Backward(spans) {
			if s.slice < last { // how many spans the settled slices after this one hold
				last, newer = s.slice, 0
				for _, later := range spans[i+1:] {
					if later.slice < slice {
						newer++
					}
				}
			}
			age := now.Sub(start) - time.Duration(s.slice)*10*time.Second
			if s.slice > slice-6 || newer < settings.MinCount && age < maxAge {
				want[s.bucket]++
			}
		}
		if want == (bucketCounts{}) {
			require.Zero(t, windows.Keys(), "at %v", now.Sub(start))
			continue
		}
		require.Equal(t, want, counted(windows, "orders", "GET"), "at %v", now.Sub(start))
	}
}

// A key without traffic keeps its verdicts for an hour, for want of other spans, and is dropped then.
func TestSlidingExpires(t *testing.T) {
	now := time.Unix(0, 0)
	windows := New(slidingSettings(), now)
	tick := func() int {
		now = now.Add(time.Second)
		return windows.Tick(now)
	}
	observe(windows, "orders", "GET", 120)
	resource := windows.Resource("orders")
	for now.Before(time.Unix(3_599, 0)) {
		require.Zero(t, tick())
		require.Equal(t, int64(120), resource.Judge("GET", 2, 50*ms).Baseline.Count)
	}
	assert.Equal(t, 1, tick())
	assert.Zero(t, windows.Keys())
}

// Judging leaves no trace: neither in a window nor in the list of keys.
func TestJudge(t *testing.T) {
	for _, settings := range []Settings{testSettings(), slidingSettings()} {
		windows := New(settings, time.Unix(0, 0))
		resource := windows.Resource("orders")
		assert.Equal(t, Warming, resource.Judge("GET", 2, 50*ms).State)
		assert.Zero(t, windows.Keys())

		observe(windows, "orders", "GET", 99)
		resource = windows.Resource("orders")
		assert.Equal(t, Warming, resource.Judge("GET", 2, 50*ms).State)
		require.Equal(t, Warming, observe(windows, "orders", "GET", 1).State, "the hundredth")

		before := counted(windows, "orders", "GET")
		verdict, tasks := resource.Judge("GET", 2, 500*ms), resource.Tasks()
		assert.Equal(t, Extreme, verdict.Class)
		assert.Equal(t, before, counted(windows, "orders", "GET"))
		observed := resource.Observe("GET", 2, 500*ms)
		assert.Equal(t, verdict, observed, "the same verdict, and now it is in")
		assert.Same(t, tasks, resource.Tasks())
		assert.NotEqual(t, before, counted(windows, "orders", "GET"))
	}
}

// A bucket never wraps: when it holds a billion spans, the oldest slice goes before its time.
func TestSlidingMakesRoom(t *testing.T) {
	settings := slidingSettings()
	w := newWindow(&settings)
	const perTick = 300_000_000
	s := step{fading: fading{keep: 1 << 32}}
	for tick := range 60 {
		w.counts[700].Add(perTick)
		s.now += time.Second
		s.began = s.next
		if s.rotate = tick%10 == 9; s.rotate {
			s.next = s.now
		}
		require.True(t, w.tick(s, &settings))
		require.Less(t, w.counts[700].Load(), uint32(math.MaxUint32-perTick))
	}
	assert.Greater(t, w.baseline.Load().Count, int64(2*perTick))
}
