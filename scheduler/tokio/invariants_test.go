package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/schedulertest"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// play runs random programs on a random runtime and returns what happened.
func play(seed uint64) (*Runtime, *schedulertest.Log) {
	r := sim.Stream(seed, 1)
	cfg := Config{Workers: 1 + r.IntN(8), Seed: seed}
	if r.IntN(3) > 0 {
		cfg.Costs = cost.Tokio()
	}
	var s sim.Simulation
	log := &schedulertest.Log{}
	rt := New(&s, cfg, log.Observer())
	schedulertest.Play(&s, rt, seed)
	return rt, log
}

func TestRandomPrograms(t *testing.T) {
	for seed := range uint64(150) {
		checkPlay(t, seed)
	}
}

func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkPlay)
}

func checkPlay(t *testing.T, seed uint64) {
	t.Helper()
	rt, log := play(seed)
	require.NoError(t, log.Check(rt), "seed %d", seed)
	var steals, polls uint64
	c := rt.Counters()
	for _, w := range c.Workers {
		steals += w.Steals
		polls += w.Polls + w.LIFOPolls
	}
	for _, f := range log.Finished {
		steals -= uint64(f.Steals)
		polls -= uint64(f.Polls)
	}
	require.Zero(t, steals, "seed %d: steals of workers and of tasks", seed)
	require.Zero(t, polls, "seed %d: polls of workers and of tasks", seed)
	require.Zero(t, rt.searching, "seed %d", seed)
	require.Zero(t, rt.unparked, "seed %d", seed)
	require.Len(t, rt.sleepers, rt.Workers(), "seed %d", seed)
}

func TestSameSeedSameLog(t *testing.T) {
	for seed := range uint64(20) {
		_, a := play(seed)
		_, b := play(seed)
		assert.Equal(t, a, b)
	}
}
