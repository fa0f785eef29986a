// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const s = int64(time.Second)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// watched returns an instance with intervals of 10 s: 2 us a poll until 10 s, 4 us until 20, none until 30, 8 us until 40.
func watched(t *testing.T) (*Instances, *Instance) {
	t.Helper()
	all := New(Settings{MaxInstances: 2, Samples: 5, IdleExpiry: time.Minute})
	instance := all.Seen(&Identity{Service: "orders"}, noon)
	require.NotNil(t, instance)
	instance.AddInterval(Total{From: 1, To: 10 * s, Sum: 200_000, Count: 100})
	instance.AddInterval(Total{From: 10 * s, To: 20 * s, Sum: 1_200_000, Count: 300})
	instance.AddInterval(Total{From: 20 * s, To: 30 * s})
	instance.AddInterval(Total{From: 30 * s, To: 40 * s, Sum: 80_000, Count: 10})
	return all, instance
}

func TestQueueWait(t *testing.T) {
	all, _ := watched(t)
	recent := all.Recent("orders")
	for _, tt := range []struct {
		name       string
		start, end int64
		want       int64 // -1: not known
	}{
		{"within an interval", 3 * s, 4 * s, 2_000},
		{"over two, each poll counts alike", 5 * s, 15 * s, 3_500},
		{"from the first to the last", 1 * s, 39 * s, 3609},
		{"in an interval without polls", 22 * s, 23 * s, -1},
		{"after the last", 41 * s, 42 * s, 8_000},
		{"two intervals after the last", 59 * s, 60 * s, 8_000},
		{"later", 59 * s, 60*s + 1, -1},
		{"before the first", -5 * s, -4 * s, -1},
	} {
		mean, known := recent.QueueWait(tt.start, tt.end)
		assert.Equal(t, tt.want >= 0, known, tt.name)
		if known {
			assert.Equal(t, tt.want, mean, tt.name)
		}
	}
	assert.Equal(t, int64(8_000), recent.LongestMean())
	assert.Nil(t, all.Recent("stock"))
}

// A counter is watched from its first point on; it restarts, and points come late or twice.
func TestTotals(t *testing.T) {
	all := New(Settings{MaxInstances: 1, Samples: 5, IdleExpiry: time.Minute})
	instance := all.Seen(&Identity{Service: "orders"}, noon)
	mean := func(start, end int64) int64 {
		mean, known := all.Recent("orders").QueueWait(start, end)
		if !known {
			return -1
		}
		return mean
	}
	instance.AddTotal(Total{From: 0, To: 100 * s, Sum: 5e9, Count: 1_000_000})
	assert.Equal(t, int64(-1), mean(99*s, 100*s), "its past may have been a different one")

	instance.AddTotal(Total{From: 0, To: 110 * s, Sum: 5e9 + 30_000, Count: 1_000_010})
	assert.Equal(t, int64(3_000), mean(105*s, 106*s))
	instance.AddTotal(Total{From: 0, To: 110 * s, Sum: 6e9, Count: 1_000_020})
	instance.AddTotal(Total{From: 0, To: 105 * s, Sum: 6e9, Count: 1_000_020})
	assert.Equal(t, int64(3_000), mean(105*s, 106*s), "late and again")

	instance.AddTotal(Total{From: 112 * s, To: 120 * s, Sum: 40_000, Count: 20})
	assert.Equal(t, int64(2_000), mean(115*s, 116*s), "it was restarted")
	instance.AddTotal(Total{From: 112 * s, To: 130 * s, Sum: 40_000, Count: 20})
	assert.Equal(t, int64(-1), mean(125*s, 126*s), "no polls")
	instance.AddTotal(Total{From: 112 * s, To: 140 * s, Sum: 30_000, Count: 30})
	assert.Equal(t, int64(-1), mean(135*s, 136*s), "a sum that falls while the count grows is none")
}

func TestWorkers(t *testing.T) {
	all, instance := watched(t)
	workers := func(end int64) int64 {
		if n, known := all.Recent("orders").Workers(end); known {
			return n
		}
		return -1
	}
	assert.Equal(t, int64(-1), workers(10*s))
	instance.SetWorkers(4, 10*s)
	assert.Equal(t, int64(4), workers(5*s), "the number hardly ever changes")
	assert.Equal(t, int64(4), workers(130*s))
	assert.Equal(t, int64(-1), workers(131*s))
	instance.SetWorkers(8, 20*s)
	assert.Equal(t, int64(-1), workers(20*s), "4 or 8")
	instance.SetWorkers(6, 15*s) // late
	instance.SetWorkers(8, 30*s)
	assert.Equal(t, int64(8), workers(50*s))
	assert.Equal(t, int64(-1), workers(51*s))
}

