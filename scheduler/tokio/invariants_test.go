// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// randomConfig draws a runtime of either flavor, of any version, with any flags.
func randomConfig(seed uint64) (cfg Config, currentThread bool) {
	r := sim.Stream(seed, 1)
	versions := Versions()
	cfg = Config{
		Workers: 1 + r.IntN(8), Seed: seed, Costs: randomCosts(&r),
		Version: versions[r.IntN(len(versions))], DisableLIFOSlot: r.IntN(4) == 0,
	}
	if r.IntN(3) == 0 {
		cfg.GlobalQueueInterval = 1 + r.IntN(10)
	}
	if r.IntN(3) == 0 {
		cfg.EventInterval = 1 + r.IntN(100)
	}
	return cfg, r.IntN(4) == 0
}

func randomCosts(r *sim.Rand) cost.Profile {
	t := func() sim.Time { return sim.Time(r.IntN(2) * r.IntN(int(10*us))) }
	l := func() cost.Latency { return cost.Latency{Median: t(), Sigma: r.Float64() * float64(r.IntN(2))} }
	switch r.IntN(3) {
	case 0:
		return cost.Profile{}
	case 1:
		return cost.Tokio()
	default:
		return cost.Profile{
			Poll: t(), Spawn: t(), Finish: t(), Wake: t(), GlobalPush: t(), GlobalPop: t(), StealAttempt: t(), StealTask: t(), Park: t(),
			Unpark: cost.Latency{Median: t()}, UnparkDriver: cost.Latency{Median: t()}, WakeLatency: l(), WakeDriverLatency: l(), DriverPoll: t(), TimerInsert: t(),
			TimerOvershoot: t(), ThreadStart: l(), ProcessStart: t(), Hop: cost.Hop{Channel: t(), Wait: t(), Lock: t(), Join: t()}, Migration: t(), Contention: t(), BlockingSubmit: t(), ThreadCreate: t(), DeepSleep: cost.DeepSleep{After: t(), Latency: t()},
		}
	}
}

// play runs random programs on a random runtime until all have finished and the workers sleep.
func play(seed uint64) (rt scheduler.Runtime, e *engine, log *check.Log) {
	var s sim.Simulation
	log = &check.Log{}
	cfg, currentThread := randomConfig(seed)
	if seed%5 == 1 { // more threads than CPUs
		cfg.Process = &process.Process{Host: host.New(&s, host.Config{CPUs: 1 + int(seed/5%3), Slice: 100 * us})}
	}
	if currentThread {
		c := check.Must(NewCurrentThread(&s, cfg, log.Observer()))
		rt, e = c, &c.engine
	} else {
		m := check.Must(New(&s, cfg, log.Observer()))
		rt, e = m, &m.engine
	}
	_, multiThread := rt.(*Runtime)
	mix := check.Mix{Cancels: seed%2 == 1, InPlace: multiThread && seed%3 == 0}
	mix.Play(&s, rt, seed)
	return rt, e, log
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
	rt, e, log := play(seed)
	require.NoError(t, log.Check(rt), "seed %d", seed)
	checkConservation(t, seed, rt, e, log)

	require.True(t, e.driver.blocked, "seed %d: someone sleeps in the driver", seed)
	require.Equal(t, noTick, e.driver.timers.next(), "seed %d", seed)
	require.Empty(t, e.driver.ready, "seed %d", seed)
	require.Zero(t, e.inject.Len(), "seed %d", seed)
	if m, ok := rt.(*Runtime); ok {
		require.Zero(t, m.searching, "seed %d", seed)
		require.Zero(t, m.unparked, "seed %d", seed)
		require.Len(t, m.sleepers, rt.Workers(), "seed %d", seed)
	}
}

