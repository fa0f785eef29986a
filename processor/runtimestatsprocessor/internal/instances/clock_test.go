// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestClock(t *testing.T) {
	const far = 600 // seconds, as all below
	for _, tt := range []struct {
		name string
		at   []int64
		want []hearing
	}{
		{"on and on", []int64{10, 20, 620}, []hearing{anew, next, next}},
		{"late and again", []int64{110, 100, 110, 120}, []hearing{anew, late, late, next}},
		{"batches that overtake each other", []int64{110, 100, 105, 50, 108, 120}, []hearing{anew, late, late, late, late, next}},
		{"no time", []int64{0, 10, 0, -5, 20}, []hearing{unheard, anew, unheard, unheard, next}},
		{"one from the future", []int64{10, 9_999, 20, 30}, []hearing{anew, unheard, next, next}},
		{"one from the near future", []int64{10, 310, 20, 30, 40}, []hearing{anew, next, unheard, anew, next}},
		{"one from the past", []int64{9_999, 1, 10_000}, []hearing{anew, unheard, next}},
		{"again and again", []int64{10, 9_999, 20, 9_999, 30, 10_000, 40}, []hearing{anew, unheard, next, unheard, next, unheard, next}},
		{"sent twice", []int64{10, 9_999, 9_999, 20}, []hearing{anew, unheard, unheard, next}},
		{"it began there", []int64{9_999, 10, 20, 30}, []hearing{anew, unheard, anew, next}},
		{"set ahead and back", []int64{10, 9_000, 9_010, 9_020, 30, 40, 50}, []hearing{anew, unheard, anew, next, unheard, anew, next}},
		{"nowhere twice", []int64{10, 9_000, 5_000, 70_000, 20}, []hearing{anew, unheard, unheard, unheard, next}},
		{"out of order after it was set", []int64{10, 9_020, 9_010, 9_030}, []hearing{anew, unheard, unheard, anew}},
		{"a silence", []int64{10, 1_500, 1_510}, []hearing{anew, unheard, anew}},
		{"as far as numbers go", []int64{10, math.MaxInt64 / s, 20}, []hearing{anew, unheard, next}},
	} {
		var c clock
		for i, at := range tt.at {
			assert.Equal(t, tt.want[i], c.hear(at*s, far*s), "%s: %d", tt.name, i)
		}
	}
}

// One point of metrics from a time far away, at any moment, changes nothing that is told of the time after it.
func TestOnePointFromFarAway(t *testing.T) {
	const day, interval = 24 * 3600 * s, 10 * s
	begin := noon.UnixNano()
	for _, away := range []int64{-begin, -begin + 1, -day, -300 * s, 300 * s, day, 365 * day, math.MaxInt64 - begin - 1e6*s} {
		for _, when := range []int64{0, 1, 2, 5} { // before which interval
			for _, delta := range []bool{false, true} {
				all := New(Settings{MaxInstances: 1, Samples: 3, IdleExpiry: 10 * time.Minute})
				add := func(to, n, workers int64) { // the n-th interval has n us a poll
					instance := all.Seen(&Identity{Service: "orders"}, noon)
					if delta {
						instance.AddInterval(Total{From: max(to-interval, 0), To: to, Sum: float64(n) * 1e6, Count: 1_000})
					} else {
						instance.AddTotal(Total{From: min(begin, max(to-interval, 0)), To: to, Sum: float64(n*(n+1)/2) * 1e6, Count: uint64(n) * 1_000})
					}
					instance.SetWorkers(workers, to)
				}
				for n := range int64(9) {
					if n == when {
						add(begin+away, 77, 77)
					}
					add(begin+(n+1)*interval, n+1, 9)
				}
				end := begin + 9*interval
				mean, known := all.Recent("orders").QueueWait(end-s, end)
				assert.True(t, known)
				assert.Equal(t, int64(9_000), mean)
				workers, known := all.Recent("orders").Workers(end)
				assert.True(t, known)
				assert.Equal(t, int64(9), workers)
			}
		}
	}
}

