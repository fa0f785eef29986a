// SPDX-License-Identifier: Apache-2.0

package task

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestPlacesNext compares the set with a list of flags.
func TestPlacesNext(t *testing.T) {
	r := sim.Stream(1)
	for _, n := range []int{1, 63, 64, 65, 200, 1024} {
		places, flags := NewPlaces(n), make([]bool, n)
		for range 2000 {
			i := r.IntN(n)
			if flags[i] = r.IntN(40) == 0; flags[i] {
				places.Add(i)
			} else {
				places.Remove(i)
			}
			from := r.IntN(n + 1)
			before := from + r.IntN(n+1-from)
			want := from
			for want < before && !flags[want] {
				want++
			}
			require.Equal(t, want, places.Next(from, before), "from %d before %d of %d", from, before, n)
		}
	}
}
