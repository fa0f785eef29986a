// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestTimerLevels: a timer lies on the level of the highest digit in which its tick differs from elapsed.
func TestTimerLevels(t *testing.T) {
	for _, tc := range []struct {
		elapsed, tick int64
		level         int
	}{
		{0, 1, 0},
		{0, 63, 0},
		{0, 64, 1},
		{0, 4095, 1},
		{0, 4096, 2},
		{63, 64, 1}, // one tick ahead, but in the next slot
		{64, 127, 0},
		{64, 128, 1},
		{4095, 4096, 2},
		{0, 1 << 18, 3},
		{0, 1 << 24, 4},
		{0, 1 << 30, 5},
		{0, wheelRange - 1, 5},
		{0, wheelRange, 5}, // out of range: the top level, as often as it takes
		{5, 3 * wheelRange, 5},
	} {
		assert.Equal(t, tc.level, timerLevel(tc.elapsed, tc.tick), "%d seen from %d", tc.tick, tc.elapsed)
	}
}

// TestWheelWakesUpToMoveTimersDown: who sleeps until next is up at the start of each slot on the timer's way down.
func TestWheelWakesUpToMoveTimersDown(t *testing.T) {
	for _, tc := range []struct {
		elapsed, tick int64
		wakes         []int64
	}{
		{0, 5, []int64{5}},
		{0, 64, []int64{64}},
		{0, 100, []int64{64, 100}},
		{0, 5000, []int64{4096, 4992, 5000}},
		{4096, 5000, []int64{4992, 5000}},
		{0, wheelRange + 65, []int64{wheelRange, wheelRange + 64, wheelRange + 65}},
		// The slot of a timer beyond the range comes by once a turn.
		{1, 2*wheelRange + 7, []int64{wheelRange, 2 * wheelRange, 2*wheelRange + 7}},
	} {
		w := wheel{elapsed: tc.elapsed}
		require.True(t, inserts(&w, tc.tick, 1))
		var wakes []int64
		var due []scheduler.Waker
		for w.next() != noTick {
			require.Empty(t, due)
			wakes = append(wakes, w.next())
			due = w.expire(w.next(), due)
		}
		assert.Equal(t, tc.wakes, wakes, "tick %d inserted at %d", tc.tick, tc.elapsed)
		assert.Equal(t, []scheduler.Waker{1}, due)
	}
}

func inserts(w *wheel, tick int64, waker scheduler.Waker) bool {
	_, ok := w.insert(tick, waker)
	return ok
}

func TestWheelRefusesElapsedTicks(t *testing.T) {
	var w wheel
	w.expire(100, nil)
	assert.False(t, inserts(&w, 99, 1))
	assert.False(t, inserts(&w, 100, 1))
	assert.True(t, inserts(&w, 101, 1))
	assert.EqualValues(t, 101, w.next())
}

// TestWheelAgainstSortedList: whatever is inserted and removed whenever, timers fire at the first look at or after their tick, in the
// order of tick and insertion; and a look at next is never after the earliest timer.
func TestWheelAgainstSortedList(t *testing.T) {
	type entry struct {
		tick  int64
		task  scheduler.Waker
		timer int32
	}
	for seed := range uint64(60) {
		r := sim.Stream(seed)
		var w wheel
		var oracle []entry // sorted by tick, then insertion
		var due []scheduler.Waker
		now, task := int64(0), scheduler.Waker(0)
		for range 2000 {
			ahead := func() int64 { // from a tick to beyond the range
				return int64(r.Uint64() >> (64 - 1 - r.IntN(40)))
			}
			switch {
			case r.IntN(3) > 0:
				task++
				e := entry{tick: now + ahead(), task: task}
				if len(oracle) > 0 && r.IntN(4) == 0 {
					e.tick = oracle[r.IntN(len(oracle))].tick // the same tick as another
				}
				timer, ok := w.insert(e.tick, e.task)
				require.Equal(t, e.tick > now, ok)
				e.timer = timer
				if e.tick > now {
					at, _ := slices.BinarySearchFunc(oracle, e, func(a, b entry) int {
						if a.tick <= b.tick { // behind its equals
							return -1
						}
						return 1
					})
					oracle = slices.Insert(oracle, at, e)
				}
				continue
			case r.IntN(2) == 0 && len(oracle) > 0: // given up
				at := r.IntN(len(oracle))
				w.remove(oracle[at].timer)
				oracle = slices.Delete(oracle, at, at+1)
				continue
			case r.IntN(2) == 0 && w.next() != noTick:
				now = w.next() // a driver that sleeps
			default:
				now += ahead() / 4 // a driver that is late, or early
			}
			due = w.expire(now, due[:0])
			var want []scheduler.Waker
			for len(oracle) > 0 && oracle[0].tick <= now {
				want = append(want, oracle[0].task)
				oracle = oracle[1:]
			}
			require.Equal(t, want, append([]scheduler.Waker(nil), due...), "seed %d at %d", seed, now)
			if len(oracle) == 0 {
				require.Equal(t, noTick, w.next())
				continue
			}
			require.Greater(t, w.next(), now, "seed %d", seed)
			require.LessOrEqual(t, w.next(), oracle[0].tick, "seed %d", seed)
		}
	}
}

// TestWheelDoesNotAllocate, once it has held as many timers as it holds now.
func TestWheelDoesNotAllocate(t *testing.T) {
	var w wheel
	due := make([]scheduler.Waker, 0, 1000)
	now := int64(0)
	round := func() {
		for i := range int64(1000) {
			w.insert(now+1+i*37, 1)
		}
		now += 40_000
		due = w.expire(now, due[:0])
	}
	round()
	assert.Zero(t, testing.AllocsPerRun(10, round))
	assert.Equal(t, noTick, w.next())
	assert.Len(t, w.entries, 1001)
}

// BenchmarkTimer is a timer's life: inserted up to a second ahead, moved down, fired.
func BenchmarkTimer(b *testing.B) {
	var w wheel
	r := sim.Stream(1)
	due := make([]scheduler.Waker, 0, 1000)
	now, timers := int64(0), 0
	b.ReportAllocs()
	for b.Loop() {
		for range 100 {
			w.insert(now+1+int64(r.IntN(1000)), 1)
		}
		timers += 100
		now++
		due = w.expire(now, due[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(timers), "ns/timer")
}
