//go:build !race

package latency

import (
	"math"
	"math/rand/v2"
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
