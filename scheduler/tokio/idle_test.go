// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Who is woken when, and who falls asleep where (schedulers.md 1.6 to 1.8).

// asleep starts a runtime and lets its workers find nothing.
func asleep(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := startWith(t, cfg)
	b.sim.Run(ms)
	require.Zero(t, b.unparked)
	return b
}

// parks are the parks of each worker.
func (b *bench) parks() []uint64 {
	var parks []uint64
	for _, w := range b.Counters().Workers {
		parks = append(parks, w.Parks)
	}
	return parks
}

// wakes is the sum of parks since then.
func (b *bench) wakes(since []uint64) int {
	n := uint64(0)
	for i, p := range b.parks() {
		n += p - since[i]
	}
	return int(n)
}

// TestTheLIFOSlotIsNotStealable, except in 1.51.0 (schedulers.md 1.5, T3): a task in a busy worker's slot waits for it
// although another worker sleeps; without a slot it is stolen.
func TestTheLIFOSlotIsNotStealable(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg    Config
		source scheduler.Source
		start  sim.Time
	}{
		"1.53":     {cfg: Config{}, source: scheduler.FromLIFO, start: 20 * us},
		"1.50":     {cfg: Config{Version: "1.50"}, source: scheduler.FromLIFO, start: 20 * us},
		"1.51.0":   {cfg: Config{Version: "1.51.0"}, source: scheduler.FromSteal, start: 10 * us},
		"disabled": {cfg: Config{DisableLIFOSlot: true}, source: scheduler.FromSteal, start: 10 * us},
	} {
		tc.cfg.Workers = 2
		b := asleep(t, tc.cfg)
		b.spawn(compute(10*us), detach(spawn(1, compute(us))), compute(10*us))
		b.sim.Run(2 * ms)
		child := b.pollsOf(2)[0]
		assert.Equal(t, tc.source, child.Source, name)
		assert.Equal(t, ms+tc.start, child.Start, name)
		stolen := uint64(0)
		for _, w := range b.Counters().Workers {
			stolen += w.Steals
			assert.Equal(t, w.Steals, w.StealOperations, name)
		}
		assert.Equal(t, tc.source == scheduler.FromSteal, stolen == 1, name)
	}
}

// TestTheStealableSlotComesAfterTheRunQueue: in 1.51.0 a thief takes the task in the slot only if it gets nothing from the
// queue, which is also the case while another thief copies from it.
func TestTheStealableSlotComesAfterTheRunQueue(t *testing.T) {
	for _, tc := range []struct {
		queued     int
		copying    bool
		fromLIFO   bool
		leftQueued int
	}{
		{queued: 0, fromLIFO: true},
		{queued: 1, leftQueued: 0},
		{queued: 4, leftQueued: 2},
		{queued: 4, copying: true, fromLIFO: true, leftQueued: 4},
	} {
		b := asleep(t, Config{Workers: 2, Version: "1.51.0"})
		thief, victim := &b.workers[0], &b.workers[1]
		victim.lifo = check.Must(b.tasks.New(steps(), 0, 0))
		lifo := victim.lifo
		for range tc.queued {
			victim.queue.Push(check.Must(b.tasks.New(steps(), 0, 0)))
		}
		if tc.copying {
			victim.stolenUntil = b.sim.Now() + us
		}
		id, _ := b.steal(thief, victim)
		assert.Equal(t, tc.fromLIFO, id == lifo, "%+v", tc)
		assert.Equal(t, tc.fromLIFO, victim.lifo == 0, "%+v", tc)
		assert.Equal(t, tc.leftQueued, victim.queue.Len(), "%+v", tc)
	}
}

