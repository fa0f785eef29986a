// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func randomCosts(r *sim.Rand) cost.Profile {
	t := func() sim.Time { return sim.Time(r.IntN(2) * r.IntN(int(10*us))) }
	l := func() cost.Latency { return cost.Latency{Median: t(), Sigma: r.Float64() * float64(r.IntN(2))} }
	switch r.IntN(3) {
	case 0:
		return cost.Profile{}
	case 1:
		return cost.AsyncExecutor()
	default:
		return cost.Profile{
			Poll: t(), Spawn: t(), Finish: t(), Wake: t(), GlobalPush: t(), GlobalPop: t(), StealAttempt: t(), StealTask: t(), Park: t(),
			Unpark: cost.Latency{Median: t()}, UnparkDriver: cost.Latency{Median: t()}, WakeLatency: l(), WakeDriverLatency: l(), DriverPoll: t(), TimerInsert: t(),
			TimerOvershoot: t(), ThreadStart: l(), ProcessStart: t(), Hop: cost.Hop{Channel: t(), Wait: t(), Lock: t(), Join: t()}, Migration: t(), Contention: t(), BlockingSubmit: t(), ThreadCreate: t(), DeepSleep: cost.DeepSleep{After: t(), Latency: t()},
		}
	}
}

// randomScenario plays a random load on random threads and costs until nothing is left to do.
func randomScenario(t *testing.T, seed uint64) *scenario {
	t.Helper()
	r := sim.Stream(seed)
	cfg := Config{Threads: 1 + r.IntN(6), Costs: randomCosts(&r), CancelOnDrop: r.IntN(2) == 0, Delegates: r.IntN(2) == 0}
	switch r.IntN(6) {
	case 0:
		cfg.Composition = Main
	case 1:
		cfg.Composition = ThreadPerTask
	}
	if cfg.Composition != Pool {
		cfg.Threads = 0
	}
	cpus := 0
	if r.IntN(4) == 0 {
		cpus = 1 + r.IntN(3)
	}
	sc := startWith(t, cfg, cpus)
	check.Play(&sc.sim, sc, seed)
	for range 100 {
		if sc.Live() == 0 || cfg.Composition != ThreadPerTask {
			break
		}
		// What the last threads left over waits for the next.
		sc.spawnAt(sc.sim.Now(), sleep(50*ms))
		sc.sim.Run(sc.sim.Now() + 100*ms)
	}
	sc.sim.Run(sim.Never - 1)
	return sc
}

// checkConservation holds the log and the counters against what must be true of every scheduler.
func checkConservation(t *testing.T, sc *scenario) {
	t.Helper()
	require.NoError(t, sc.Check(sc))
	free := sc.costs == (cost.Profile{}) && sc.host == nil
	require.NoError(t, check.Times(sc, sc.sim.Now(), free))
	counters := sc.Counters()
	busy := make([]sim.Time, len(sc.runners))
	polls := make([]uint64, len(sc.runners))
	for _, p := range sc.Polls {
		busy[p.Worker] += p.End - p.Start
		polls[p.Worker]++
	}
	steals := uint64(0)
	for _, f := range sc.Finished {
		steals += uint64(f.Steals)
	}
	schedules := counters.RemoteSchedules
	for i, w := range counters.Workers {
		require.Equal(t, busy[i], w.Busy)
		require.Equal(t, polls[i], w.Polls)
		steals -= w.Steals
		schedules += w.LocalSchedules
	}
	require.Zero(t, steals)
	if sc.composition != ThreadPerTask { // there the first poll follows no schedule, and the end of a thread is one more
		require.Len(t, sc.Polls, int(schedules)) // each schedule is followed by one poll
	}
}

// checkRest holds an executor without tasks against the invariants of its sleepers: everybody sleeps and can be woken.
func checkRest(t *testing.T, sc *scenario) {
	t.Helper()
	require.Equal(t, sim.Never, sc.sim.Next())
	require.Zero(t, sc.global.Len())
	if sc.composition == ThreadPerTask {
		require.Len(t, sc.gone, len(sc.runners))
		require.Zero(t, sc.sleepers.count)
		return
	}
	require.Equal(t, len(sc.runners), sc.sleepers.count)
	require.Len(t, sc.sleepers.unnotified, len(sc.runners))
	require.False(t, sc.notified)
	require.True(t, sc.reactor.asleep)
	for i := range sc.runners {
		r := sc.runners[i]
		require.False(t, r.token)
		require.Zero(t, r.local.Len())
		require.True(t, r.phase == parked || sc.reactor.holder == r)
	}
	require.True(t, sc.helper.phase == helperLocking || sc.reactor.holder == nil)
}

func FuzzRandomLoad(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		sc := randomScenario(t, seed)
		checkConservation(t, sc)
		checkRest(t, sc)
		again := randomScenario(t, seed)
		require.True(t, slices.Equal(sc.Polls, again.Polls), "the same seed gives other polls")
		require.True(t, slices.EqualFunc(sc.Finished, again.Finished, func(a, b scheduler.Finished) bool {
			a.Program, b.Program = nil, nil // drawn anew
			return a == b
		}), "the same seed gives other tasks")
	})
}

func TestStealingSharesAHoard(t *testing.T) {
	// r1 moves half of the burst to its local queue and then polls a long task: the others steal the hoard (pathology X5).
	sc := start(t, 3, cost.Profile{})
	check.Must(sc.Spawn(steps(compute(10*ms)), 0, 0))
	for range 100 {
		check.Must(sc.Spawn(steps(compute(10*us)), 0, 0))
	}
	sc.sim.Run(20 * ms)
	checkConservation(t, sc)
	// Two threads share 100 tasks of 10 us.
	last := sim.Time(0)
	for _, f := range sc.Finished[:100] {
		last = max(last, f.End)
	}
	assert.Equal(t, 500*us, last)
	assert.Greater(t, stolen(sc.Counters()), uint64(25))
}

func stolen(c scheduler.Counters) uint64 {
	n := uint64(0)
	for _, w := range c.Workers {
		n += w.Steals
	}
	return n
}

func TestFirstInFirstOut(t *testing.T) {
	// One runner: the order of polls is the order in which tasks became runnable, whatever they do.
	sc := start(t, 1, cost.Profile{})
	r := sim.Stream(3)
	for range 200 {
		sc.spawnAt(sim.Time(r.IntN(int(5*ms))), check.Mix{}.RandomProgram(&r, 2).Steps...)
	}
	sc.sim.Run(sim.Never - 1)
	checkConservation(t, sc)
	require.Greater(t, len(sc.Polls), 1000)
	for i := 1; i < len(sc.Polls); i++ {
		require.LessOrEqual(t, sc.Polls[i-1].Queued, sc.Polls[i].Queued)
	}
}

func TestLittlesLaw(t *testing.T) {
	// The tasks that live, looked at every microsecond, add up to the times that tasks live, whatever the scheduler does.
	sc := start(t, 3, cost.AsyncExecutor())
	r := sim.Stream(4)
	for range 100 {
		sc.spawnAt(sim.Time(r.IntN(int(5*ms))), check.Mix{Cancels: true}.RandomProgram(&r, 1).Steps...)
	}
	live := sim.Time(0)
	for at := sim.Time(0); at == 0 || sc.Live() > 0 || at < 5*ms; at += us {
		sc.sim.Run(at)
		live += sim.Time(sc.Live()) * us
	}
	lifetimes := sim.Time(0)
	for _, f := range sc.Finished {
		lifetimes += f.End - f.Spawned
	}
	assert.InDelta(t, float64(lifetimes), float64(live), float64(us)*float64(len(sc.Finished)))
}
