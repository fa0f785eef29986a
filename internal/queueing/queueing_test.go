// SPDX-License-Identifier: Apache-2.0

package queueing

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestQueueingFormulas holds the formulas against values that others computed.
func TestQueueingFormulas(t *testing.T) {
	// P(wait) of M/M/c, from tables.
	for _, tt := range []struct {
		servers    int
		load, want float64
	}{{1, 0.7, 0.7}, {2, 0.7, 0.57647}, {4, 0.7, 0.42865}, {8, 0.9, 0.70153}, {32, 0.8, 0.16062}} {
		assert.InDelta(t, tt.want, ErlangC(tt.servers, tt.load), 5e-6)
	}
	// 33 batches of two with means 10, and then 1 and 3 by turns: the first is dropped.
	series := []int64{10, 10}
	for i := range int64(32) {
		series = append(series, 1+2*(i%2), 1+2*(i%2))
	}
	estimate := BatchMeans(series)
	assert.InDelta(t, 2, estimate.Mean, 1e-9)
	assert.InDelta(t, 3.633/5.568, estimate.HalfWidth, 1e-3, "t times the standard deviation 1.016, over the root of 32")
}