// TestAnEmptySlotWakesNobody, but in 1.51.0 any local schedule does; a displaced task wakes one worker (schedulers.md 1.7).
func TestAnEmptySlotWakesNobody(t *testing.T) {
	for _, tc := range []struct {
		version  string
		children int
		wakes    bool
	}{
		{"1.53", 1, false},
		{"1.51.0", 1, true},
		{"1.53", 2, true},
	} {
		b := asleep(t, Config{Workers: 2, Version: tc.version, Costs: cost.Profile{WakeLatency: cost.Latency{Median: us}, WakeDriverLatency: cost.Latency{Median: us}}})
		b.spawn(compute(10*us), detach(spawn(tc.children)), compute(10*us))
		b.sim.Run(ms + 5*us)
		before := b.unparked
		b.sim.Run(ms + 11*us) // the spawn was at 11 µs
		require.Equal(t, 1, before)
		assert.Equal(t, tc.wakes, b.unparked == 2, "%+v", tc)
	}
}

// TestNoWakeWhileAWorkerSearches: so a burst ramps up as a chain, one worker after the other.
func TestNoWakeWhileAWorkerSearches(t *testing.T) {
	latency := cost.Latency{Median: 10 * us}
	b := asleep(t, Config{Workers: 8, Costs: cost.Profile{WakeLatency: latency, WakeDriverLatency: latency}})
	b.spawn(detach(spawn(100, compute(ms))), compute(ms))
	for i := range sim.Time(8) {
		b.sim.Run(ms + i*10*us + 5*us)
		assert.EqualValues(t, i+1, b.unparked, "after %d latencies", i)
		assert.Equal(t, 1, b.searching)
	}
}

// TestTheLastSearcherLooksBack: work that came while it was on its way to sleep is not left alone.
func TestTheLastSearcherLooksBack(t *testing.T) {
	for name, tc := range map[string]struct {
		version  string
		children int
		remote   bool
	}{
		"run queue":      {children: 2},
		"stealable slot": {version: "1.51.0", children: 1},
		"inject queue":   {remote: true},
	} {
		b := asleep(t, Config{Workers: 2, Version: tc.version, Costs: cost.Profile{Park: 10 * us}})
		if tc.remote {
			b.spawn(compute(20 * us))
		} else {
			b.spawn(compute(5*us), detach(spawn(tc.children, compute(us))), compute(20*us))
		}
		// The other worker was woken too, found nothing, and is asleep at 10 µs.
		b.sim.Run(ms + 7*us)
		require.Equal(t, 1, b.searching, name)
		if tc.remote {
			b.spawn(compute(us))
		}
		b.sim.Run(2 * ms)
		assert.Equal(t, ms+10*us, b.pollsOf(2)[0].Start, name)
	}
}

// TestAtMostHalfOfTheWorkersSearch, rounded up. Who may not does not even look at the inject queue.
func TestAtMostHalfOfTheWorkersSearch(t *testing.T) {
	for _, tc := range []struct{ workers, searchers int }{{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 3}} {
		b := asleep(t, Config{Workers: tc.workers})
		for i := range b.workers {
			b.startSearch(&b.workers[i])
		}
		assert.Equal(t, tc.searchers, b.searching, "of %d", tc.workers)
		for i := range b.workers {
			w := &b.workers[i]
			assert.Equal(t, i < tc.searchers, w.searching)
			if !w.searching {
				assert.Equal(t, phasePark, w.phase)
			}
		}
	}
}

// TestASearcherVisitsEveryOtherWorkerOnce, from a random start, then takes one task from the inject queue.
func TestASearcherVisitsEveryOtherWorkerOnce(t *testing.T) {
	starts := map[int]bool{}
	for seed := range uint64(100) {
		b := asleep(t, Config{Workers: 4, Costs: cost.Profile{StealAttempt: us}})
		b.unparked, b.sleepers = 4, nil // nobody is left to be woken
		w := &b.workers[2]
		for range 9 {
			b.inject.Push(b.tasks, check.Must(b.tasks.New(steps(), 0, 0)))
		}
		w.rand = sim.Stream(seed)
		b.startSearch(w)
		starts[w.victim] = true
		spent := sim.Time(0)
		for w.phase == phaseVictim {
			spent += b.tryVictim(w)
		}
		assert.Equal(t, 3*us, spent)
		assert.Equal(t, phasePoll, w.phase)
		assert.Equal(t, scheduler.FromGlobal, w.source)
		assert.Equal(t, 8, b.inject.Len(), "not a batch")
	}
	assert.Len(t, starts, 4)
}

