// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestOf(t *testing.T) {
	s := &Seen{Polls: 7, Counters: map[string]uint64{"parks": 0}, Per: 2}
	for i := range 100 { // a wait of i, a latency of 10 i
		s.Requests = append(s.Requests, Request{Spawned: 1000, End: 1000 + 10*sim.Time(i), Wait: sim.Time(i)})
	}
	for name, want := range map[string]float64{
		"wait_mean": 52, "wait_p50": 52, "wait_p90": 90, "wait_p99": 99, // without the first five
		"latency_p50": 260, "polls": 7, "parks": 0, "throughput": 2 * 100 * 1e9 / 990,
	} {
		value, ok := s.Of(name)
		assert.True(t, ok, name)
		assert.InDelta(t, want, value, 1e-6*want, name)
	}
	_, ok := s.Of("steals")
	assert.False(t, ok, "nobody counted steals")
	assert.True(t, IsCounter("polls"))
	assert.False(t, IsCounter("wait_p50"))
}

// TestMedian: the ranks are those of the sign test, in any table of it.
func TestMedian(t *testing.T) {
	for _, tt := range []struct{ n, low, high int }{{1, 1, 1}, {3, 1, 3}, {5, 1, 5}, {7, 1, 7}, {8, 2, 7}, {11, 3, 9}, {20, 6, 15}} {
		values := make([]float64, tt.n)
		for i := range values {
			values[i] = float64(tt.n - i)
		}
		median, low, high := Median(values)
		assert.Equal(t, float64(tt.n+1)/2, median, tt.n)
		assert.Equal(t, [2]float64{float64(tt.low), float64(tt.high)}, [2]float64{low, high}, tt.n)
	}
}
