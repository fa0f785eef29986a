// SPDX-License-Identifier: Apache-2.0

package findings

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLow(t *testing.T) {
	const ms = 1_000_000
	random := rand.New(rand.NewPCG(1, 2))
	often := func(share float64, slow, fast int64) int64 {
		var l Low
		l.See(slow, false)
		for range 300 {
			ns := slow
			if random.Float64() < share {
				ns = fast
			}
			l.See(ns, false)
		}
		return l.Value()
	}
	assert.Less(t, often(0.2, 70*ms, ms/5), int64(ms), "one in five is enough")
	assert.Greater(t, often(0.005, 70*ms, ms/5), int64(20*ms), "one in two hundred is not")
	assert.InDelta(t, 20*ms, often(0, 20*ms, 0), ms/100)

	var l Low
	for i := range someSeen {
		assert.Equal(t, int64(Unknown), l.Value(), "after %d", i)
		l.See(90*ms, false)
	}
	for range 9 {
		l.See(ms/5, false)
	}
	assert.InDelta(t, ms/5, l.Value(), ms/50, "found within some ten times")
	l.See(90*ms, true)
	assert.InDelta(t, ms/5, l.Value(), ms/50, "amiss")
	l.See(ms/10, true)
	assert.InDelta(t, ms/10, l.Value(), ms/50, "amiss, and shorter all the same")
	l.See(Unknown, false)
	assert.InDelta(t, ms/10, l.Value(), ms/50)
	l.See(math.MaxInt64, false)
	assert.Positive(t, l.Value())
	for range 3000 {
		l.See(math.MaxInt64, false)
	}
	assert.Positive(t, l.Value(), "it does not overflow")

	var w *Window
	w.AddUsual(1, 1, false)
	duration, poll := w.Usual()
	assert.Equal(t, [2]int64{Unknown, Unknown}, [2]int64{duration, poll}, "nothing is known of a key without a window")
}