// TestAnIOTaskCostsOneWake: the worker in epoll is no searcher, so it wakes no other; two tasks in a turn wake one more.
func TestAnIOTaskCostsOneWake(t *testing.T) {
	for _, tc := range []struct {
		version string
		tasks   int
		wakes   int
	}{
		{"1.53", 1, 1},
		{"1.51.0", 1, 1}, // wakes inside a turn notify nobody
		{"1.53", 2, 2},
	} {
		latency := cost.Latency{Median: us}
		b := startWith(t, Config{Workers: 4, Version: tc.version, Costs: cost.Profile{WakeDriverLatency: latency, WakeLatency: latency}})
		for range tc.tasks {
			b.spawn(socket(3*ms), compute(100*us))
		}
		b.sim.Run(2 * ms)
		before := b.parks()
		b.sim.Run(3*ms + us)
		assert.Equal(t, tc.wakes, b.unparked, "%+v", tc)
		b.sim.Run(10 * ms)
		// With two tasks the woken worker finds one, and as the last searcher wakes a third, which finds nothing.
		assert.Equal(t, tc.wakes+tc.tasks-1, b.wakes(before), "%+v", tc)
	}
}

// TestMaintenanceSharesWhatItFinds: two tasks or more after a busy worker's look at the driver wake one worker.
func TestMaintenanceSharesWhatItFinds(t *testing.T) {
	b := asleep(t, Config{Workers: 2})
	w := &b.workers[0]
	// As maintenance finds it: the other sleeps, nobody searches.
	b.sleepers = append(b.sleepers[:0], &b.workers[1])
	b.unparked = 1
	for _, id := range []task.ID{check.Must(b.tasks.New(steps(), 0, 0)), check.Must(b.tasks.New(steps(), 0, 0))} {
		b.tasks.Begin(id, 0, scheduler.FromLocal)
		b.tasks.Pend(id)
		w.deferred = append(w.deferred, b.tasks.Waker(id))
		b.turn(w)
		assert.Equal(t, w.localTasks() > 1, b.unparked == 2)
	}
	assert.Equal(t, 2, b.unparked)
}

// TestTheDriversWorkerLeavesTheSleepersBySwap: the most recent sleeper takes its place, and is therefore woken later.
func TestTheDriversWorkerLeavesTheSleepersBySwap(t *testing.T) {
	b := asleep(t, Config{Workers: 4})
	require.Equal(t, 0, b.driver.holder)
	id := check.Must(b.tasks.New(steps(compute(ms)), 0, 0))
	b.tasks.Begin(id, 0, scheduler.FromLocal)
	b.tasks.Pend(id)
	b.driver.ioReady(b.tasks.Waker(id))
	b.sim.Run(ms + us)
	var sleepers []int
	for _, w := range b.sleepers {
		sleepers = append(sleepers, w.index)
	}
	assert.Equal(t, []int{3, 1, 2}, sleepers)
	assert.Equal(t, 1, b.unparked)
	assert.Zero(t, b.searching)
}

// TestWorkerMayNotifyItself: the check after a turn counts the worker as parked still, so the only worker pops itself, and
// its next sleep ends at once.
func TestWorkerMayNotifyItself(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	for range 2 {
		b.spawn(socket(3*ms), compute(us))
	}
	b.sim.Run(ms)
	before := b.Counters().Workers[0]
	b.sim.Run(20 * ms)
	require.Len(t, b.finished, 2)
	after := b.Counters().Workers[0]
	assert.EqualValues(t, 2, after.Parks-before.Parks)
	assert.EqualValues(t, 1, after.Noops-before.Noops)
}
