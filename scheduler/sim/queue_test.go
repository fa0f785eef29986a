// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQueueGivesEventsInOrder compares a queue with a plain sorted list. The loads differ in how many events are ahead and in how far
// ahead they are: none in the heap, most in the heap, and events that are due among those in the heap.
func TestQueueGivesEventsInOrder(t *testing.T) {
	for _, ahead := range []int{1, 2, nearest / 2, nearest - 1, nearest, nearest + 1, 2 * nearest, 20 * nearest} {
		for _, spread := range []int{1, 10, 100_000} {
			t.Run(fmt.Sprintf("%d events within %d", ahead, spread), func(t *testing.T) {
				r := Stream(1, uint64(ahead), uint64(spread))
				var q queue
				var list []scheduled
				now := Time(3)
				push := func() {
					ev := scheduled{due{now + Time(r.IntN(spread)), now - Time(r.IntN(3)), r.Uint64()}, message{arg: r.Uint64()}}
					if r.IntN(10) == 0 {
						ev.at += Time(20 * spread) // a timer
					}
					q.push(ev.due, ev.message)
					i, _ := slices.BinarySearchFunc(list, ev, inOrder)
					list = slices.Insert(list, i, ev)
				}
				for range 300 {
					for len(list) < ahead {
						push()
					}
					for n := 1 + r.IntN(ahead); n > 0; n-- {
						if *q.first() != list[0] {
							require.Equal(t, list[0], *q.first())
						}
						q.removeFirst()
						now = list[0].at
						list = list[1:]
					}
					require.Equal(t, len(list) == 0, q.empty())
				}
			})
		}
	}
}

// inOrder is the order of events as the documentation has it: by time, then by when they were scheduled, then by rank.
func inOrder(a, b scheduled) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.from, b.from), cmp.Compare(a.order, b.order))
}

// TestEventsOfThreadsPassTheHeap: what threads do next is due before most timers, and costs no look at them.
func TestEventsOfThreadsPassTheHeap(t *testing.T) {
	const threads, timers = nearest / 2, 1000
	var q queue
	for i := range Time(timers) {
		q.push(due{at: 1_000_000 + i}, message{})
	}
	for i := range Time(threads) {
		q.push(due{at: i}, message{})
	}
	far := len(q.far)
	assert.Positive(t, far)
	for i := range Time(10_000) {
		require.Equal(t, i, q.first().at)
		q.removeFirst()
		q.push(due{at: i + threads}, message{})
		require.Len(t, q.far, far)
	}
}

// BenchmarkQueue takes the first of some events, and adds one that is due within a time after it.
func BenchmarkQueue(b *testing.B) {
	for _, ahead := range []int{1, 16, 64, 1024, 100_000} {
		b.Run(fmt.Sprintf("%d ahead", ahead), func(b *testing.B) {
			r := Stream(1)
			var q queue
			for range ahead {
				q.push(due{at: Time(r.IntN(1_000_000))}, message{})
			}
			b.ReportAllocs()
			for b.Loop() {
				at := q.first().at
				q.removeFirst()
				q.push(due{at: at + Time(r.IntN(1_000_000))}, message{})
			}
			assert.Equal(b, ahead, int(q.tail-q.head)+len(q.far))
		})
	}
}