// A clock that was set is followed, within two points.
func TestClockThatWasSet(t *testing.T) {
	all := New(Settings{MaxInstances: 1, Samples: 60, IdleExpiry: 10 * time.Minute})
	begin, sum := noon.UnixNano(), 0.0
	polls := uint64(0)
	for _, offset := range []int64{0, 3600 * s, -3600 * s, 0} {
		for n := range int64(10) {
			at := begin + offset + n*10*s
			sum, polls = sum+1e6, polls+1_000
			instance := all.Seen(&Identity{Service: "orders"}, noon)
			instance.AddTotal(Total{From: begin - 7200*s, To: at, Sum: sum, Count: polls})
			instance.SetWorkers(4, at)
			if n > 2 {
				mean, known := all.Recent("orders").QueueWait(at-s, at)
				assert.True(t, known)
				assert.Equal(t, int64(1_000), mean)
				_, known = all.Recent("orders").Workers(at)
				assert.True(t, known)
			}
		}
	}
}

// A span dated a day ahead must not make a quiet worker look overloaded, nor hide one that is.
func TestWorkFromFarAway(t *testing.T) {
	begin := noon.UnixNano()
	for _, share := range []float64{0.01, 0.9} {
		all := New(Settings{MaxInstances: 1, Samples: 60, IdleExpiry: 10 * time.Minute})
		instance := all.Seen(&Identity{Service: "orders"}, noon)
		instance.SetWorkers(4, begin)
		for second := range int64(600) {
			at := begin + second*s
			instance.AddWork(&Work{0: int64(share * float64(s))}, at)
			if second%60 == 30 {
				instance.AddWork(&Work{0: 1}, at+24*3600*s)
				assert.False(t, all.Recent("orders").Skewed(0, at+24*3600*s))
			}
			if second > 10 {
				assert.Equal(t, share > leastShare, all.Recent("orders").Skewed(0, at))
			}
		}
		assert.False(t, all.Recent("orders").Skewed(0, begin), "of a span that long ago, today's load says nothing")
	}
}

// A span of centuries, all of them busy, is a minute's work at most: what was before is forgotten.
func TestWorkOfCenturies(t *testing.T) {
	all := New(Settings{MaxInstances: 1, Samples: 60, IdleExpiry: 10 * time.Minute})
	instance := all.Seen(&Identity{Service: "orders"}, noon)
	instance.SetWorkers(4, 1)
	for second := int64(1); second < 600; second++ {
		work := Work{}
		for worker := range int64(4) {
			work.Add(worker, s/2)
		}
		if second == 10 {
			work.Add(0, math.MaxInt64)
			work.Add(0, math.MaxInt64)
		}
		instance.AddWork(&work, second*s)
		if second < 10 || second > 200 {
			for worker := range int64(4) {
				assert.False(t, all.Recent("orders").Skewed(worker, second*s), "worker %d at %d", worker, second)
			}
		}
	}
}

// What cannot be a total or an interval tells nothing; the next one that can, does.
func TestImpossibleTotals(t *testing.T) {
	begin := noon.UnixNano()
	for name, impossible := range map[string]Total{
		"not a number":           {Sum: math.NaN(), Count: 20},
		"infinite":               {Sum: math.Inf(1), Count: 20},
		"negative":               {Sum: -5, Count: 20},
		"centuries":              {Sum: 1e300, Count: 20},
		"polls that nobody made": {Sum: 3e6, Count: math.MaxUint64},
		"waits of no poll":       {Sum: 3e6},
	} {
		for _, delta := range []bool{false, true} {
			all := New(Settings{MaxInstances: 1, Samples: 60, IdleExpiry: 10 * time.Minute})
			instance := all.Seen(&Identity{Service: "orders"}, noon)
			add := func(n int64, t Total) {
				t.To = begin + n*10*s
				if t.From = begin - s; delta {
					t.From = t.To - 10*s
					instance.AddInterval(t)
				} else {
					instance.AddTotal(t)
				}
			}
			told := func(n int64) (int64, bool) {
				return all.Recent("orders").QueueWait(begin+n*10*s-2*s, begin+n*10*s-s)
			}
			add(1, Total{Sum: 1e6, Count: 10})
			add(2, impossible)
			if mean, known := told(2); known {
				assert.Equal(t, int64(100_000), mean, "%s: that of the interval before", name)
			}
			for n := int64(3); n < 6; n++ {
				add(n, Total{Sum: 1e6 * float64(n), Count: 10 * uint64(n)})
			}
			mean, known := told(5)
			assert.True(t, known, name)
			assert.Equal(t, int64(100_000), mean, name)
			assert.LessOrEqual(t, all.Recent("orders").LongestMean(), int64(100_000), name)
		}
	}
}

