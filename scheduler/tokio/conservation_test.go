// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Tokio does not conserve work: a task may wait while a worker is idle. schedulers.md 1.15 names three ways; these tests
// show each, and that there is no other.

// TestExceptionOfTheLIFOSlot: whatever is in a busy worker's slot waits for that worker.
func TestExceptionOfTheLIFOSlot(t *testing.T) {
	for _, disabled := range []bool{false, true} {
		var s sim.Simulation
		var log check.Log
		rt := check.Must(New(&s, Config{Workers: 2, DisableLIFOSlot: disabled, Seed: 1}, log.Observer()))
		s.Run(ms)
		check.Must(rt.Spawn(steps(spawn(1, compute(us)), compute(10*ms)), 0, 0))
		s.Run(100 * ms)
		waited := log.WaitedBesideIdle(2)
		if disabled {
			assert.Equal(t, []sim.Time{0, 0}, waited)
			continue
		}
		require.Equal(t, scheduler.FromLIFO, log.Polls[1].Source)
		assert.Equal(t, []sim.Time{0, 10 * ms}, waited)
	}
}

// TestExceptionOfTheDriver: sockets and timers are not served while every awake worker is inside a long poll. Their tasks are
// not even runnable until then, though another worker sleeps.
func TestExceptionOfTheDriver(t *testing.T) {
	b := start(t, 2, cost.Profile{})
	b.spawn(socket(ms), compute(20*ms)) // the worker that sleeps in the driver gets the event, and with it the long poll
	b.spawn(socket(5 * ms))
	b.sim.Run(100 * ms)
	long, served := b.pollsOf(1)[1], b.pollsOf(2)[1]
	assert.Equal(t, 21*ms, long.End)
	assert.Equal(t, long.End, served.Queued)
	assert.Len(t, b.polls, 4, "the other worker slept")
}

// TestNoWorkerIdlesBesideARunQueue: without costs, and without the slot, no task of whatever program waits beside an idle worker.
func TestNoWorkerIdlesBesideARunQueue(t *testing.T) {
	for seed := range uint64(60) {
		var s sim.Simulation
		var log check.Log
		rt := check.Must(New(&s, Config{Workers: 1 + int(seed%6), DisableLIFOSlot: true, Seed: seed}, log.Observer()))
		check.Play(&s, rt, seed)
		require.NoError(t, log.Check(rt))
		require.Zero(t, slices.Max(log.WaitedBesideIdle(rt.Workers())), "seed %d", seed)
	}
}

// TestTheExceptionOfTheRaceIsShort: with costs, workers wake one after the other, and one that is woken may find that another was
// faster, park again, and leave a task to the next search. A task from outside then waits beside idle workers for at most
// a wake of each worker, one after the other: the way to sleep that it may still be on, the latency of its wake, the waker's part,
// a search of all others, the steal of half a queue, and the look at the inject queue; and once more for the worker that was about to
// sleep when the task came. That is below saturation: beyond it a task that awaits its turn sees many wakes go by.
func TestTheExceptionOfTheRaceIsShort(t *testing.T) {
	costs := cost.Tokio()
	costs.WakeLatency.Sigma, costs.WakeDriverLatency.Sigma, costs.Unpark.Sigma, costs.UnparkDriver.Sigma = 0, 0, 0, 0
	costs.DeepSleep, costs.Migration, costs.Contention = cost.DeepSleep{}, 0, 0
	const workers = 4
	wake := costs.Park + max(costs.WakeLatency.Median, costs.WakeDriverLatency.Median) + max(costs.Unpark.Median, costs.UnparkDriver.Median) +
		workers*costs.StealAttempt + queueCapacity/2*costs.StealTask + costs.DriverPoll + costs.GlobalPop + costs.Poll + costs.Finish
	bound := (workers + 1) * wake
	longest, beside := sim.Time(0), 0
	for seed := range uint64(20) {
		var s sim.Simulation
		var log check.Log
		rt := check.Must(New(&s, Config{Workers: workers, Costs: costs, Seed: seed}, log.Observer()))
		r := sim.Stream(seed)
		p := steps(program.Step{Op: program.Compute, Duration: check.Exponential.Of(20_000)})
		for n := range uint64(5000) {
			gap := sim.Time(r.Exp() * float64(7+3*seed) * 1000)
			if r.IntN(10) == 0 {
				gap = 0 // bursts
			}
			s.Run(s.Now() + gap)
			check.Must(rt.Spawn(p, n, sim.Stream(seed, n)))
		}
		s.Run(s.Now() + 1000*ms)
		require.NoError(t, log.Check(rt))
		for _, waited := range log.WaitedBesideIdle(workers) {
			require.LessOrEqual(t, waited, bound, "seed %d", seed)
			longest = max(longest, waited)
			if waited > wake {
				beside++
			}
		}
	}
	assert.Positive(t, beside, "nothing waited for more than one wake: the bound says little")
	t.Logf("longest wait beside an idle worker: %v of %v", longest.Duration(), bound.Duration())
}
