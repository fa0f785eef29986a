// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A thread that is free, and makes a span now and then, is hardly ever taken for held: not with few spans, as of a service with little to do
// or of one that keeps a tenth of its traces, and not with many.
func TestSilenceByChance(t *testing.T) {
	for _, others := range []float64{0.02, 0.2, 1, 4} {
		wrong := 0
		for seed := range uint64(200) {
			random := rand.New(rand.NewPCG(81, seed))
			var s silence
			for range int(40 / others) {
				last, gap := 0.0, 0.0
				for at := random.ExpFloat64() / others; at < 1; at += random.ExpFloat64() / others {
					last, gap = at, max(gap, at-last)
				}
				s.add(max(gap, 1-last) >= 0.8, float32(others))
				if s.held() {
					wrong++
					break
				}
			}
		}
		assert.LessOrEqual(t, wrong, 2, "%v others in each span", others)
	}
}
