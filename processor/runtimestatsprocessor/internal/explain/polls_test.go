// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A span's polls may have been anywhere in it. within tells the least of them that any place leaves between two times: here all places
// of one poll are tried, which are the worst there are.
func TestWithinIsTheLeast(t *testing.T) {
	random := rand.New(rand.NewPCG(61, 62))
	for range 2000 {
		l := longPoll{start: random.Int64N(20), whole: random.IntN(2) == 0}
		l.end = l.start + 1 + random.Int64N(20)
		l.busy = random.Int64N(l.end - l.start + 1)
		from := random.Int64N(40)
		to := from + random.Int64N(20)
		inside := func(start, end int64) (n int64) {
			for at := start; at < end; at++ {
				if at >= from && at < to {
					n++
				}
			}
			return n
		}
		want := inside(l.end-l.busy, l.end)
		if !l.whole { // the rest of the polls lies before and after those times, as far as there is room
			outside := l.end - l.start - inside(l.start, l.end)
			want = max(0, l.busy-outside)
		}
		assert.Equal(t, want, l.within(from, to), "%+v from %d to %d", l, from, to)
	}
}

func TestIntersect(t *testing.T) {
	random := rand.New(rand.NewPCG(63, 64))
	times := func(name string) (list []shared, at [60]bool) {
		for from := random.Int64N(5); from < 50; {
			to := from + 1 + random.Int64N(8)
			list = append(list, shared{from, to, name})
			for i := from; i < to; i++ {
				at[i] = true
			}
			from = to + random.Int64N(5)
		}
		return list, at
	}
	for range 500 {
		a, inA := times("a")
		b, inB := times("b")
		var got [60]bool
		for _, both := range intersect(a, b) {
			assert.Less(t, both.from, both.to)
			for i := both.from; i < both.to; i++ {
				got[i] = true
			}
		}
		for i := range got {
			assert.Equal(t, inA[i] && inB[i], got[i])
		}
	}
	assert.Equal(t, []shared{{2, 5, "long"}}, intersect([]shared{{0, 9, "long"}}, []shared{{2, 5, "short"}}))
	assert.Equal(t, []shared{{2, 5, "long"}}, intersect([]shared{{2, 5, "short"}}, []shared{{0, 9, "long"}}))
	assert.Empty(t, intersect([]shared{{0, 9, "a"}}, nil))
}

func TestTheOldestPollIsForgotten(t *testing.T) {
	by := new(thread)
	for i := range int64(maxPolls + 3) {
		by.keep(longPoll{start: i})
	}
	assert.Len(t, by.polls, maxPolls)
	for i := range by.polls {
		assert.GreaterOrEqual(t, by.polls[i].start, int64(3))
	}
}