// A point that does not say since when is held against the one before it.
func TestIntervalsWithoutStart(t *testing.T) {
	all := New(Settings{MaxInstances: 1, Samples: 60, IdleExpiry: 10 * time.Minute})
	instance := all.Seen(&Identity{Service: "orders"}, noon)
	instance.AddInterval(Total{To: 100 * s, Sum: 1e6, Count: 10})
	_, known := all.Recent("orders").QueueWait(99*s, 100*s)
	assert.False(t, known)
	instance.AddInterval(Total{To: 110 * s, Sum: 1e6, Count: 10})
	_, known = all.Recent("orders").QueueWait(105*s, 106*s)
	assert.True(t, known)
	_, known = all.Recent("orders").QueueWait(95*s, 96*s)
	assert.False(t, known)
	_, known = all.Recent("orders").QueueWait(129*s, 130*s)
	assert.True(t, known)
	_, known = all.Recent("orders").QueueWait(139*s, 140*s)
	assert.False(t, known, "it was 10 s long")

	// A counter that begins anew and does not say so has lost what it counted in between.
	instance = all.Seen(&Identity{Service: "orders"}, noon)
	instance.AddTotal(Total{To: 120 * s, Sum: 9e9, Count: 90_000})
	instance.AddTotal(Total{To: 130 * s, Sum: 5e6, Count: 10})
	instance.AddTotal(Total{To: 140 * s, Sum: 7e6, Count: 20})
	mean, known := all.Recent("orders").QueueWait(121*s, 139*s)
	assert.True(t, known)
	assert.Equal(t, int64(200_000), mean)
}

// Whatever was told before, five healthy points in a row are understood.
func FuzzWhatWasToldBefore(f *testing.F) {
	begin := noon.UnixNano()
	for _, at := range []int64{0, begin, begin + 3600*s, math.MaxInt64} {
		point := binary.LittleEndian.AppendUint64(nil, uint64(at))
		point = binary.LittleEndian.AppendUint64(point, uint64(at-s))
		point = binary.LittleEndian.AppendUint64(point, math.Float64bits(1e9))
		f.Add(binary.LittleEndian.AppendUint64(point, 5))
	}
	f.Fuzz(func(t *testing.T, told []byte) {
		all := New(Settings{MaxInstances: 1, Samples: 4, IdleExpiry: 10 * time.Minute})
		instance := all.Seen(&Identity{Service: "orders"}, noon)
		for ; len(told) >= 32; told = told[32:] {
			point := Total{
				To: int64(binary.LittleEndian.Uint64(told)), From: int64(binary.LittleEndian.Uint64(told[8:])),
				Sum: math.Float64frombits(binary.LittleEndian.Uint64(told[16:])), Count: binary.LittleEndian.Uint64(told[24:]),
			}
			instance.AddTotal(point)
			instance.AddInterval(point)
			instance.SetWorkers(point.From, point.To)
			instance.AddWork(&Work{0: min(max(point.From, 0), s)}, point.To)
			mean, _ := all.Recent("orders").QueueWait(max(point.From, 0), max(point.To, 0))
			assert.GreaterOrEqual(t, mean, int64(0))
		}
		for n := range int64(5) {
			at := begin + 1e6*s + n*10*s
			instance.AddTotal(Total{From: begin, To: at, Sum: float64(n) * 1e6, Count: uint64(n) * 1_000})
			instance.SetWorkers(4, at)
			mean, known := all.Recent("orders").QueueWait(at-s, at)
			workers, told := all.Recent("orders").Workers(at)
			if n >= 3 {
				assert.True(t, known && told)
				assert.Equal(t, int64(1_000), mean)
				assert.Equal(t, int64(4), workers)
			}
		}
	})
}
