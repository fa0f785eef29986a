// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestMatrix: every load is measured with the shape that others are held against, and all shards of a fleet are of equal size.
func TestMatrix(t *testing.T) {
	plans := matrix()
	seen := map[plan]bool{}
	for _, p := range plans {
		assert.False(t, seen[p], "%s stands there twice", p)
		seen[p] = true
		assert.Contains(t, plans, plan{base, p.Load}, "%s has nothing to be compared with", p)
		assert.Zero(t, instances%p.Shape[generator], "%s: shards of unequal size", p)
		for r, count := range p.Shape {
			assert.Positive(t, count, "%s: %s", p, roleNames[r])
		}
	}
	assert.Contains(t, plans, plan{base, shipped})
	assert.Equal(t, "4 x 2 x 1, full speed, uncompressed, short slices, queued", plan{shape{4, 2, 1}, load{Unpaced: true, Short: true, Queued: true}}.String())
}

func TestPin(t *testing.T) {
	for _, c := range []struct {
		cpus int
		want [roles][]int
	}{
		{1, [roles][]int{{0, 0}, {0}, {0, 0, 0}}},
		{2, [roles][]int{{0, 0}, {1}, {1, 1, 1}}},
		{3, [roles][]int{{0, 0}, {1}, {2, 2, 2}}},
		{4, [roles][]int{{0, 0}, {1}, {2, 3, 2}}},
		{8, [roles][]int{{0, 1}, {2}, {5, 6, 7}}},
	} {
		assert.Equal(t, c.want, pin(shape{2, 1, 3}, c.cpus), "%d CPUs", c.cpus)
	}
}