// Two processes that cannot be told apart tell in turn: what they tell is of neither.
func TestTwoProcesses(t *testing.T) {
	all := New(Settings{MaxInstances: 1, Samples: 60, IdleExpiry: 10 * time.Minute})
	instance := all.Seen(&Identity{Service: "orders"}, noon)
	unknown := func(at int64, name string) {
		_, known := all.Recent("orders").QueueWait(at-s, at)
		assert.False(t, known, name)
	}
	for n := int64(1); n < 20; n++ {
		at := n * 10 * s
		instance.AddTotal(Total{From: 5 * s, To: at, Sum: float64(n) * 1e6, Count: uint64(n) * 1_000})
		instance.SetWorkers(2, at)
		unknown(at, "cumulative")
		instance.AddTotal(Total{From: 3 * s, To: at + 4*s, Sum: float64(n) * 9e9, Count: uint64(n) * 5_000})
		instance.SetWorkers(4, at+4*s)
		unknown(at+4*s, "cumulative")
		_, known := all.Recent("orders").Workers(at + 4*s)
		assert.False(t, known, "2 or 4")
	}
	for n := int64(20); n < 40; n++ {
		at := n * 10 * s
		instance.AddInterval(Total{From: at - 10*s, To: at, Sum: 1e6, Count: 1_000})
		instance.AddInterval(Total{From: at - 6*s, To: at + 4*s, Sum: 9e9, Count: 5_000})
		if n > 25 {
			unknown(at+4*s, "delta")
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	all, instance := watched(t)
	for i := range int64(100) {
		instance.AddInterval(Total{From: (40 + i) * s, To: (41 + i) * s, Sum: 1_000, Count: 1})
	}
	assert.Len(t, all.Recent("orders").intervals, 5)

	require.NotNil(t, all.Seen(&Identity{Service: "stock"}, noon))
	assert.Nil(t, all.Seen(&Identity{Service: "third"}, noon))
	assert.NotNil(t, all.Seen(&Identity{Service: "orders"}, noon.Add(50*time.Second)))
	assert.Nil(t, all.Seen(&Identity{Service: "third"}, noon.Add(55*time.Second)))
	assert.NotNil(t, all.Seen(&Identity{Service: "third"}, noon.Add(80*time.Second)), "stock has gone")
	assert.Nil(t, all.Recent("stock"))
	assert.NotNil(t, all.Recent("orders"))
	assert.Equal(t, 2, all.Len())
}

func TestConcurrentUse(t *testing.T) {
	all := New(Settings{MaxInstances: 4, Samples: 3, IdleExpiry: time.Minute})
	var users sync.WaitGroup
	for n := range 4 {
		users.Go(func() {
			key := strconv.Itoa(n % 2)
			for i := range int64(500) {
				instance := all.Seen(&Identity{Service: key}, noon.Add(time.Duration(i)*time.Second))
				instance.AddInterval(Total{From: i * s, To: (i + 1) * s, Sum: 5_000, Count: 1})
				instance.SetWorkers(4, i*s+1)
				recent := all.Recent(key)
				if recent == nil { // another is more than a minute ahead: for it the instance was idle
					continue
				}
				if mean, known := recent.QueueWait(i*s, (i+1)*s); known {
					assert.Equal(t, int64(5_000), mean)
				}
			}
		})
	}
	users.Wait()
	for _, key := range []string{"0", "1"} {
		_, known := all.Recent(key).QueueWait(499*s, 500*s)
		assert.True(t, known)
	}
}

func TestSkew(t *testing.T) {
	for _, tt := range []struct {
		name    string
		workers int64 // as metrics tell, 0 for never
		share   map[int64]float64
		want    []int64 // those that do too much
	}{
		{"all alike", 4, map[int64]float64{0: 0.5, 1: 0.5, 2: 0.5, 3: 0.5}, nil},
		{"one busy, three not", 4, map[int64]float64{2: 0.6, 0: 0.1, 1: 0.1, 3: 0.1}, []int64{2}},
		{"one does it all", 4, map[int64]float64{1: 0.9}, []int64{1}},
		{"because it is the only one", 0, map[int64]float64{0: 0.9}, nil},
		{"twice the others", 4, map[int64]float64{0: 0.8, 1: 0.4, 2: 0.4, 3: 0.4}, nil},
		{"but who cares", 4, map[int64]float64{0: 0.2}, nil},
		{"two of eight", 8, map[int64]float64{2: 0.5, 3: 0.4}, []int64{2, 3}},
		{"two of four are half of all", 4, map[int64]float64{2: 0.5, 3: 0.5}, []int64{2, 3}},
	} {
		all := New(Settings{MaxInstances: 1, Samples: 2, IdleExpiry: time.Hour})
		instance := all.Seen(&Identity{Service: "orders"}, noon)
		if tt.workers != 0 {
			instance.SetWorkers(tt.workers, 1)
		}
		for _, seconds := range []int64{10, 600} { // as soon as there is something to judge, and in the long run
			for second := max(seconds-590, 1); second <= seconds; second++ {
				var work Work
				work.Add(-1, s)
				for worker, share := range tt.share {
					work.Add(worker, int64(share*float64(s)))
				}
				instance.AddWork(&work, second*s)
			}
			recent := all.Recent("orders")
			for worker := range int64(8) {
				assert.Equal(t, slices.Contains(tt.want, worker), recent.Skewed(worker, seconds*s), "%s: worker %d", tt.name, worker)
				assert.False(t, recent.Skewed(worker, (seconds+100)*s), "%s: long ago", tt.name)
			}
			assert.False(t, recent.Skewed(-1, seconds*s))
		}
	}
}

// TestSkewTakesTime: a moment's work is on one worker as a rule.
func TestSkewTakesTime(t *testing.T) {
	all := New(Settings{MaxInstances: 1, Samples: 2, IdleExpiry: time.Hour})
	instance := all.Seen(&Identity{Service: "orders"}, noon)
	instance.SetWorkers(4, 1)
	for second := range int64(6) {
		instance.AddWork(&Work{1: s}, (second+1)*s)
		assert.False(t, all.Recent("orders").Skewed(1, (second+1)*s))
	}
	instance.AddWork(&Work{1: s}, 8*s)
	assert.True(t, all.Recent("orders").Skewed(1, 8*s))
}

func TestWorkOfManyWorkers(t *testing.T) {
	var work Work
	work.Add(MaxWorkers+3, 5)
	work.Add(MaxWorkers-1, 2)
	assert.Equal(t, int64(7), work[MaxWorkers-1])
}

// Recent returns what is known of an instance, nil if nothing is.
func (s *Instances) Recent(service string) *Recent {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if found := s.byKey[(&Identity{Service: service}).Key()]; found != nil {
		return found.Recent()
	}
	return nil
}
