// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// filled returns warm windows of the given number of operations of one service, and durations to go on with.
func filled(b *testing.B, settings Settings, operations int) (*Windows, []string, []int64) {
	b.Helper()
	windows := New(settings, time.Unix(0, 0))
	resource := windows.Resource("service")
	random := rand.New(rand.NewPCG(19, 20))
	names := make([]string, operations)
	durations := make([]int64, 4096)
	for i := range durations {
		durations[i] = int64(5e6 * math.Exp(random.NormFloat64()))
	}
	for i := range names {
		names[i] = fmt.Sprintf("GET /orders/{id}/%d", i)
		for k := range 2_000 {
			resource.Observe(names[i], 2, durations[(i*97+k)%len(durations)])
		}
	}
	windows.Tick(time.Unix(1, 0))
	require.Equal(b, operations, windows.Keys())
	return windows, names, durations
}

// The statistics part of a span: find the window, judge, add.
func BenchmarkObserve(b *testing.B) {
	for _, bb := range []struct {
		mode       string
		settings   Settings
		operations int
	}{
		{"decay", testSettings(), 1},
		{"decay", testSettings(), 50},
		{"decay", testSettings(), 1_000},
		{"sliding", slidingSettings(), 50},
	} {
		b.Run(fmt.Sprintf("%s, %d keys", bb.mode, bb.operations), func(b *testing.B) {
			windows, names, durations := filled(b, bb.settings, bb.operations)
			resource := windows.Resource("service")
			b.ReportAllocs()
			judged, observed := 0, 0
			for b.Loop() {
				for i, ns := range durations {
					if resource.Observe(names[i%len(names)], 2, ns).State == Judged {
						judged++
					}
					observed++
				}
			}
			require.Equal(b, observed, judged)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(observed), "ns/span")
		})
	}
}

func BenchmarkObserveParallel(b *testing.B) {
	windows, names, durations := filled(b, testSettings(), 50)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		resource := windows.Resource("service")
		for i := 0; pb.Next(); i++ {
			if resource.Observe(names[i%len(names)], 2, durations[i%len(durations)]).State != Judged {
				b.Error("not judged")
			}
		}
	})
}

// What the windows cost every second, per key.
func BenchmarkTick(b *testing.B) {
	benchmarkTick(b, testSettings(), time.Microsecond) // fades next to nothing, so that every tick does the same work
}

// What sliding ones cost every sixth of their length, per key.
func BenchmarkRotate(b *testing.B) {
	benchmarkTick(b, slidingSettings(), 10*time.Second)
}

func benchmarkTick(b *testing.B, settings Settings, step time.Duration) {
	b.Helper()
	const operations = 100
	windows, names, durations := filled(b, settings, operations)
	now := time.Unix(1, 0)
	b.ReportAllocs()
	for b.Loop() {
		if settings.Mode == Sliding {
			b.StopTimer()
			resource := windows.Resource("service")
			for i := range 500 * operations {
				resource.Observe(names[i%operations], 2, durations[i*7%len(durations)])
			}
			b.StartTimer()
		}
		now = now.Add(step)
		windows.Tick(now)
	}
	require.Equal(b, operations, windows.Keys())
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/operations, "ns/key")
}
