// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestSkippedLooksChangeNothing: with an event for each look of a search, and with skips, the same tasks are polled by the same
// workers at the same times. Without randomness in what wakes cost, searchers often look at the same instants.
func TestSkippedLooksChangeNothing(t *testing.T) {
	steals := uint64(0)
	for seed := range uint64(200) {
		var logs [2]check.Log
		for i := range logs {
			var s sim.Simulation
			cfg := Config{Workers: 1 + int(seed%70), Costs: cost.Tokio(), Seed: seed}
			if seed%3 == 0 {
				for _, l := range []*cost.Latency{&cfg.Costs.WakeLatency, &cfg.Costs.Unpark, &cfg.Costs.WakeDriverLatency, &cfg.Costs.UnparkDriver} {
					l.Sigma = 0
				}
			}
			rt := check.Must(New(&s, cfg, logs[i].Observer()))
			require.True(t, rt.skipsEmpty)
			rt.skipsEmpty = i == 1
			check.Mix{Cancels: seed%2 == 0, InPlace: true}.Play(&s, rt, seed)
			for _, w := range rt.Counters().Workers {
				steals += w.Steals
			}
			assert.Empty(t, rt.skipping)
		}
		require.NoError(t, logs[0].Same(&logs[1]), "seed %d", seed)
	}
	assert.Greater(t, steals, uint64(10_000), "a load that says little")
}

// TestASkipTakesTheTimeOfItsLooks, and leaves one event where there was one for each look.
func TestASkipTakesTheTimeOfItsLooks(t *testing.T) {
	b := asleep(t, Config{Workers: 200, Costs: cost.Profile{StealAttempt: 10}})
	w, v := &b.workers[70], &b.workers[130]
	w.victim, w.victimsLeft = 65, 200
	assert.Equal(t, 199, b.emptyAhead(w), "all but itself")
	b.filled(v)
	assert.Equal(t, 199, b.emptyAhead(w), "the queue was emptied since")
	v.queue.Push(check.Must(b.tasks.New(steps(), 0, 0)))
	b.filled(v)
	assert.Equal(t, 64, b.emptyAhead(w))
	w.victim = 130
	assert.Zero(t, b.emptyAhead(w))
	w.victim = 131
	assert.Equal(t, 198, b.emptyAhead(w))
	w.victimsLeft = 5
	assert.Equal(t, 5, b.emptyAhead(w))

	w.victimsLeft, w.skip.looks = 200, 198
	b.endSkip(w)
	assert.Equal(t, 130, w.victim)
	assert.Equal(t, 1, w.victimsLeft)
}
