// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

var bothModes = map[string]Settings{"decay": testSettings(), "sliding": slidingSettings()}

// drive ticks once a second for as long as said; before each tick it calls what sends the spans of that second.
func drive(windows *Windows, from time.Time, seconds int, send func(second int, resource *Resource)) time.Time {
	for second := range seconds {
		resource := windows.Resource("orders")
		send(second, &resource)
		from = from.Add(time.Second)
		windows.Tick(from)
	}
	return from
}

// An operation of a few spans a minute is judged from its 101st span on, by MinCount spans or a little more.
func TestRareOperationsAreJudged(t *testing.T) {
	for mode, settings := range bothModes {
		for _, every := range []int{1, 2, 6, 20, 30} { // seconds from span to span; a window of 60 s holds 60 to 2
			t.Run(fmt.Sprintf("%s, every %d s", mode, every), func(t *testing.T) {
				windows := New(settings, time.Unix(0, 0))
				sent := 0
				drive(windows, time.Unix(0, 0), 2*60*60, func(second int, resource *Resource) {
					if second%every != 0 {
						return
					}
					verdict := resource.Observe("GET", 2, int64(1+sent%10)*ms)
					if sent++; sent <= settings.MinCount {
						require.Equal(t, Warming, verdict.State, "span %d", sent)
						return
					}
					require.Equal(t, Judged, verdict.State, "span %d", sent)
					require.GreaterOrEqual(t, verdict.Baseline.Count, int64(settings.MinCount))
					require.LessOrEqual(t, verdict.Baseline.Count, int64(settings.MinCount*14/10))
					require.InDelta(t, 5.5*float64(ms), verdict.Baseline.P50, 0.6*float64(ms))
				})
				require.Greater(t, sent, settings.MinCount)
			})
		}
	}
}

// An operation that has fewer than MinCount spans in an hour is not judged, however long it goes on.
func TestSpansOlderThanAnHourDoNotCount(t *testing.T) {
	for mode, settings := range bothModes {
		t.Run(mode, func(t *testing.T) {
			windows := New(settings, time.Unix(0, 0))
			drive(windows, time.Unix(0, 0), 5*60*60, func(second int, resource *Resource) {
				if second%37 == 0 {
					require.Equal(t, Warming, resource.Observe("GET", 2, ms).State)
				}
			})
		})
	}
}

// At any rate, steady or not, nothing is left of a span after an hour.
func TestAnHourIsTheEnd(t *testing.T) {
	random := rand.New(rand.NewPCG(51, 52))
	for mode, settings := range bothModes {
		for _, traffic := range []struct {
			name  string
			spans func(second int) int
		}{
			{"two a minute", func(second int) int { return min(1, second%30) ^ 1 }},
			{"one a second", func(int) int { return 1 }},
			{"three at a time", func(second int) int { return 3 * (min(1, second%90) ^ 1) }},
			{"at random", func(int) int { return random.IntN(31) / 30 * random.IntN(4) }},
			{"a burst now and then", func(second int) int { return (min(1, second%40) ^ 1) + 1_000*(min(1, second%1_700)^1) }},
		} {
			t.Run(mode+"/"+traffic.name, func(t *testing.T) {
				windows := New(settings, time.Unix(0, 0))
				// Every minute has a bucket of its own.
				ns := func(second int) int64 { return int64(histogram.Midpoint(400 + second/60)) }
				judged := 0
				drive(windows, time.Unix(0, 0), 4*60*60, func(second int, resource *Resource) {
					for range traffic.spans(second) {
						if resource.Observe("GET", 2, ns(second)).State == Judged {
							judged++
						}
					}
					if second%60 != 0 || resource.window(spanKey{"GET", 2}) == nil {
						return
					}
					counts := counted(windows, "orders", "GET")
					for old := range max(0, second/60-61) {
						require.Less(t, counts[histogram.Index(ns(60*old))], uint32(maxUnit/64), "spans of minute %d, in second %d", old, second)
					}
				})
				assert.Positive(t, judged)
			})
		}
	}
}