// checkConservation holds the counters against the log.
func checkConservation(t *testing.T, seed uint64, rt scheduler.Runtime, e *engine, log *check.Log) {
	t.Helper()
	var steals, polls, forced uint64
	c := rt.Counters()
	polling := make([]sim.Time, rt.Workers())
	inPlace := make([]bool, rt.Workers()) // then the batch up to there is forgotten
	for _, p := range log.Polls {
		polling[p.Worker] += p.End - p.Start
		inPlace[p.Worker] = inPlace[p.Worker] || p.InPlace
	}
	schedules := c.RemoteSchedules
	for i, w := range c.Workers {
		steals += w.Steals
		polls += w.Polls + w.LIFOPolls
		schedules += w.LocalSchedules
		// Busy time is the batches: polls, and the scheduling between them.
		if !inPlace[i] {
			require.GreaterOrEqual(t, w.Busy, polling[i], "seed %d", seed)
		}
		if e.costs == (cost.Profile{}) && e.host == nil && !inPlace[i] {
			require.Equal(t, w.Busy, polling[i], "seed %d", seed)
		}
		require.LessOrEqual(t, w.Noops, w.Parks, "seed %d", seed)
	}
	if !slices.Contains(inPlace, true) {
		free := e.costs == (cost.Profile{}) && e.host == nil
		require.NoError(t, check.Times(rt, e.sim.Now(), free), "seed %d", seed)
	}
	// Each schedule is followed by one poll. A push while a thief copies counts as a local and a remote schedule.
	require.GreaterOrEqual(t, schedules, polls, "seed %d", seed)
	if steals == 0 {
		require.Equal(t, schedules, polls, "seed %d", seed)
	}
	for _, f := range log.Finished {
		steals -= uint64(f.Steals)
		polls -= uint64(f.Polls)
		forced += uint64(f.ForcedYields)
	}
	require.Zero(t, steals, "seed %d: steals of workers and of tasks", seed)
	require.Zero(t, polls, "seed %d: polls of workers and of tasks", seed)
	require.GreaterOrEqual(t, c.ForcedYields, min(forced, 1), "seed %d", seed)
}

func TestSameSeedSameLog(t *testing.T) {
	for seed := range uint64(6) {
		a, _, logA := play(seed)
		b, _, logB := play(seed)
		for i := range logA.Finished {
			logA.Finished[i].Program, logB.Finished[i].Program = nil, nil // equal, but not the same
		}
		assert.True(t, slices.Equal(logA.Polls, logB.Polls), "seed %d", seed)
		assert.True(t, slices.Equal(logA.Finished, logB.Finished), "seed %d", seed)
		assert.Equal(t, a.Counters(), b.Counters(), "seed %d", seed)
	}
}

// TestEnoughCPUsAreNoLimit: a host with a CPU for each thread changes nothing, but that threads need not come back to CPUs of their own.
func TestEnoughCPUsAreNoLimit(t *testing.T) {
	for seed := range uint64(20) {
		var logs [2]check.Log
		for i := range logs {
			var s sim.Simulation
			cfg, _ := randomConfig(seed)
			cfg.Costs.DeepSleep = cost.DeepSleep{}
			if i == 1 {
				cfg.Process = &process.Process{Host: host.New(&s, host.Config{CPUs: 1000})}
			}
			check.Mix{Cancels: true, InPlace: true}.Play(&s, check.Must(New(&s, cfg, logs[i].Observer())), seed)
		}
		require.True(t, slices.Equal(logs[0].Polls, logs[1].Polls), "seed %d", seed)
	}
}

// TestPollsDoNotAllocate: neither spawning nor timers, sockets, joins, yields or forced yields, once the tables have grown.
func TestPollsDoNotAllocate(t *testing.T) {
	p := steps(concat(
		one(spawn(100, sleep(100*us), socket(50*us), yield, compute(us))), one(join), times(200, socket(0)),
	)...)
	var s sim.Simulation
	for name, rt := range map[string]scheduler.Runtime{
		"multi_thread":   check.Must(New(&s, Config{Workers: 4, Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{})),
		"current_thread": check.Must(NewCurrentThread(&s, Config{Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{})),
	} {
		round := func() {
			check.Must(rt.Spawn(p, 0, sim.Stream(1)))
			s.Run(s.Now() + 50*ms)
		}
		for range 5 {
			round()
		}
		assert.Zero(t, testing.AllocsPerRun(20, round), name)
		assert.Zero(t, rt.Live(), name)
	}
}
