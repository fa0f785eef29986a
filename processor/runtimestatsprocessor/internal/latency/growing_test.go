// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGrowing(t *testing.T) {
	var g growing[int]
	assert.Nil(t, g.get("0"))
	assert.Empty(t, maps.Collect(g.all()))
	values := make([]int, 1_000)
	for i := range values {
		values[i] = i
		g.add(strconv.Itoa(i), &values[i])
		assert.Equal(t, i+1, g.len())
		for _, old := range []int{0, i / 2, i} {
			require.Equal(t, &values[old], g.get(strconv.Itoa(old)))
		}
		assert.Nil(t, g.get("another"))
	}
	g.remove([]string{"5", "999", "another"})
	assert.Nil(t, g.get("5"))
	assert.Equal(t, 998, g.len())
	g.add("5", &values[7])
	all := maps.Collect(g.all())
	assert.Len(t, all, 999)
	assert.Equal(t, &values[7], all["5"])
	assert.Equal(t, &values[7], g.get("5"))
}

// Whoever reads sees a name that was added, but for one moment, and nothing that was not.
func TestGrowingWhileItIsRead(t *testing.T) {
	var g growing[int]
	values := make([]int, 2_000)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				for i := range values {
					if found := g.get(strconv.Itoa(i)); found != nil {
						assert.Same(t, &values[i], found)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range values {
		g.add(strconv.Itoa(i), &values[i])
		if i%100 == 99 {
			assert.Len(t, maps.Collect(g.all()), g.len())
			g.remove([]string{strconv.Itoa(i), strconv.Itoa(i - 1)})
		}
	}
	close(done)
	readers.Wait()
	assert.Equal(t, 1_960, g.len())
}

// BenchmarkNewKeys shows what a new key of one resource costs while there are few and while there are many.
func BenchmarkNewKeys(b *testing.B) {
	for _, n := range []int{2_000, 16_000} {
		b.Run(strconv.Itoa(n)+" keys", func(b *testing.B) {
			settings := testSettings()
			settings.MaxKeys = n
			names := make([]string, n)
			for i := range names {
				names[i] = "GET /operation/" + strconv.Itoa(i)
			}
			var windows *Windows
			for b.Loop() {
				windows = New(settings, time.Unix(0, 0))
				for _, name := range names {
					resource := windows.Resource("orders")
					resource.Observe(name, 2, ms)
				}
			}
			require.Equal(b, n, windows.Keys())
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
		})
	}
}
