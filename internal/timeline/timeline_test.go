// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).UnixNano()

// item is what a test counts.
type item struct {
	at      int64
	cluster uint64
}

// randomItems happen within a span of time, in no order.
func randomItems(r *rand.Rand, n int) []item {
	items := make([]item, n)
	within := int64(1) << (20 + r.IntN(42))
	from := noon - r.Int64N(noon)
	for i := range items {
		items[i] = item{from + r.Int64N(min(within, math.MaxInt64-from)), r.Uint64()}
	}
	return items
}

func timelineOf(items []item) *Timeline {
	var t Timeline
	for _, it := range items {
		t.AddCluster(it.at, it.cluster, 1)
	}
	return &t
}

// TestWindows: whatever the order of the items, and however they are dealt out to timelines that are merged, each window holds those that
// happened in it, and the level is the lowest that Most windows allow.
func TestWindows(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		items := randomItems(r, 1+r.IntN(200))
		whole := timelineOf(items)

		parts := make([]Timeline, 1+r.IntN(4))
		for _, i := range r.Perm(len(items)) {
			parts[r.IntN(len(parts))].AddCluster(items[i].at, items[i].cluster, 1)
		}
		var merged Timeline
		for i := range parts {
			merged.Merge(&parts[i])
		}
		require.Equal(t, whole, &merged, "seed %d", seed)

		earliest, latest := int64(math.MaxInt64), int64(0)
		for _, it := range items {
			earliest, latest = min(earliest, it.at), max(latest, it.at)
		}
		level := uint(0)
		for latest>>(finest+level)-earliest>>(finest+level) >= Most {
			level++
		}
		require.Equal(t, level, whole.level)
		require.LessOrEqual(t, len(whole.items), Most)
		for _, w := range Compare(whole, &Timeline{}) {
			var spread Spread
			sent := uint64(0)
			for _, it := range items {
				if it.at >= w.From && it.at < w.To {
					sent++
					spread.Add(it.cluster, 1)
				}
			}
			require.Equal(t, Window{From: w.From, To: w.To, Sent: sent, Spread: spread}, w)
		}
	}
}

// TestTakenBack: what was counted and is taken back was never there, whatever came between.
func TestTakenBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	items := randomItems(r, 500)
	got := timelineOf(items)
	for _, it := range items[:200] {
		got.AddCluster(it.at, it.cluster, -1)
	}
	want := timelineOf(items[200:])
	assert.Equal(t, want.Total(), got.Total())
	for _, w := range Compare(got, want) {
		assert.Equal(t, w.Received, w.Sent)
	}
}

// TestCompare: two timelines of different levels have the same windows side by side.
func TestCompare(t *testing.T) {
	const second = int64(time.Second)
	var sent, received Timeline
	for i := range int64(500) {
		sent.Add(noon+i*second, 2)
	}
	for i := range int64(60) {
		received.Add(noon+i*second, 1)
	}
	all := Compare(&sent, &received)
	in, out := uint64(0), uint64(0)
	for i, w := range all {
		in, out = in+w.Sent, out+w.Received
		assert.EqualValues(t, 4<<30, w.To-w.From)
		if i > 0 {
			assert.Equal(t, all[i-1].To, w.From)
		}
	}
	assert.Equal(t, []uint64{1000, 60}, []uint64{in, out})
	assert.EqualValues(t, 60, received.Total(), "it is as it was")
	assert.Empty(t, Compare(&Timeline{}, &Timeline{}))
}

// TestSquares: the spread estimates the sum of squares, also of clusters that are scattered over windows and timelines.
func TestSquares(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	ratios := 0.0
	const rounds, clusters = 200, 300
	for range rounds {
		parts, want := make([]Timeline, 3), 0.0
		for range clusters {
			key, size := r.Uint64(), 1+r.IntN(20)
			want += float64(size * size)
			for range size {
				parts[r.IntN(3)].AddCluster(noon+r.Int64N(int64(time.Minute)), key, 1)
			}
		}
		var sum Spread
		for i := range parts {
			for _, w := range Compare(&parts[i], &Timeline{}) {
				sum.Merge(&w.Spread)
			}
		}
		ratios += sum.Squares() / want
	}
	assert.InDelta(t, 1, ratios/rounds, 0.1, "its standard deviation is 0.35 / sqrt(200) = 0.025")
}

func TestEncoding(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		want := timelineOf(randomItems(r, r.IntN(300)))
		if r.IntN(2) == 0 {
			want.spreads = nil
		}
		b := want.Append(nil)
		got, rest, err := Cut(append(b, "rest"...))
		require.NoError(t, err)
		assert.Equal(t, "rest", string(rest))
		assert.Equal(t, Compare(want, want), Compare(&got, &got))
		for n := range b {
			_, _, err := Cut(b[:n])
			require.Error(t, err, "%d of %d bytes", n, len(b))
		}
	}
}

// TestSize: what a marker has to carry stays small, whatever the length of a run and its load.
func TestSize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var line Timeline
	for range 3_000_000 {
		line.AddCluster(noon+r.Int64N(int64(1000*time.Hour)), r.Uint64N(400_000)*0x9E3779B97F4A7C15, 1)
	}
	assert.Less(t, len(line.Append(nil)), 5000)
}

// FuzzCut: no bytes make a timeline that cannot be used.
func FuzzCut(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	f.Add(timelineOf(randomItems(r, 50)).Append(nil))
	f.Add([]byte{33, 0, 1, 0, 7})
	f.Fuzz(func(t *testing.T, b []byte) {
		line, rest, err := Cut(b)
		if err != nil {
			return
		}
		again, _, err := Cut(line.Append(nil))
		require.NoError(t, err)
		require.Equal(t, line, again)
		require.LessOrEqual(t, len(rest), len(b))
		total := line.Total()
		line.Add(noon, 1)
		line.Add(math.MaxInt64, 1)
		line.Add(0, 1)
		line.Merge(&again)
		require.Equal(t, 2*total+3, line.Total())
		require.LessOrEqual(t, len(Compare(&line, &again)), Most)
	})
}

func BenchmarkAdd(b *testing.B) {
	var line Timeline
	for i := range b.N {
		line.Add(noon+int64(i)*1000, 1)
	}
	require.EqualValues(b, b.N, line.Total())
}
