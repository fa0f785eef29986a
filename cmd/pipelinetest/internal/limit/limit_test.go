// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
)

// upTo is a pipeline that holds rates up to one.
func upTo(most float64) func(float64) (*Step, string) {
	return func(rate float64) (*Step, string) {
		return &Step{Rate: rate, Held: rate <= most, Limit: map[bool]run.Limit{false: run.LimitLatency}[rate <= most]}, ""
	}
}

// TestSearch: whatever the pipeline can do, and wherever the search begins, what is found holds, what is said to fail fails, and both are close.
func TestSearch(t *testing.T) {
	for _, most := range []float64{1, 3, 99, 4321, 50_000, 999_999} {
		for _, first := range []float64{1, 1000, 1_000_000} {
			f := Search(Bounds{First: first, Steps: 60}, upTo(most))
			assert.Empty(t, f.Ended)
			assert.True(t, f.Repeated)
			assert.LessOrEqual(t, f.Held, most)
			assert.Greater(t, f.Failed, most)
			assert.LessOrEqual(t, f.Failed, closeEnough*f.Held, "%v from %v", most, first)
			assert.Equal(t, run.LimitLatency, f.By)
			last := f.Steps[len(f.Steps)-1]
			assert.Equal(t, []any{f.Held, true}, []any{last.Rate, last.Held}, "what is found is tried again at the end")
		}
	}
}

// TestSearchBounds: a pipeline that can do more than is ever asked, one that can do nothing, and a search that is ended.
func TestSearchBounds(t *testing.T) {
	all := Search(Bounds{First: 1000, Steps: 60}, upTo(mostRate))
	assert.Equal(t, []any{float64(mostRate), true, 0.0}, []any{all.Held, all.Repeated, all.Failed})

	none := Search(Bounds{First: 5, Steps: 60}, upTo(0))
	assert.Equal(t, []any{0.0, false, 1.0, ""}, []any{none.Held, none.Repeated, none.Failed, none.Ended})
	assert.Len(t, none.Steps, 4, "5, 2.5, 1.25, 1")

	short := Search(Bounds{First: 1000, Steps: 3}, upTo(1500))
	assert.Equal(t, []any{1410.0, 2000.0, false, "there were no steps left"}, []any{short.Held, short.Failed, short.Repeated, short.Ended})

	n := 0
	interrupted := Search(Bounds{First: 1000, Steps: 60}, func(rate float64) (*Step, string) {
		if n++; n > 2 {
			return nil, "interrupted"
		}
		return upTo(1e9)(rate)
	})
	assert.Equal(t, []any{2000.0, 0.0, false, "interrupted"}, []any{interrupted.Held, interrupted.Failed, interrupted.Repeated, interrupted.Ended})
	assert.Equal(t, "interrupted", Search(Bounds{First: 1, Steps: 1}, func(float64) (*Step, string) { return nil, "interrupted" }).Ended)
}

// TestSearchNoise: where what holds once does not hold again, the search ends all the same, and never says of a rate that failed, or of a higher one, that
// it held.
func TestSearchNoise(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		f := Search(Bounds{First: 1000, Steps: 60}, func(rate float64) (*Step, string) { return upTo(5000 * (0.7 + 0.6*random.Float64()))(rate) })
		require.LessOrEqual(t, len(f.Steps), 60)
		held := 0
		for _, step := range f.Steps {
			if !step.Held {
				assert.Greater(t, step.Rate, f.Held)
			} else if step.Rate == f.Held {
				held++
			}
		}
		assert.Equal(t, f.Repeated, held > 1)
		assert.True(t, f.Repeated || f.Ended != "" || f.Held == 0)
	}
}
