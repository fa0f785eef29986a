// SPDX-License-Identifier: Apache-2.0

//go:build !race

package latency

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The race detector keeps several bytes for each of the program's, and has no time for millions of spans.

// heap returns the bytes in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// 2,000 keys of 300 characters, each with 40 spans a second: 80,000 spans a second in all. Then another million keys.
func TestMemory(t *testing.T) {
	for name, settings := range map[string]Settings{"decay": testSettings(), "sliding": slidingSettings()} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(31, 32))
			before := heap()
			now := time.Unix(0, 0)
			windows := New(settings, now)
			const prefix = "POST /warehouses/{warehouse}/shelves/{shelf}/boxes/{box}/items/{item}/reservations/"
			names := make([]string, 2_000)
			for i := range names {
				names[i] = prefix + strconv.Itoa(i)
			}
			for range 7 { // slices
				resource := windows.Resource("orders")
				for i := range 400 * len(names) {
					resource.Observe(names[i%len(names)], 2, int64(5e6*math.Exp(0.5*random.NormFloat64())))
				}
				now = now.Add(10 * time.Second)
				windows.Tick(now)
			}
			full := heap() - before
			assert.Equal(t, 2_000, windows.Keys())
			assert.Less(t, full, int64(32<<20))
			t.Logf("%.1f KB a key", float64(full)/2_000/1_000)

			var overflow int
			resource := windows.Resource("orders")
			for i := range 1_000_000 {
				if resource.Observe("GET /orders/"+strconv.Itoa(i), 2, ms).State == Overflow {
					overflow++
				}
			}
			assert.Equal(t, 1_000_000, overflow)
			assert.Less(t, heap()-before, full+1<<20)
			assert.Equal(t, 2_000, windows.Keys())
			runtime.KeepAlive(names)
		})
	}
}

// allocated returns the bytes that a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A new key costs the same however many there are: its window, and a share of a few copies of the names. So do resources with a key
// each, and dropping them all.
func TestNewKeysCostTheSame(t *testing.T) {
	const n = 16_000
	name := func(i int) string { return "GET /operation/" + strconv.Itoa(i) }
	for of, observe := range map[string]func(w *Windows, i int){
		"one resource":   func(w *Windows, i int) { r := w.Resource("orders"); r.Observe(name(i), 2, ms) },
		"many resources": func(w *Windows, i int) { r := w.Resource(name(i)); r.Observe("GET", 2, ms) },
	} {
		t.Run(of, func(t *testing.T) {
			settings := testSettings()
			settings.MaxKeys = n
			now := time.Unix(0, 0)
			windows := New(settings, now)
			window := float64(reflect.TypeFor[window]().Size())
			perKey := func(from, to int) float64 {
				bytes := allocated(func() {
					for i := from; i < to; i++ {
						observe(windows, i)
					}
				})
				return float64(bytes) / float64(to-from) / window
			}
			few, many := perKey(0, n/8), perKey(n/8, n)
			assert.Equal(t, n, windows.Keys())
			t.Logf("%.2f windows' memory for each of the first %d keys, %.2f for each of the others", few, n/8, many)
			assert.Less(t, few, 1.5)
			assert.Less(t, many, 1.5)

			bytes := allocated(func() {
				for range 24 {
					now = now.Add(settings.Length)
					windows.Tick(now)
				}
			})
			assert.Zero(t, windows.Keys())
			assert.Less(t, float64(bytes)/n/window, 1.0)
		})
	}
}
