// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Who has been seen before is found without a key being built.
func TestSeenAllocatesNothing(t *testing.T) {
	all := New(Settings{MaxInstances: 10, Samples: 1, IdleExpiry: time.Hour})
	for _, who := range []*Identity{who("a", "h", "1"), who("", "h", "1"), {Service: "orders", Sender: "10.0.0.7"}} {
		all.Seen(who, noon)
		assert.Zero(t, testing.AllocsPerRun(100, func() { all.Seen(who, noon) }), "%+v", *who)
	}
}

// All instances of a service end at once. The time for each must not grow with their number.
func BenchmarkSweep(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				all := New(Settings{MaxInstances: n, Samples: 1, IdleExpiry: time.Minute})
				for i := range n {
					all.Seen(who(strconv.Itoa(i), "", ""), noon)
				}
				b.StartTimer()
				all.sweep(noon.Add(time.Hour))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/instance")
		})
	}
}