// The fading stops at MinCount: the window is after a pause what it was before it. Then what comes replaces what is oldest.
func TestFadingStopsAtMinCount(t *testing.T) {
	windows := New(testSettings(), time.Unix(0, 0))
	observe(windows, "orders", "GET", 1_000)
	now := drive(windows, time.Unix(0, 0), 40*60, func(int, *Resource) {})
	resource := windows.Resource("orders")
	before := resource.Judge("GET", 2, 500*ms)
	require.Equal(t, Judged, before.State, "40 minutes without traffic")
	assert.Equal(t, int64(101), before.Baseline.Count)
	assert.InDelta(t, 50, before.Percentile(), 1)

	drive(windows, now, 50, func(_ int, resource *Resource) { resource.Observe("GET", 2, 5_000*ms) })
	after := resource.Judge("GET", 2, 2_000*ms)
	assert.InDelta(t, 100*51/101, after.Percentile(), 1)
	assert.Equal(t, int64(101), after.Baseline.Count)
}

// Rare operations have their share of outliers, too: with a hundred examples the slowest of them is the limit.
func TestFlaggedShareOfRareOperations(t *testing.T) {
	const measured = 25_000
	for _, d := range []int{1, 4, 6} { // ranks do not depend on the shape
		d := distributions[d]
		for mode, settings := range bothModes {
			t.Run(mode+"/"+d.name, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(53, 54))
				now := time.Unix(0, 0)
				windows := New(settings, now)
				outliers, judged := 0, 0
				for range measured {
					resource := windows.Resource("orders")
					for range 3 {
						if verdict := resource.Observe("GET", 2, int64(d.draw(random))); verdict.State == Judged {
							judged++
							if verdict.Class >= Outlier {
								outliers++
							}
						}
					}
					now = now.Add(15 * time.Second)
					windows.Tick(now)
				}
				share := 100 * float64(outliers) / float64(judged)
				t.Logf("%.2f %%", share)
				assert.InDelta(t, 1, share, 0.2)
			})
		}
	}
}

// What is kept of the ages takes little memory beside the window itself, and few slices.
func TestHeldSlicesAreSmall(t *testing.T) {
	for mode, settings := range bothModes {
		for _, length := range []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute} {
			t.Run(fmt.Sprint(mode, length), func(t *testing.T) {
				settings.Length = length
				random := rand.New(rand.NewPCG(55, 56))
				windows := New(settings, time.Unix(0, 0))
				most, slices := 0, 0
				drive(windows, time.Unix(0, 0), 3*60*60, func(second int, resource *Resource) {
					if random.IntN(20) == 0 {
						resource.Observe("GET", 2, int64(5e6*math.Exp(random.NormFloat64())))
					}
					if second%7 == 0 && resource.found != nil {
						size := 0
						window := resource.window(spanKey{"GET", 2})
						for _, s := range window.settled {
							size += cap(s.counts) + 48
						}
						most, slices = max(most, size), max(slices, len(window.settled))
					}
				})
				t.Logf("at most %d bytes, %d slices", most, slices)
				assert.Less(t, most, 4_000)
				assert.Less(t, slices, 25)
			})
		}
	}
}

// Held windows come back with the ages of their spans.
func TestRestartOfHeldWindows(t *testing.T) {
	for mode, settings := range bothModes {
		t.Run(mode, func(t *testing.T) {
			start := time.Unix(1_000_000, 0)
			windows := New(settings, start)
			now := drive(windows, start, 45*60, func(second int, resource *Resource) {
				if second%20 == 0 {
					resource.Observe("GET", 2, ms)
				}
			})
			back := restored(t, settings, windows.Snapshot(scope), now.Add(time.Minute))
			windows.Tick(now.Add(time.Minute))
			assert.Equal(t, counted(windows, "orders", "GET"), counted(back, "orders", "GET"))
			for _, down := range []time.Duration{20, 40, 62} {
				then := now.Add(down * time.Minute)
				windows.Tick(then)
				back = restored(t, settings, windows.Snapshot(scope), then)
				resource := back.Resource("orders")
				assert.Equal(t, down == 20, resource.Judge("GET", 2, ms).State == Judged, "%d minutes", down)
				assert.Equal(t, windows.Keys(), back.Keys())
			}
			assert.Zero(t, windows.Keys())
		})
	}
}
